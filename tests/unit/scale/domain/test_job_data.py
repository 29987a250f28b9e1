import pytest
from hypothesis import given
from hypothesis import strategies as st

from scale.domain.interface import parse_interface
from scale.domain.job_data import (
    EMPTY_JOB_DATA,
    check_job_data,
    disk_requirements,
    parse_job_data,
    read_job_data,
    reference_faults,
)
from tests.unit.scale.domain.strategies import json_values, read_or_faults, shaped

MIB = 1024 * 1024


class Known:
    """Files 1 to 9 exist, workspaces 1 and 2 are active."""

    def known_files(self, ids):
        return set(ids) & set(range(1, 10))

    def active_workspaces(self, ids):
        return set(ids) & {1, 2}


def interface(inputs=(), outputs=()):
    """Declare inputs as "name:type" and outputs as "name:type"; a "?" at the end is optional."""
    return parse_interface(
        {
            "command": "x",
            "command_arguments": "",
            "input_data": [declared(item) for item in inputs],
            "output_data": [declared(item) for item in outputs],
        }
    )


def declared(item):
    name, _, kind = item.rstrip("?").partition(":")
    return {"name": name, "type": kind, "required": not item.endswith("?")}


def check(raw, *inputs, outputs=()):
    return check_job_data(raw, interface(inputs, outputs), lookup=Known())


def faults_of(raw, *inputs, outputs=()):
    data, faults = read_or_faults(check, raw, *inputs, outputs=outputs)
    assert data is None
    return faults


def given_inputs(*entries):
    return {"input_data": list(entries)}


def test_whole_data_is_read():
    data = check(
        {
            "version": "1.0",
            "input_data": [
                {"name": "p", "value": "v"},
                {"name": "f", "file_id": 2},
                {"name": "fs", "file_ids": [3, 2, 3]},
            ],
            "output_data": [{"name": "o", "workspace_id": 2}, {"name": "os", "workspace_id": 1}],
        },
        "p:property",
        "f:file",
        "fs:files",
        outputs=["o:file", "os:files"],
    )

    assert data.inputs == {"p": "v", "f": 2, "fs": [3, 2, 3]}
    assert data.outputs == {"o": 2, "os": 1}
    assert data.file_ids == [2, 3]
    assert data.workspace_ids == [2, 1]


def test_missing_arrays_are_empty():
    assert check({}).stored() == EMPTY_JOB_DATA


def test_all_faults_are_told_at_once():
    raw = {
        "version": "2.0",
        "input_data": [
            {"name": "f", "file_id": 99},
            {"value": "v"},
            {"name": "fs", "file_ids": [1, "2", 77]},
        ],
        "output_data": [{"name": "o", "workspace_id": 3}],
    }

    assert faults_of(raw, "f:file", "p:property", "fs:files", outputs=["o:file", "q:file"]) == [
        "job_data.version: expected '1.0'",
        "job_data.input_data[1].name: required",
        "job_data.input_data[2].file_ids[1]: expected an integer",
        "job_data.input_data: required input 'p' is missing",
        "job_data.output_data: output 'q' is missing",
        "job_data.input_data[0].file_id: no file 99",
        "job_data.output_data[0].workspace_id: no active workspace 3",
    ]


@pytest.mark.parametrize("version", ["1.1", "", 1.0, None])
def test_d1_version_other_than_1_0_is_refused(version):
    assert faults_of({"version": version}) == ["job_data.version: expected '1.0'"]


@pytest.mark.parametrize("key", ["input_data", "output_data"])
@pytest.mark.parametrize(("entry", "fault"), [({}, "required"), ({"name": 1}, "expected a string")])
def test_d2_entry_without_name_is_refused(key, entry, fault):
    assert faults_of({key: [entry]}) == [f"job_data.{key}[0].name: {fault}"]


