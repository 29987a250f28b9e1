import pytest
from hypothesis import given

from scale.domain.definition import parse_definition
from scale.domain.interface import parse_interface
from scale.domain.job_data import check_job_data
from scale.domain.recipe_data import assemble_job_data, check_recipe_data, read_recipe_data
from scale.domain.results import JobResults
from tests.unit.scale.domain.strategies import json_values, read_or_faults, shaped


class Known:
    """Files 1 to 9 exist, workspaces 1 and 2 are active."""

    def known_files(self, ids):
        return set(ids) & set(range(1, 10))

    def active_workspaces(self, ids):
        return set(ids) & {1, 2}


def declared(item):
    name, _, kind = item.rstrip("?").partition(":")
    return {"name": name, "type": kind, "required": not item.endswith("?")}


def definition(*inputs):
    return parse_definition({"input_data": [declared(item) for item in inputs], "jobs": []})


def check(raw, *inputs, needs_workspace=False):
    return check_recipe_data(
        raw, definition(*inputs), needs_workspace=needs_workspace, lookup=Known()
    )


def faults_of(raw, *inputs, needs_workspace=False):
    data, faults = read_or_faults(check, raw, *inputs, needs_workspace=needs_workspace)
    assert data is None
    return faults


def test_whole_data_is_read():
    data = check(
        {
            "input_data": [
                {"name": "p", "value": "v"},
                {"name": "f", "file_id": 2, "file_ids": "junk"},
                {"name": "fs", "file_id": 3},
                {"name": "?", "file_id": "unknown names are kept"},
            ],
            "workspace_id": 2,
            "note": None,
        },
        "p:property",
        "f:file",
        "fs:files",
        needs_workspace=True,
    )

    assert data.inputs == {"p": "v", "f": 2, "fs": [3]}
    assert data.file_ids == [2, 3]
    assert data.workspace_id == 2
    assert data.stored() == {
        "version": "1.0",
        "input_data": [
            {"name": "p", "value": "v"},
            {"name": "f", "file_id": 2},
            {"name": "fs", "file_ids": [3]},
            {"name": "?", "file_id": "unknown names are kept"},
        ],
        "workspace_id": 2,
        "note": None,
    }


def test_stored_data_reads_back_the_same():
    stored = check({"input_data": [{"name": "fs", "file_id": 3}]}, "fs:files").stored()

    data = read_recipe_data(stored, definition("fs:files"))

    assert stored == {"version": "1.0", "input_data": [{"name": "fs", "file_ids": [3]}]}
    assert (data.inputs, data.workspace_id, data.stored()) == ({"fs": [3]}, None, stored)


def test_all_faults_are_told_at_once():
    raw = {
        "version": "1.1",
        "input_data": [
            {"name": "f", "file_id": 99},
            {"name": "f", "file_id": "1"},
            {"name": "p", "value": 1},
            3,
        ],
        "workspace_id": 7,
    }

    assert faults_of(raw, "f:file", "p:property", "q:property", needs_workspace=True) == [
        "recipe_data.version: expected '1.0'",
        "recipe_data.input_data[1].name: 'f' is used twice",
        "recipe_data.input_data[1].file_id: expected an integer",
        "recipe_data.input_data[2].value: expected a string",
        "recipe_data.input_data[3]: expected an object",
        "recipe_data.input_data: required input 'q' is missing",
        "recipe_data.input_data[0].file_id: no file 99",
        "recipe_data.workspace_id: no active workspace 7",
    ]


@pytest.mark.parametrize("raw", [None, [], "x"])
def test_data_that_is_no_object_is_refused(raw):
    assert faults_of(raw) == ["recipe_data: expected an object"]


@pytest.mark.parametrize("workspace_id", ["1", True, 1.0, [1]])
@pytest.mark.parametrize("needs_workspace", [True, False])
def test_workspace_that_is_no_integer_is_refused_always(workspace_id, needs_workspace):
    assert faults_of({"workspace_id": workspace_id}, needs_workspace=needs_workspace) == [
        "recipe_data.workspace_id: expected an integer"
    ]


def test_null_workspace_is_refused_always():
    (fault,) = faults_of({"workspace_id": None})

    assert fault.startswith("recipe_data.workspace_id: expected a value")


