import copy
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scale.domain.definition import definition_faults, definition_warnings, parse_definition
from scale.domain.interface import parse_interface
from tests.unit.scale.domain.strategies import json_values, read_or_faults, shaped


def job(name, *, needs=(), takes=(), job_type=None):
    """Declare a job: `needs` as "parent" or "parent.output>input", `takes` as "recipe>job"."""
    dependencies = {}
    for need in needs:
        parent, _, connection = need.partition(".")
        wired = dependencies.setdefault(parent, [])
        if connection:
            output, _, target = connection.partition(">")
            wired.append({"output": output, "input": target})
    return {
        "name": name,
        "job_type": {"name": job_type or name, "version": "1"},
        "recipe_inputs": [
            dict(zip(("recipe_input", "job_input"), take.split(">"), strict=True)) for take in takes
        ],
        "dependencies": [{"name": n, "connections": c} for n, c in dependencies.items()],
    }


def definition(*jobs, inputs=()):
    return {"input_data": [declared(item) for item in inputs], "jobs": list(jobs)}


def declared(item):
    """Read "name:type:media type,…"; a "?" at the end is optional."""
    name, kind, *media_types = item.rstrip("?").split(":")
    declaration = {"name": name, "type": kind, "required": not item.endswith("?")}
    if media_types:
        declaration["media_types"] = media_types[0].split(",")
    return declaration


def output(item):
    declaration = declared(item)
    if "media_types" in declaration:
        (declaration["media_type"],) = declaration.pop("media_types")
    return declaration


def interfaces(**types):
    """Declare job types of version 1 by name, as (inputs, outputs)."""
    return {
        (name, "1"): parse_interface(
            {
                "command": "x",
                "command_arguments": "",
                "input_data": [declared(item) for item in inputs],
                "output_data": [output(item) for item in outputs],
            }
        )
        for name, (inputs, outputs) in types.items()
    }


def faults_of(raw):
    parsed, faults = read_or_faults(parse_definition, raw)
    assert parsed is None
    return faults


def wiring_faults(raw, **types):
    return definition_faults(parse_definition(raw), interfaces(**types))


def changed(path, value, raw=None):
    raw = copy.deepcopy(raw or FULL)
    *steps, last = path
    target = raw
    for step in steps:
        target = target[step]
    if value is ...:
        del target[last]
    else:
        target[last] = value
    return raw


FULL = definition(
    job("a", takes=["in>x"]),
    job("b", needs=["a.out>y"], takes=["in>x"]),
    inputs=["in:file"],
)


def test_empty_jobs_are_accepted_and_defaults_stored():
    assert parse_definition({"jobs": []}).stored() == {
        "version": "1.0",
        "input_data": [],
        "jobs": [],
    }


def test_stored_definition_has_its_defaults_and_reads_back_the_same():
    raw = {
        "input_data": [{"name": "in", "type": "file"}],
        "jobs": [
            {"name": "a", "job_type": {"name": "t", "version": "1"}},
            {
                "name": "b",
                "job_type": {"name": "t", "version": "1"},
                "dependencies": [{"name": "a"}],
            },
        ],
    }

    parsed = parse_definition(raw)

    assert parsed.stored() == {
        "version": "1.0",
        "input_data": [{"name": "in", "type": "file", "required": True, "media_types": []}],
        "jobs": [
            {**raw["jobs"][0], "recipe_inputs": [], "dependencies": []},
            {
                **raw["jobs"][1],
                "recipe_inputs": [],
                "dependencies": [{"name": "a", "connections": []}],
            },
        ],
    }
    assert parse_definition(parsed.stored()) == parsed
    assert parsed.job_types == [("t", "1")]
    assert parsed.jobs_by_name["b"].dependency_names == ["a"]
    assert list(parsed.inputs) == ["in"]