def test_d3_name_used_twice_among_inputs_and_outputs_is_refused():
    raw = {
        "input_data": [{"name": "a", "file_id": 1}, {"name": "a", "file_id": 1}, {"name": "b"}],
        "output_data": [{"name": "b"}, {"name": "a"}],
    }

    assert faults_of(raw, "a:file") == [
        "job_data.input_data[1].name: 'a' is used twice",
        "job_data.output_data[0].name: 'b' is used twice",
        "job_data.output_data[1].name: 'a' is used twice",
    ]


@pytest.mark.parametrize("kind", ["property", "file", "files"])
def test_d4_required_input_absent_is_refused(kind):
    assert faults_of({}, f"a:{kind}") == ["job_data.input_data: required input 'a' is missing"]


@pytest.mark.parametrize("kind", ["property", "file", "files"])
def test_d5_optional_input_absent_is_accepted(kind):
    assert check({}, f"a:{kind}?").inputs == {}


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ({}, "required"),
        ({"file_id": 1}, "required"),
        ({"value": 1}, "expected a string"),
        ({"value": 1.5}, "expected a string"),
        ({"value": True}, "expected a string"),
        ({"value": None}, "expected a string"),
        ({"value": ["v"]}, "expected a string"),
    ],
)
def test_d6_property_without_text_is_refused(entry, fault):
    raw = given_inputs({"name": "p", **entry})

    assert faults_of(raw, "p:property") == [f"job_data.input_data[0].value: {fault}"]


@pytest.mark.parametrize("value", ["", "12", "two words", "${p}"])
def test_d6_property_takes_any_text(value):
    assert check(given_inputs({"name": "p", "value": value}), "p:property").inputs == {"p": value}


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ({}, "required"),
        ({"value": "1"}, "required"),
        ({"file_ids": [1]}, "required"),
        ({"file_id": "1"}, "expected an integer"),
        ({"file_id": 1.0}, "expected an integer"),
        ({"file_id": None}, "expected an integer"),
        ({"file_id": [1]}, "expected an integer"),
        ({"file_id": 2**63}, "expected at most 9223372036854775807"),
    ],
)
def test_d7_file_without_integer_id_is_refused(entry, fault):
    raw = given_inputs({"name": "f", **entry})

    assert faults_of(raw, "f:file") == [f"job_data.input_data[0].file_id: {fault}"]


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ({}, "file_ids: required"),
        ({"file_ids": 1}, "file_ids: expected an array"),
        ({"file_ids": None}, "file_ids: expected an array"),
        ({"file_ids": "1"}, "file_ids: expected an array"),
        ({"file_ids": [1, "2"]}, "file_ids[1]: expected an integer"),
        ({"file_ids": [[1]]}, "file_ids[0]: expected an integer"),
        ({"file_ids": "1", "file_id": 1}, "file_ids: expected an array"),
        ({"file_id": "1"}, "file_id: expected an integer"),
    ],
)
def test_d8_files_without_integer_ids_are_refused(entry, fault):
    raw = given_inputs({"name": "fs", **entry})

    assert faults_of(raw, "fs:files") == [f"job_data.input_data[0].{fault}"]


def test_d9_files_given_one_file_id_are_stored_as_a_list():
    data = check(given_inputs({"name": "fs", "file_id": 4, "note": "n"}), "fs:files")

    assert data.inputs == {"fs": [4]}
    assert data.file_ids == [4]
    assert data.stored()["input_data"] == [{"name": "fs", "file_ids": [4], "note": "n"}]


def test_d10_file_drops_file_ids():
    data = check(given_inputs({"name": "f", "file_id": 4, "file_ids": "junk"}), "f:file")

    assert data.inputs == {"f": 4}
    assert data.stored()["input_data"] == [{"name": "f", "file_id": 4}]


def test_d10_files_drop_file_id():
    data = check(given_inputs({"name": "fs", "file_id": "junk", "file_ids": [5, 4]}), "fs:files")

    assert data.inputs == {"fs": [5, 4]}
    assert data.stored()["input_data"] == [{"name": "fs", "file_ids": [5, 4]}]


