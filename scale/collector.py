"""How often Python's garbage collector looks for cycles."""

import gc

#: Of new objects, before the youngest are looked through: a request or a job makes thousands that
#: go by themselves.
_THRESHOLD = 20_000


def ease_collector() -> None:
    """Have the collector leave alone what is loaded by now, and look less often at what is new.

    Called once by a process that has loaded its code and is about to serve.
    """
    gc.freeze()
    gc.set_threshold(_THRESHOLD)