@pytest.mark.parametrize(
    ("path", "value", "fault"),
    [
        (["jobs"], ..., "jobs: required"),
        (["jobs"], None, "jobs: expected an array"),
        (["jobs", 0], "a", "jobs[0]: expected an object"),
        (["jobs", 0, "name"], ..., "jobs[0].name: required"),
        (["jobs", 0, "name"], "", "jobs[0].name: expected 1 to 255"),
        (["jobs", 0, "name"], 3, "jobs[0].name: expected a string"),
        (["jobs", 0, "job_type"], ..., "jobs[0].job_type: required"),
        (["jobs", 0, "job_type", "name"], ..., "jobs[0].job_type.name: required"),
        (["jobs", 0, "job_type", "version"], ..., "jobs[0].job_type.version: required"),
        (["jobs", 0, "job_type", "version"], 1, "jobs[0].job_type.version: expected a string"),
        (["jobs", 0, "job_type", "id"], 1, "jobs[0].job_type.id: unknown key"),
        (["jobs", 0, "timeout"], 1, "jobs[0].timeout: unknown key"),
        (
            ["jobs", 0, "recipe_inputs", 0, "job_input"],
            ...,
            "jobs[0].recipe_inputs[0].job_input: required",
        ),
        (["jobs", 0, "recipe_inputs", 0, "x"], 1, "jobs[0].recipe_inputs[0].x: unknown key"),
        (["jobs", 1, "dependencies", 0, "name"], ..., "jobs[1].dependencies[0].name: required"),
        (["jobs", 1, "dependencies", 0, "x"], 1, "jobs[1].dependencies[0].x: unknown key"),
        (
            ["jobs", 1, "dependencies", 0, "connections", 0, "output"],
            ...,
            "jobs[1].dependencies[0].connections[0].output: required",
        ),
        (
            ["jobs", 1, "dependencies", 0, "connections", 0, "x"],
            1,
            "jobs[1].dependencies[0].connections[0].x: unknown key",
        ),
        (["input_data", 0, "name"], "", "input_data[0].name: expected 1 to 255"),
        (["input_data", 0, "type"], ..., "input_data[0].type: required"),
        (["input_data", 0, "required"], "true", "input_data[0].required: expected true or false"),
        (["input_data", 0, "default"], 1, "input_data[0].default: unknown key"),
        (["title"], "t", "title: unknown key"),
        (["version"], "1.1", "version: expected '1.0'"),
    ],
)
def test_r1_bad_structure_is_refused(path, value, fault):
    (found,) = faults_of(changed(path, value))

    assert found.startswith(f"definition.{fault}")


def test_r2_duplicate_recipe_input_and_job_names_are_refused():
    raw = definition(job("a"), job("b"), job("a"), inputs=["x:file", "x:property"])

    assert faults_of(raw) == [
        "definition.input_data[1].name: 'x' is used twice",
        "definition.jobs[2].name: 'a' is used twice",
    ]


def test_r2_job_may_be_named_like_a_recipe_input():
    assert parse_definition(definition(job("x"), inputs=["x:file"])).inputs["x"].type == "file"


def test_r3_recipe_input_that_is_not_declared_is_refused():
    raw = definition(job("a", takes=["in>x", "no>y"]), inputs=["in:file"])

    assert faults_of(raw) == [
        "definition.jobs[0].recipe_inputs[1].recipe_input: no recipe input 'no'"
    ]


def test_r4_dependency_on_an_undefined_job_is_refused():
    raw = definition(job("a"), job("b", needs=["a", "c.out>x"]))

    assert faults_of(raw) == ["definition.jobs[1].dependencies[1].name: no job 'c'"]


@pytest.mark.parametrize(
    "jobs",
    [
        [job("a", needs=["a"])],
        [job("a", needs=["b"]), job("b", needs=["a"])],
        # The first job is not part of the cycle.
        [job("first"), job("a", needs=["c"]), job("b", needs=["a"]), job("c", needs=["b"])],
        [job("first"), job("a", needs=["first", "b"]), job("b", needs=["a"])],
    ],
)
def test_r5_circular_dependency_is_refused(jobs):
    (fault,) = faults_of(definition(*jobs))

    assert fault.startswith("definition.jobs: circular dependency ")
    assert "first" not in fault


def test_r5_long_cycle_is_shortened_in_the_fault():
    ring = [job(f"j{i}", needs=[f"j{(i + 1) % 50}"]) for i in range(50)]

    (fault,) = faults_of(definition(*ring))

    assert fault.count(" -> ") == 12
    assert fault.endswith(" -> …")


@pytest.mark.parametrize(
    ("child", "at"),
    [
        (job("b", takes=["in>x", "in>x"]), "recipe_inputs[1].job_input"),
        (
            job("b", takes=["in>x"], needs=["a.out>x"]),
            "dependencies[0].connections[0].input",
        ),
        (
            job("b", needs=["a.out>x", "a.more>x"]),
            "dependencies[0].connections[1].input",
        ),
        (
            job("b", needs=["a.out>x", "c.out>x"]),
            "dependencies[1].connections[0].input",
        ),
    ],
)
def test_r6_job_input_fed_twice_is_refused(child, at):
    raw = definition(job("a"), child, job("c"), inputs=["in:file"])

    assert faults_of(raw) == [f"definition.jobs[1].{at}: 'x' is fed twice"]