def test_d11_unknown_file_is_refused_where_it_is_named():
    raw = given_inputs(
        {"name": "f", "file_id": -1},
        {"name": "fs", "file_ids": [1, 9876]},
        {"name": "one", "file_id": 10},
    )

    assert faults_of(raw, "f:file", "fs:files", "one:files") == [
        "job_data.input_data[0].file_id: no file -1",
        "job_data.input_data[1].file_ids[1]: no file 9876",
        "job_data.input_data[2].file_id: no file 10",
    ]


def test_d12_media_types_of_the_input_refuse_no_file():
    typed = parse_interface(
        {
            "command": "x",
            "command_arguments": "",
            "input_data": [{"name": "f", "type": "file", "media_types": ["image/png"]}],
        }
    )

    data = check_job_data(given_inputs({"name": "f", "file_id": 1}), typed, lookup=Known())

    assert data.file_ids == [1]


@pytest.mark.parametrize("output", ["o:file", "o:file?", "o:files?"])
def test_d13_output_absent_is_refused_though_optional(output):
    assert faults_of({}, outputs=[output]) == ["job_data.output_data: output 'o' is missing"]


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        ({}, "required"),
        ({"workspace_id": "1"}, "expected an integer"),
        ({"workspace_id": None}, "expected an integer"),
        ({"workspace_id": 1.0}, "expected an integer"),
    ],
)
def test_d14_output_without_integer_workspace_is_refused(entry, fault):
    raw = {"output_data": [{"name": "o", **entry}]}

    assert faults_of(raw, outputs=["o:file"]) == [f"job_data.output_data[0].workspace_id: {fault}"]


def test_d15_workspace_unknown_or_inactive_is_refused():
    raw = {
        "output_data": [
            {"name": "a", "workspace_id": 1},
            {"name": "b", "workspace_id": 3},
        ]
    }

    assert faults_of(raw, outputs=["a:file", "b:file"]) == [
        "job_data.output_data[1].workspace_id: no active workspace 3"
    ]


def test_d16_name_outside_the_interface_is_kept_and_ignored():
    raw = {
        "input_data": [{"name": "f", "file_id": 1}, {"name": "?", "file_id": 999, "value": 3}],
        "output_data": [{"name": "!", "workspace_id": "x"}],
        "comment": None,
    }

    data = check(raw, "f:file")

    assert data.stored() == {"version": "1.0", **raw}
    assert data.inputs == {"f": 1}
    assert data.outputs == {}
    assert data.file_ids == [1]
    assert data.workspace_ids == []
    assert read_job_data(data.stored(), interface(["f:file"])).inputs == {"f": 1}


@pytest.mark.parametrize(
    ("raw", "fault"),
    [
        ([], "job_data: expected an object"),
        (None, "job_data: expected an object"),
        ({"input_data": {}}, "job_data.input_data: expected an array"),
        ({"output_data": None}, "job_data.output_data: expected an array"),
        (given_inputs("f"), "job_data.input_data[0]: expected an object"),
        (given_inputs(None), "job_data.input_data[0]: expected an object"),
        ({"output_data": [[1]]}, "job_data.output_data[0]: expected an object"),
        (
            given_inputs({"name": "f", "file_id": True}),
            "job_data.input_data[0].file_id: expected an integer",
        ),
        (
            given_inputs({"name": "fs", "file_ids": [False]}),
            "job_data.input_data[0].file_ids[0]: expected an integer",
        ),
    ],
)
def test_d17_wrong_shapes_and_boolean_ids_are_refused(raw, fault):
    assert faults_of(raw, "f:file?", "fs:files?") == [fault]


def test_d17_boolean_workspace_is_refused():
    raw = {"output_data": [{"name": "o", "workspace_id": True}]}

    assert faults_of(raw, outputs=["o:file"]) == [
        "job_data.output_data[0].workspace_id: expected an integer"
    ]


