import pytest
from hypothesis import given
from hypothesis import strategies as st

from scale.domain.interface import parse_interface
from scale.errors import InvalidInput
from tests.unit.scale.domain.strategies import json_values, read_or_faults, shaped


def interface(**keys):
    return {"command": "/bin/run", "command_arguments": "", **keys}


def faults_of(raw):
    with pytest.raises(InvalidInput) as caught:
        parse_interface(raw)
    return caught.value.faults


def test_defaults_are_stored():
    raw = interface(
        input_data=[{"name": "p", "type": "property"}, {"name": "f", "type": "file"}],
        output_data=[{"name": "o", "type": "files"}],
        shared_resources=[{"name": "db", "type": "db-connection"}],
    )

    assert parse_interface(raw).stored() == {
        "version": "1.0",
        "command": "/bin/run",
        "command_arguments": "",
        "input_data": [
            {"name": "p", "type": "property", "required": True},
            {"name": "f", "type": "file", "required": True, "media_types": []},
        ],
        "output_data": [{"name": "o", "type": "files", "required": True}],
        "shared_resources": [{"name": "db", "type": "db-connection", "required": True}],
    }


def test_stored_interface_reads_back_the_same():
    stored = parse_interface(
        interface(
            input_data=[
                {"name": "f", "type": "files", "required": False, "media_types": ["image/png"]},
                {"name": "p", "type": "property", "media_types": []},
            ],
            output_data=[{"name": "o", "type": "file", "media_type": "text/plain"}],
        )
    ).stored()

    assert stored["input_data"][1]["media_types"] == []
    assert stored["output_data"][0]["media_type"] == "text/plain"
    assert parse_interface(stored).stored() == stored


def test_lookups_are_by_name_in_order():
    parsed = parse_interface(
        interface(
            input_data=[{"name": "b", "type": "file"}, {"name": "a", "type": "property"}],
            output_data=[{"name": "z", "type": "file"}, {"name": "y", "type": "file"}],
        )
    )

    assert list(parsed.inputs) == ["b", "a"]
    assert parsed.inputs["a"].type == "property"
    assert list(parsed.outputs) == ["z", "y"]


@pytest.mark.parametrize("key", ["command", "command_arguments"])
def test_i1_missing_command_or_arguments_is_refused(key):
    raw = interface()
    del raw[key]

    assert faults_of(raw) == [f"interface.{key}: required"]


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (interface(**{"shared-resources": []}), "interface.shared-resources"),
        (
            interface(input_data=[{"name": "a", "type": "file", "media_type": "x"}]),
            "interface.input_data[0].media_type",
        ),
        (
            interface(output_data=[{"name": "a", "type": "file", "media_types": []}]),
            "interface.output_data[0].media_types",
        ),
        (
            interface(shared_resources=[{"name": "a", "type": "x", "more": 1}]),
            "interface.shared_resources[0].more",
        ),
    ],
)
def test_i2_unknown_key_is_refused_at_every_level(raw, path):
    assert faults_of(raw) == [f"{path}: unknown key"]


@pytest.mark.parametrize(
    ("item", "fault"),
    [
        ({"type": "file"}, "name: required"),
        ({"name": "a"}, "type: required"),
        ({"name": "a/b", "type": "file"}, "name: expected 1 to 255"),
        ({"name": "a" * 256, "type": "file"}, "name: expected 1 to 255"),
        ({"name": 1, "type": "file"}, "name: expected a string"),
        ({"name": "a", "type": "directory"}, "type: expected 'property', 'file' or 'files'"),
        ({"name": "a", "type": "file", "required": "yes"}, "required: expected true or false"),
        ({"name": "a", "type": "file", "required": 1}, "required: expected true or false"),
        ({"name": "a", "type": "file", "media_types": "x"}, "media_types: expected an array"),
        ({"name": "a", "type": "file", "media_types": None}, "media_types: expected a value"),
        ({"name": "a", "type": "file", "media_types": [1]}, "media_types[0]: expected a string"),
    ],
)
def test_i3_bad_input_is_refused(item, fault):
    (found,) = faults_of(interface(input_data=[item]))

    assert found.startswith(f"interface.input_data[0].{fault}")