def test_workspace_is_required_where_a_job_has_an_output():
    assert faults_of({}, needs_workspace=True) == ["recipe_data.workspace_id: required"]


def test_workspace_is_not_looked_up_where_no_job_has_an_output():
    assert check({"workspace_id": 99}).workspace_id == 99
    assert check({}).workspace_id is None


def interface(inputs=(), outputs=()):
    return parse_interface(
        {
            "command": "x",
            "command_arguments": "",
            "input_data": [declared(item) for item in inputs],
            "output_data": [declared(item) for item in outputs],
        }
    )


CHILD = parse_definition(
    {
        "input_data": [declared(i) for i in ("p:property", "f:file", "fs:files", "opt:file?")],
        "jobs": [
            {"name": "parent", "job_type": {"name": "t", "version": "1"}},
            {
                "name": "child",
                "job_type": {"name": "u", "version": "1"},
                "recipe_inputs": [
                    {"recipe_input": "p", "job_input": "text"},
                    {"recipe_input": "f", "job_input": "one"},
                    {"recipe_input": "fs", "job_input": "many"},
                    {"recipe_input": "opt", "job_input": "absent"},
                ],
                "dependencies": [
                    {
                        "name": "parent",
                        "connections": [
                            {"output": "single", "input": "from_one"},
                            {"output": "several", "input": "from_many"},
                            {"output": "unmade", "input": "unmade"},
                        ],
                    }
                ],
            },
        ],
    }
)
RECIPE_DATA = read_recipe_data(
    {
        "input_data": [
            {"name": "p", "value": "v"},
            {"name": "f", "file_id": 1},
            {"name": "fs", "file_ids": [2, 3]},
        ]
    },
    CHILD,
)
PARENT_RESULTS = {"parent": JobResults({"single": 4, "several": [5, 6]})}


def assemble(target, workspace_id=2):
    return assemble_job_data(
        CHILD.jobs_by_name["child"], RECIPE_DATA, PARENT_RESULTS, target, workspace_id
    )


def test_job_data_is_put_together_from_recipe_data_and_results():
    target = interface(
        [
            "text:property",
            "one:file",
            "many:files",
            "absent:file?",
            "from_one:file",
            "from_many:files",
            "unmade:file?",
        ],
        ["o:file", "q:files?"],
    )

    raw = assemble(target)

    assert raw == {
        "version": "1.0",
        "input_data": [
            {"name": "text", "value": "v"},
            {"name": "one", "file_id": 1},
            {"name": "many", "file_ids": [2, 3]},
            {"name": "from_one", "file_id": 4},
            {"name": "from_many", "file_ids": [5, 6]},
        ],
        "output_data": [{"name": "o", "workspace_id": 2}, {"name": "q", "workspace_id": 2}],
    }
    assert check_job_data(raw, target, lookup=Known()).stored() == raw


def test_single_file_feeds_files():
    target = interface(["one:files", "from_one:files"])

    data = check_job_data(assemble(target), target, lookup=Known())

    assert data.inputs == {"one": [1], "from_one": [4]}


def test_feeds_of_another_kind_and_of_unknown_inputs_are_left_out():
    target = interface(["text:file?", "one:property?", "from_many:property?"])

    assert assemble(target)["input_data"] == []


def test_files_for_a_file_input_make_invalid_data():
    target = interface(["many:file"])

    _, faults = read_or_faults(check_job_data, assemble(target), target, lookup=Known())

    assert faults == ["job_data.input_data[0].file_id: required"]


def test_outputs_without_a_workspace_make_invalid_data():
    target = interface([], ["o:file"])

    _, faults = read_or_faults(check_job_data, assemble(target, None), target, lookup=Known())

    assert faults == ["job_data.output_data[0].workspace_id: expected an integer"]


@given(json_values | shaped(["version", "input_data", "workspace_id"]))
def test_any_json_is_recipe_data_or_invalid_input(raw):
    data, faults = read_or_faults(check, raw, "f:file?", needs_workspace=True)

    assert (data is None) == bool(faults)
    if data is not None:
        assert check(data.stored(), "f:file?", needs_workspace=True).stored() == data.stored()
