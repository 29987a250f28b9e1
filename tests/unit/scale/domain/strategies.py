"""JSON as clients may send it, whole or slightly wrong."""

from hypothesis import strategies as st

from scale.errors import InvalidInput

# A lone surrogate and infinity can be written in JSON ("\ud800", 1e999) and read by Python.
any_text = st.text(st.characters(), max_size=8) | st.sampled_from(["\0", "\ud800", "1.0", "a"])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | any_text,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(any_text, inner, max_size=3),
    max_leaves=12,
)


def shaped(keys, values=json_values):
    """Draw objects with some of `keys`, so that a document's own checks are reached."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(keys, values))


def read_or_faults(read, *args, **kwargs):
    """Return what was read and no faults, or None and the faults; let other errors through."""
    try:
        return read(*args, **kwargs), []
    except InvalidInput as exc:
        return None, exc.faults
