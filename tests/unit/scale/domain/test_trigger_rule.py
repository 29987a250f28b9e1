import pytest
from hypothesis import given
from hypothesis import strategies as st

from scale.domain.definition import parse_definition
from scale.domain.interface import parse_interface
from scale.domain.trigger_rule import (
    job_rule_faults,
    parse_trigger_rule,
    recipe_rule_faults,
    rule_warnings,
)
from tests.unit.scale.domain.strategies import json_values, read_or_faults, shaped

DATA = {"input_data_name": "in", "workspace_name": "raw"}


def rule(condition=None, **keys):
    configuration = {"data": DATA} if condition is None else {"condition": condition, "data": DATA}
    return {"type": "PARSE", "configuration": configuration, **keys}


def parse(raw):
    return parse_trigger_rule(raw, {"raw"})


def faults_of(raw):
    parsed, faults = read_or_faults(parse, raw)
    assert parsed is None
    return faults


def interface(*inputs):
    return parse_interface({"command": "x", "command_arguments": "", "input_data": list(inputs)})


def declared(name, kind, **keys):
    return {"name": name, "type": kind, **keys}


def test_defaults_are_stored():
    assert parse(rule()).stored() == {
        "type": "PARSE",
        "is_active": True,
        "configuration": {
            "version": "1.0",
            "condition": {"media_type": "", "data_types": []},
            "data": DATA,
        },
    }


def test_is_active_alone_is_a_switch():
    switch = parse({"is_active": False})

    assert (switch.is_switch, switch.is_active) == (True, False)
    assert not parse(rule(is_active=False, type="INGEST")).is_switch


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ([], ": expected an object"),
        ({}, ": expected type and configuration, or is_active alone"),
        ({"type": "PARSE"}, ": expected type and configuration together"),
        ({"configuration": {"data": DATA}}, ": expected type and configuration together"),
        (rule(type="CLOCK"), ".type: expected 'PARSE' or 'INGEST'"),
        (rule(is_active=1), ".is_active: expected true or false"),
        (rule(name="n"), ".name: unknown key"),
        ({"type": "PARSE", "configuration": {}}, ".configuration.data: required"),
        ({"type": "PARSE", "configuration": None}, ".configuration: expected a value"),
        (
            {"type": "PARSE", "configuration": {"data": {"input_data_name": "in"}}},
            ".configuration.data.workspace_name: required",
        ),
        (
            {"type": "PARSE", "configuration": {"data": {"workspace_name": "raw"}}},
            ".configuration.data.input_data_name: required",
        ),
        (
            {"type": "PARSE", "configuration": {"data": {**DATA, "workspace_name": "no"}}},
            ".configuration.data.workspace_name: no workspace 'no'",
        ),
        (
            {"type": "PARSE", "configuration": {"data": {**DATA, "x": 1}}},
            ".configuration.data.x: unknown key",
        ),
        (
            {"type": "PARSE", "configuration": {"data": DATA, "version": "2.0"}},
            ".configuration.version: expected '1.0'",
        ),
        (rule({"media_type": 1}), ".configuration.condition.media_type: expected a string"),
        (rule({"data_types": "x"}), ".configuration.condition.data_types: expected an array"),
        (rule({"size": 1}), ".configuration.condition.size: unknown key"),
    ],
)
def test_bad_rule_is_refused(raw, fault):
    (found,) = faults_of(raw)

    assert found.startswith(f"trigger_rule{fault}")


@pytest.mark.parametrize(
    ("condition", "media_type", "data_types", "fires"),
    [
        ({}, "text/plain", [], True),
        ({"media_type": "text/plain"}, "text/plain", ["x"], True),
        ({"media_type": "text/plain"}, "text/csv", [], False),
        ({"data_types": ["a", "b"]}, "text/plain", ["b", "c", "a"], True),
        ({"data_types": ["a", "b"]}, "text/plain", ["a"], False),
        ({"media_type": "text/plain", "data_types": ["a"]}, "text/csv", ["a"], False),
    ],
)
def test_rule_fires_on_media_type_and_all_tags(condition, media_type, data_types, fires):
    assert parse(rule(condition)).configuration.matches(media_type, data_types) is fires


@pytest.mark.parametrize(
    "inputs",
    [
        [declared("in", "file")],
        [declared("in", "files")],
        [declared("in", "file", required=False), declared("p", "property", required=False)],
    ],
)
def test_input_that_takes_one_file_is_accepted(inputs):
    assert job_rule_faults(parse(rule()), interface(*inputs)) == []


@pytest.mark.parametrize(
    ("inputs", "faults"),
    [
        ([], ["no input 'in'"]),
        ([declared("in", "property")], ["'in' takes no file"]),
        (
            [declared("in", "file"), declared("p", "property"), declared("q", "files")],
            [
                "required input 'p' would be left open",
                "required input 'q' would be left open",
            ],
        ),
    ],
)
def test_rule_that_cannot_make_complete_data_is_refused(inputs, faults):
    at = "trigger_rule.configuration.data.input_data_name"
    expected = [f"{at}: {fault}" for fault in faults]
    definition = parse_definition({"input_data": inputs, "jobs": []})

    assert job_rule_faults(parse(rule()), interface(*inputs)) == expected
    assert recipe_rule_faults(parse(rule()), definition) == expected


def test_switch_has_no_faults_and_no_warnings():
    switch = parse({"is_active": True})

    assert job_rule_faults(switch, interface(declared("p", "property"))) == []
    assert rule_warnings(switch, interface(declared("p", "property")).inputs) == []


@pytest.mark.parametrize(
    ("condition", "media_types", "details"),
    [
        ({"media_type": "text/csv"}, ["text/csv"], None),
        ({"media_type": "text/csv"}, [], None),
        ({"media_type": "text/csv"}, ["text/xml"], "trigger_rule: 'in' takes no text/csv"),
        ({}, ["text/xml"], "trigger_rule: 'in' takes no application/octet-stream"),
    ],
)
def test_media_type_that_does_not_fit_is_a_warning(condition, media_types, details):
    target = interface(declared("in", "file", media_types=media_types))
    parsed = parse(rule(condition))

    assert job_rule_faults(parsed, target) == []
    assert rule_warnings(parsed, target.inputs) == (
        [{"id": "media_type", "details": details}] if details else []
    )


def test_missing_input_is_a_fault_and_no_warning():
    assert rule_warnings(parse(rule()), {}) == []


@given(
    json_values
    | shaped(["type", "is_active", "configuration"])
    | st.fixed_dictionaries(
        {"type": st.just("PARSE"), "configuration": shaped(["version", "condition", "data"])}
    )
)
def test_any_json_is_a_trigger_rule_or_invalid_input(raw):
    parsed, faults = read_or_faults(parse, raw)

    assert (parsed is None) == bool(faults)
    assert all(fault.startswith("trigger_rule") for fault in faults)