def test_d18_only_existence_of_files_is_asked():
    asked = []

    class Recorder(Known):
        def known_files(self, ids):
            asked.append(list(ids))
            return set(ids)

    raw = given_inputs({"name": "fs", "file_ids": [7, 5, 7]})
    check_job_data(raw, interface(["fs:files"]), lookup=Recorder())

    assert asked == [[7, 5]]


def test_nothing_is_looked_up_when_nothing_is_named():
    assert check_job_data({}, interface(), lookup=None).file_ids == []


def test_parse_job_data_leaves_references_to_the_caller():
    data = parse_job_data(
        {
            "input_data": [{"name": "f", "file_id": 50}],
            "output_data": [{"name": "o", "workspace_id": 60}],
        },
        interface(["f:file"], ["o:file"]),
        "data",
    )

    assert reference_faults(data, known_files={50}, active_workspaces={60}) == []
    assert reference_faults(data, known_files=[], active_workspaces=[]) == [
        "data.input_data[0].file_id: no file 50",
        "data.output_data[0].workspace_id: no active workspace 60",
    ]


def test_parse_job_data_refuses_faults_of_shape():
    _, faults = read_or_faults(parse_job_data, {}, interface(["f:file"]))

    assert faults == ["job_data.input_data: required input 'f' is missing"]


def test_read_job_data_takes_the_data_of_a_job_without_any():
    data = read_job_data(EMPTY_JOB_DATA, interface(["f:file"], ["o:file"]))

    assert (data.inputs, data.outputs, data.stored()) == ({}, {}, EMPTY_JOB_DATA)


@pytest.mark.parametrize("text", ["a\0", "\ud800"])
def test_text_that_cannot_be_stored_is_refused(text):
    assert faults_of(given_inputs({"name": "p", "value": text}), "p:property") == [
        "job_data.input_data[0].value: expected text without \\u0000 and lone surrogates"
    ]


@pytest.mark.parametrize(
    ("sizes", "mult", "const", "expected"),
    [
        ([], 0.0, 0.0, (0.0, 0.0)),
        ([0], 2.0, 64.0, (0.0, 64.0)),
        ([1], 0.0, 0.0, (1.0, 0.0)),
        ([MIB], 1.0, 0.0, (1.0, 1.0)),
        ([MIB, 1], 1.0, 0.5, (2.0, 3.0)),
        ([10 * MIB], 1.1, 0.0, (10.0, 11.0)),
        ([3 * MIB], 0.1, 0.7, (3.0, 1.0)),
        ([2 * MIB], 0.5, 0.01, (2.0, 2.0)),
    ],
)
def test_disk_requirements_are_rounded_up_to_whole_mib(sizes, mult, const, expected):
    assert disk_requirements(sizes, mult, const) == expected


names = st.sampled_from(["p", "f", "fs", "x"])
ids = st.integers(0, 11) | st.booleans() | json_values
entries = st.lists(
    st.fixed_dictionaries(
        {"name": names},
        optional={
            "value": st.text(max_size=3) | json_values,
            "file_id": ids,
            "file_ids": st.lists(ids, max_size=3) | json_values,
            "workspace_id": ids,
        },
    )
    | json_values,
    max_size=4,
)


@given(
    json_values
    | shaped(["version", "input_data", "output_data", "x"])
    | shaped(["input_data", "output_data"], entries)
)
def test_any_json_is_job_data_or_invalid_input(raw):
    declared_inputs = ("p:property?", "f:file?", "fs:files?")

    data, faults = read_or_faults(check, raw, *declared_inputs)

    assert all(fault.startswith("job_data") for fault in faults)
    if data is not None:
        again = check(data.stored(), *declared_inputs)
        assert again.stored() == data.stored()
        assert again.inputs == data.inputs
        assert set(data.inputs) <= {"p", "f", "fs"}
        assert set(data.file_ids) <= set(range(1, 10))