def test_r7_unknown_job_type_is_refused():
    raw = definition(job("a"), job("b", needs=["a.out>x"]), job("c", job_type="a"))

    assert wiring_faults(raw, b=(["x:file"], [])) == [
        "definition.jobs[0].job_type: no job type 'a' version '1'",
        "definition.jobs[2].job_type: no job type 'a' version '1'",
    ]


@pytest.mark.parametrize("kind", ["property", "file", "files"])
def test_r8_required_input_fed_by_nothing_is_refused(kind):
    raw = definition(job("a", takes=["in>other"]), inputs=["in:file"])

    assert wiring_faults(raw, a=([f"x:{kind}"], [])) == [
        "definition.jobs[0]: required input 'x' is fed by nothing"
    ]
    assert wiring_faults(raw, a=([f"x:{kind}?"], [])) == []


def test_r8_required_input_fed_from_an_output_the_parent_lacks_is_refused():
    raw = definition(job("a"), job("b", needs=["a.no>x"]))

    assert wiring_faults(raw, a=([], ["out:file"]), b=(["x:file"], [])) == [
        "definition.jobs[1].dependencies[0].connections[0].output: "
        "the job has no such output for 'x'"
    ]
    assert wiring_faults(raw, a=([], ["out:file"]), b=(["x:file?"], [])) == []


@pytest.mark.parametrize(
    ("source", "target"),
    [
        ("property", "file"),
        ("property", "files"),
        ("file", "property"),
        ("files", "property"),
    ],
)
def test_r8_required_input_of_another_kind_is_refused(source, target):
    raw = definition(job("a", takes=["in>x"]), inputs=[f"in:{source}"])

    assert wiring_faults(raw, a=([f"x:{target}"], [])) == [
        f"definition.jobs[0].recipe_inputs[0]: {source} cannot feed {target} 'x'"
    ]
    assert wiring_faults(raw, a=([f"x:{target}?"], [])) == []


def test_r8_required_property_fed_from_an_output_is_refused():
    raw = definition(job("a"), job("b", needs=["a.out>x"]))

    assert wiring_faults(raw, a=([], ["out:file"]), b=(["x:property"], [])) == [
        "definition.jobs[1].dependencies[0].connections[0]: file cannot feed property 'x'"
    ]


def test_r9_required_input_fed_from_something_optional_is_refused():
    raw = definition(job("a"), job("b", takes=["in>x"], needs=["a.out>y"]), inputs=["in:property?"])

    assert wiring_faults(raw, a=([], ["out:file?"]), b=(["x:property", "y:file"], [])) == [
        "definition.jobs[1].recipe_inputs[0]: optional 'in' cannot feed required 'x'",
        "definition.jobs[1].dependencies[0].connections[0]: "
        "optional 'out' cannot feed required 'y'",
    ]
    assert wiring_faults(raw, a=([], ["out:file?"]), b=(["x:property?", "y:file?"], [])) == []


@pytest.mark.parametrize("suffix", ["", "?"])
def test_r10_files_into_a_file_input_are_refused(suffix):
    raw = definition(job("a"), job("b", takes=["in>x"], needs=["a.out>y"]), inputs=["in:files"])

    assert wiring_faults(
        raw, a=([], ["out:files"]), b=([f"x:file{suffix}", f"y:file{suffix}"], [])
    ) == [
        "definition.jobs[1].recipe_inputs[0]: files cannot feed file 'x'",
        "definition.jobs[1].dependencies[0].connections[0]: files cannot feed file 'y'",
    ]


@pytest.mark.parametrize(
    ("source", "target"),
    [("property", "property"), ("file", "file"), ("file", "files"), ("files", "files")],
)
def test_fitting_kinds_are_accepted(source, target):
    raw = definition(job("a", takes=["in>x"]), inputs=[f"in:{source}"])

    assert wiring_faults(raw, a=([f"x:{target}"], [])) == []


def test_connection_to_an_input_the_job_lacks_is_no_fault():
    raw = definition(job("a"), job("b", needs=["a.out>no"], takes=["in>nor"]), inputs=["in:file"])
    types = {"a": ([], ["out:file:text/plain"]), "b": ([], [])}

    assert wiring_faults(raw, **types) == []
    assert definition_warnings(parse_definition(raw), interfaces(**types)) == []