@pytest.mark.parametrize(
    ("item", "fault"),
    [
        ({"name": "a", "type": "property"}, "type: expected 'file' or 'files'"),
        ({"name": "", "type": "file"}, "name: expected 1 to 255"),
        ({"name": "a", "type": "file", "required": 0}, "required: expected true or false"),
        ({"name": "a", "type": "file", "media_type": None}, "media_type: expected a value"),
        ({"name": "a", "type": "file", "media_type": 7}, "media_type: expected a string"),
    ],
)
def test_i3_bad_output_is_refused(item, fault):
    (found,) = faults_of(interface(output_data=[item]))

    assert found.startswith(f"interface.output_data[0].{fault}")


def test_i4_name_shared_by_inputs_and_resources_is_refused():
    raw = interface(
        input_data=[{"name": "a", "type": "file"}, {"name": "a", "type": "property"}],
        shared_resources=[{"name": "a", "type": "x"}],
    )

    assert faults_of(raw) == [
        "interface.input_data[1].name: 'a' is used twice",
        "interface.shared_resources[0].name: 'a' is used twice",
    ]


def test_i5_output_named_like_an_input_or_output_is_refused():
    raw = interface(
        input_data=[{"name": "a", "type": "file"}],
        output_data=[
            {"name": "a", "type": "file"},
            {"name": "b", "type": "file"},
            {"name": "b", "type": "file"},
        ],
    )

    assert faults_of(raw) == [
        "interface.output_data[0].name: 'a' is used twice",
        "interface.output_data[2].name: 'b' is used twice",
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        "${a} ${db} ${job_output_dir}",
        "${-f :a} ${--x=:y:a} ${a}${a}",
        "$a {a} $ {a} ${a",
        "",
    ],
)
def test_i6_placeholders_of_declared_names_are_taken(arguments):
    raw = interface(
        command_arguments=arguments,
        input_data=[{"name": "a", "type": "file"}],
        shared_resources=[{"name": "db", "type": "x"}],
    )

    assert parse_interface(raw).command_arguments == arguments


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ("${param-1:-f param-1}", "-f param-1"),
        ("${o}", "o"),
        ("${}", ""),
        ("${a:}", ""),
        ("${ a}", " a"),
        ("${command}", "command"),
    ],
)
def test_i6_placeholder_of_another_name_is_refused(arguments, name):
    raw = interface(
        command_arguments=arguments,
        input_data=[{"name": "a", "type": "file"}, {"name": "param-1", "type": "property"}],
        output_data=[{"name": "o", "type": "file"}],
    )

    (fault,) = faults_of(raw)

    assert fault.startswith(f"interface.command_arguments: '${{{name}}}' names no input")


@pytest.mark.parametrize("version", ["1.1", "1", "", "2.0", 1.0, None])
def test_i7_version_other_than_1_0_is_refused(version):
    assert faults_of(interface(version=version)) == ["interface.version: expected '1.0'"]


def test_i7_version_1_0_and_none_are_taken():
    assert parse_interface(interface(version="1.0")).version == "1.0"
    assert parse_interface(interface()).version == "1.0"


items = st.lists(
    shaped(["name", "type", "required", "media_types", "media_type"])
    | st.fixed_dictionaries(
        {
            "name": st.sampled_from("abc"),
            "type": st.sampled_from(["property", "file", "files", "db"]),
        }
    ),
    max_size=3,
)


@given(
    json_values
    | shaped(["version", "command", "command_arguments", "input_data"])
    | st.fixed_dictionaries(
        {
            "command": st.just("x"),
            "command_arguments": st.text("${}:ab ", max_size=12),
            "input_data": items,
            "output_data": items,
            "shared_resources": items,
        }
    )
)
def test_any_json_is_an_interface_or_invalid_input(raw):
    parsed, faults = read_or_faults(parse_interface, raw)

    assert all(fault.startswith("interface") for fault in faults)
    if parsed is not None:
        assert parse_interface(parsed.stored()) == parsed
