import pytest
from hypothesis import given
from hypothesis import strategies as st

from scale.domain.error_mapping import parse_error_mapping
from tests.unit.scale.domain.strategies import any_text, json_values, read_or_faults

KNOWN = {"unknown", "bad-input"}


def faults_of(raw):
    mapping, faults = read_or_faults(parse_error_mapping, raw, KNOWN)
    assert mapping is None
    return faults


def test_defaults_are_stored():
    assert parse_error_mapping({}, KNOWN).stored() == {"version": "1.0", "exit_codes": {}}


def test_error_is_looked_up_by_the_decimal_code():
    mapping = parse_error_mapping({"exit_codes": {"1": "bad-input", "02": "unknown"}}, KNOWN)

    assert mapping.error_for(1) == "bad-input"
    assert mapping.error_for(2) is None


def test_error_names_are_told_once_each():
    mapping = parse_error_mapping(
        {"exit_codes": {"3": "unknown", "1": "bad-input", "2": "unknown"}}, KNOWN
    )

    assert mapping.error_names == ["unknown", "bad-input"]


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ({"codes": {}}, "error_mapping.codes: unknown key"),
        ({"version": "1.1"}, "error_mapping.version: expected '1.0'"),
        ({"version": 1}, "error_mapping.version: expected '1.0'"),
    ],
)
def test_e1_unknown_key_or_version_is_refused(raw, fault):
    assert faults_of(raw) == [fault]


def test_e2_error_that_does_not_exist_is_refused():
    raw = {"exit_codes": {"1": "unknown", "2": "gone", "3": "Unknown"}}

    assert faults_of(raw) == [
        "error_mapping.exit_codes.2: no error 'gone'",
        "error_mapping.exit_codes.3: no error 'Unknown'",
    ]


@pytest.mark.parametrize(
    ("exit_codes", "fault"),
    [
        ({"1": 2}, ".1: expected a string"),
        ({"1": None}, ".1: expected a string"),
        ({"1": {"name": "unknown"}}, ".1: expected a string"),
        ([], ": expected an object"),
        ("1", ": expected an object"),
        (None, ": expected an object"),
    ],
)
def test_e3_exit_codes_that_map_no_strings_are_refused(exit_codes, fault):
    assert faults_of({"exit_codes": exit_codes}) == [f"error_mapping.exit_codes{fault}"]


@given(
    json_values
    | st.fixed_dictionaries(
        {"exit_codes": st.dictionaries(any_text, st.sampled_from([*KNOWN, "gone"]))}
    )
)
def test_any_json_is_an_error_mapping_or_invalid_input(raw):
    mapping, faults = read_or_faults(parse_error_mapping, raw, KNOWN)

    assert (mapping is None) == bool(faults)
    if mapping is not None:
        assert parse_error_mapping(mapping.stored(), KNOWN) == mapping