def test_media_types_that_do_not_fit_are_warned_of_each():
    raw = definition(
        job("a", takes=["in>x"]),
        job("b", takes=["in>x", "any>z", "text>p"], needs=["a.out>y", "a.plain>w"]),
        inputs=["in:file:image/png,image/gif", "any:files", "text:property"],
    )
    types = interfaces(
        a=(["x:file"], ["out:file:text/xml", "plain:file"]),
        b=(
            [
                "x:file:image/gif,image/jpeg",
                "y:file:text/xml",
                "z:files:text/csv",
                "w:file:text/csv",
                "p:property:text/csv",
            ],
            [],
        ),
    )
    parsed = parse_definition(raw)

    assert definition_faults(parsed, types) == []
    assert definition_warnings(parsed, types) == [
        {"id": "media_type", "details": "jobs[1].recipe_inputs[0]: 'x' takes no image/png"},
        {
            "id": "media_type",
            "details": "jobs[1].recipe_inputs[1]: 'z' takes no application/octet-stream",
        },
        {
            "id": "media_type",
            "details": "jobs[1].dependencies[0].connections[1]: "
            "'w' takes no application/octet-stream",
        },
    ]


def test_topological_order_keeps_the_order_of_the_definition_where_it_can():
    raw = definition(
        job("d", needs=["b", "c"]), job("c", needs=["a"]), job("b", needs=["a"]), job("a"), job("e")
    )

    assert [j.name for j in parse_definition(raw).topological()] == ["a", "e", "c", "b", "d"]


@st.composite
def graphs(draw):
    """Draw (job names in definition order, parents by name) of a graph without cycles."""
    names = [f"j{i}" for i in range(draw(st.integers(1, 9)))]
    parents = {
        name: draw(st.lists(st.sampled_from(names[:i]), unique=True)) if i else []
        for i, name in enumerate(names)
    }
    return draw(st.permutations(names)), parents


@given(graphs())
def test_any_acyclic_graph_is_accepted_and_ordered(graph):
    names, parents = graph

    parsed = parse_definition(definition(*(job(n, needs=parents[n]) for n in names)))

    order = [j.name for j in parsed.topological()]
    assert sorted(order) == sorted(names)
    for name in names:
        assert all(order.index(parent) < order.index(name) for parent in parents[name])


@given(graphs(), st.data())
def test_r5_any_cyclic_graph_is_refused(graph, data):
    names, parents = graph
    ring = data.draw(st.lists(st.sampled_from(names), min_size=1, unique=True))
    for child, parent in [*pairwise(ring), (ring[-1], ring[0])]:
        parents[child] = list(dict.fromkeys([*parents[child], parent]))

    (fault,) = faults_of(definition(*(job(n, needs=parents[n]) for n in names)))

    assert fault.startswith("definition.jobs: circular dependency")


job_names = st.sampled_from(["a", "b", "c"])
links = st.lists(
    st.fixed_dictionaries({"recipe_input": job_names, "job_input": job_names}), max_size=2
)
connections = st.lists(st.fixed_dictionaries({"output": job_names, "input": job_names}), max_size=2)
jobs = st.fixed_dictionaries(
    {"name": job_names, "job_type": st.just({"name": "t", "version": "1"})},
    optional={
        "recipe_inputs": links,
        "dependencies": st.lists(
            st.fixed_dictionaries({"name": job_names}, optional={"connections": connections}),
            max_size=2,
        ),
    },
)
inputs = st.lists(
    st.fixed_dictionaries(
        {"name": job_names, "type": st.sampled_from(["property", "file", "files"])}
    ),
    max_size=3,
)


@given(
    json_values
    | shaped(["version", "input_data", "jobs"])
    | st.fixed_dictionaries({"jobs": st.lists(jobs, max_size=3), "input_data": inputs})
)
def test_any_json_is_a_definition_or_invalid_input(raw):
    parsed, faults = read_or_faults(parse_definition, raw)

    assert (parsed is None) == bool(faults)
    assert all(fault.startswith("definition") for fault in faults)
    if parsed is not None:
        assert parse_definition(parsed.stored()) == parsed
        assert len(parsed.topological()) == len(parsed.jobs)
        types = interfaces(t=(["a:file", "b:property?"], ["c:files"]))
        assert isinstance(definition_faults(parsed, types), list)
        assert isinstance(definition_warnings(parsed, types), list)
