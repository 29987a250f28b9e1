import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scale.domain import manifest as manifest_module
from scale.domain.geo import GeoFacts
from scale.domain.interface import parse_interface
from scale.domain.manifest import (
    InvalidManifest,
    MadeFile,
    MadeOutput,
    ParsedFile,
    parse_manifest,
)

INTERFACE = parse_interface(
    {
        "command": "run",
        "command_arguments": "",
        "output_data": [
            {"name": "one", "type": "file"},
            {"name": "many", "type": "files", "required": False},
            {"name": "maybe", "type": "file", "required": False},
        ],
    }
)
ONE = {"name": "one", "file": {"path": "/out/1"}}
EMPTY = {"version": "1.1", "output_data": [], "parse_results": [], "info": [], "errors": []}


def parse(**document):
    return parse_manifest(json.dumps(document).encode())


def check(manifest, *, exist=lambda path: True, sources=(), interface=INTERFACE):
    return manifest.check(interface, source_names=sources, is_regular_file=exist)


def plain(path):
    return MadeFile(path, GeoFacts())


def faults_of(call, *args, **kwargs):
    with pytest.raises(InvalidManifest) as caught:
        call(*args, **kwargs)
    return caught.value.faults


def test_m1_no_manifest_file_is_an_empty_manifest():
    interface = parse_interface({"command": "run", "command_arguments": ""})
    findings = check(parse_manifest(None), interface=interface)

    assert (findings.outputs, findings.parsed, findings.stored()) == ([], [], EMPTY)
    assert check(parse_manifest(b"{}"), interface=interface).stored() == EMPTY


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"not json",
        b"\xff{}",
        b'"\xff"',
        b"[]",
        b"null",
        b"{} {}",
        b'{"info": [NaN]}',
        b'{"info": [-Infinity]}',
        b'{"info": [1e999]}',
        b'{"info": ["\\u0000"]}',
        b'{"info": ["\\ud800"]}',
        b'{"info": [{"a": 1, "a": 2}]}',
        b'{"info": [], "info": []}',
        b'{"info": [' + b"9" * 5000 + b"]}",
        b'{"info": ' + b"[" * 100 + b"]" * 100 + b"}",
        b"[" * 1_000_000,
        b'{"info":' * 100_000,
    ],
)
def test_m2_what_is_no_json_document_is_refused(content):
    assert all(fault.startswith("results_manifest") for fault in faults_of(parse_manifest, content))


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"unknown": 1}, ".unknown"),
        ({"output_data": {}}, ".output_data"),
        ({"output_data": None}, ".output_data"),
        ({"output_data": [5]}, ".output_data[0]"),
        ({"output_data": [{"file": {"path": "/1"}}]}, ".output_data[0].name"),
        ({"output_data": [{"name": 1, "file": {"path": "/1"}}]}, ".output_data[0].name"),
        ({"output_data": [{"name": "a", "file": "/1"}]}, ".output_data[0].file"),
        ({"output_data": [{"name": "a", "file": {}}]}, ".output_data[0].file.path"),
        ({"output_data": [{"name": "a", "file": None}]}, ".output_data[0].file"),
        ({"output_data": [{"name": "a", "files": ["/1"]}]}, ".output_data[0].files[0]"),
        ({"parse_results": [{}]}, ".parse_results[0].filename"),
        (
            {"parse_results": [{"filename": "a", "data_types": "b"}]},
            ".parse_results[0].data_types",
        ),
        (
            {"parse_results": [{"filename": "a", "geo_metadata": {"geo_json": "b"}}]},
            ".parse_results[0].geo_metadata.geo_json",
        ),
        ({"info": {}}, ".info"),
        ({"errors": "none"}, ".errors"),
        ({"version": 1.1}, ".version"),
        ({"version": None}, ".version"),
        ({"version": "1.0", "output_data": []}, ".output_data"),
        ({"version": "1.0", "files": [{"name": "a", "path": 5}]}, ".files[0].path"),
    ],
)
def test_m2_violated_form_is_refused_with_its_place(document, place):
    (fault,) = faults_of(parse, **document)

    assert fault.startswith(f"results_manifest{place}: ")


def test_m2_keys_inside_entries_are_open_and_kept():
    entry = {"name": "one", "file": {"path": "/out/1", "x": 1}, "y": None}
    findings = check(parse(output_data=[entry], info=[None, {"z": None}], errors=["e"]))

    assert findings.stored() == EMPTY | {
        "output_data": [entry],
        "info": [None, {"z": None}],
        "errors": ["e"],
    }


def test_m2_file_larger_than_the_limit_is_refused(monkeypatch):
    monkeypatch.setattr(manifest_module, "MAX_BYTES", 2)

    assert parse_manifest(b"{}")
    assert faults_of(parse_manifest, b"{ }") == ["results_manifest: expected at most 2 bytes"]


def test_m2_byte_order_mark_is_allowed():
    assert check(parse_manifest(b"\xef\xbb\xbf" + json.dumps({"output_data": [ONE]}).encode()))


KEYS = (
    "version output_data files name file path paths parse_results filename geo_metadata geo_json"
    " data_types data_started info"
)
any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda children: (
        st.lists(children, max_size=3)
        | st.dictionaries(st.sampled_from(KEYS.split()), children, max_size=4)
    ),
    max_leaves=15,
)


@given(content=st.binary() | any_json.map(lambda document: json.dumps(document).encode()))
def test_m2_any_content_is_read_or_an_invalid_manifest(content):
    try:
        findings = check(parse_manifest(content).with_artifacts([("one", "/out/1")]))
    except InvalidManifest:
        return

    assert check(parse(**findings.stored())).stored() == findings.stored()


@pytest.mark.parametrize(
    ("document", "place"),
    [
        ({"output_data": [ONE, ONE]}, "output_data[1].name"),
        ({"output_data": [{"name": "x", "files": []}, ONE, {"name": "x", "files": []}]}, "output"),
        ({"output_data": [{"name": "one"}]}, "output_data[0]"),
        ({"output_data": [ONE | {"files": []}]}, "output_data[0]"),
        ({"version": "1.0", "files": [{"name": "one"}]}, "files[0]"),
        ({"version": "1.0", "files": [{"name": "one", "path": "/1", "paths": []}]}, "files[0]"),
        ({"version": "1.0", "files": [{"name": "one", "path": "/1"}] * 2}, "output_data[1].name"),
    ],
)
def test_m3_name_used_twice_and_both_or_neither_form_are_refused(document, place):
    (fault,) = faults_of(parse, **document)

    assert fault.startswith(f"results_manifest.{place}")


def test_m4_required_output_that_is_missing_is_refused():
    assert faults_of(check, parse()) == [
        "results_manifest.output_data: required output 'one' is missing"
    ]


def test_m4_artifact_makes_up_for_a_missing_entry():
    findings = check(parse_manifest(None).with_artifacts([("one", "/out/1")]))

    assert findings.outputs == [MadeOutput("one", False, [plain("/out/1")])]
    assert findings.stored() == EMPTY | {"output_data": [ONE]}


def test_m5_optional_output_may_be_missing():
    assert [output.name for output in check(parse(output_data=[ONE])).outputs] == ["one"]


@pytest.mark.parametrize(
    ("entry", "kind"),
    [
        ({"name": "many", "file": {"path": "/out/1"}}, "files"),
        ({"name": "maybe", "files": [{"path": "/out/1"}]}, "file"),
        ({"name": "maybe", "files": []}, "file"),
    ],
)
def test_m6_entry_of_the_other_kind_is_refused(entry, kind):
    assert faults_of(check, parse(output_data=[ONE, entry])) == [
        f"results_manifest.output_data.{entry['name']}: expected {kind}"
    ]


@pytest.mark.parametrize(
    ("found", "kind"),
    [([("many", "/out/1")], "files"), ([("maybe", "/out/1"), ("maybe", "/out/2")], "file")],
)
def test_m6_number_of_artifact_lines_decides_the_kind(found, kind):
    assert faults_of(check, parse(output_data=[ONE]).with_artifacts(found)) == [
        f"results_manifest.output_data.{found[0][0]}: expected {kind}"
    ]


def test_m7_entry_that_the_interface_lacks_is_dropped_unseen():
    stranger = {"name": "strange", "file": {"path": "no", "geo_metadata": {"data_started": "no"}}}
    manifest = parse(output_data=[stranger, ONE]).with_artifacts([("other", "/out/2")])
    findings = check(manifest, exist=lambda path: path == "/out/1")

    assert findings.outputs == [MadeOutput("one", False, [plain("/out/1")])]
    assert findings.stored() == EMPTY | {"output_data": [ONE]}


def test_m8_every_path_that_is_no_regular_file_is_told():
    many = {"name": "many", "files": [{"path": "/out/2"}, {"path": "/out/3"}, {"path": "out/4"}]}
    manifest = parse(output_data=[ONE, many]).with_artifacts([("maybe", "/out/5")])
    asked = []

    def exist(path):
        asked.append(path)
        return path == "/out/2"

    expected = "expected the absolute path of an existing file"
    assert faults_of(check, manifest, exist=exist) == [
        f"results_manifest.output_data.one.file.path: {expected}",
        f"results_manifest.output_data.many.files[1].path: {expected}",
        f"results_manifest.output_data.many.files[2].path: {expected}",
        f"results_manifest.output_data.maybe.file.path: {expected}",
    ]
    assert asked == ["/out/1", "/out/2", "/out/3", "/out/5"]


def test_m9_parse_result_of_no_source_input_is_ignored():
    entries = [
        {"filename": "strange", "data_types": ["b,d"], "new_workspace_path": "../x"},
        {"filename": "a.ntf"},
    ]
    findings = check(parse(output_data=[ONE], parse_results=entries), sources={"a.ntf"})

    assert findings.parsed == [ParsedFile("a.ntf", None, [], GeoFacts())]
    assert findings.stored()["parse_results"] == entries


def test_m9_parse_results_of_one_file_name_are_refused():
    assert faults_of(parse, parse_results=[{"filename": "a"}, {"filename": "a"}]) == [
        "results_manifest.parse_results[1].filename: 'a' is used twice"
    ]


def test_parse_result_tells_place_time_tags_and_new_path():
    entry = {
        "filename": "a.ntf",
        "new_workspace_path": "./new//a.ntf",
        "data_types": ["Two Words", "b"],
        "geo_metadata": {
            "data_started": "2015-05-15T10:34:12Z",
            "geo_json": {"type": "Point", "coordinates": [1, 2]},
        },
    }
    findings = check(parse(output_data=[ONE], parse_results=[entry]), sources={"a.ntf"})

    facts = GeoFacts(
        data_started=datetime(2015, 5, 15, 10, 34, 12, tzinfo=UTC),
        geometry_wkt="POINT (1 2)",
        center_point_wkt="POINT (1 2)",
    )
    assert findings.parsed == [ParsedFile("a.ntf", "new/a.ntf", ["Two Words", "b"], facts)]


def test_faults_of_all_parts_are_told_at_once():
    bad_geo = {"data_started": "today", "geo_json": {"type": "Blob"}}
    manifest = parse(
        output_data=[{"name": "many", "files": [{"path": "/gone", "geo_metadata": bad_geo}]}],
        parse_results=[
            {
                "filename": "a",
                "new_workspace_path": "/etc/a",
                "data_types": ["ok", "b,d"],
                "geo_metadata": bad_geo,
            }
        ],
    )
    found = faults_of(check, manifest, exist=lambda path: False, sources=["a"])

    assert [fault.split(": ")[0].removeprefix("results_manifest.") for fault in found] == [
        "output_data.many.files[0].path",
        "output_data.many.files[0].geo_metadata.data_started",
        "output_data.many.files[0].geo_metadata.geo_json",
        "output_data",
        "parse_results[0].new_workspace_path",
        "parse_results[0].data_types[1]",
        "parse_results[0].geo_metadata.data_started",
        "parse_results[0].geo_metadata.geo_json",
    ]


def test_artifacts_are_ignored_for_names_in_the_manifest():
    found = [("one", "/out/9"), ("one", "/out/8"), ("many", "/out/2"), ("many", "/out/3")]
    findings = check(parse(output_data=[ONE]).with_artifacts(found))

    assert findings.outputs == [
        MadeOutput("one", False, [plain("/out/1")]),
        MadeOutput("many", True, [plain("/out/2"), plain("/out/3")]),
    ]


def test_path_listed_twice_in_an_output_is_one_file():
    files = [{"path": "/out/2"}, {"path": "/out/3"}, {"path": "/out/2"}]
    findings = check(parse(output_data=[ONE, {"name": "many", "files": files}]))

    assert findings.outputs[1].files == [plain("/out/2"), plain("/out/3")]


def test_too_many_artifacts_are_refused(monkeypatch):
    monkeypatch.setattr(manifest_module, "MAX_ARTIFACTS", 1)
    manifest = parse_manifest(None)

    assert check(manifest.with_artifacts([("one", "/out/1")]))
    assert faults_of(manifest.with_artifacts, [("one", "/1"), ("x", "/2")]) == [
        "artifacts: expected at most 1 lines"
    ]


@pytest.mark.parametrize("version", ["1.0", "0.9", "2.0", ""])
def test_other_version_is_read_as_the_old_form_and_converted(version):
    manifest = parse(
        version=version,
        files=[{"name": "one", "path": "/out/1"}, {"name": "many", "paths": ["/out/2", "/out/3"]}],
        parse_results=[
            {
                "filename": "a",
                "data_started": "2015-05-15T10:34:12Z",
                "data_types": ["b"],
                "gis_data_path": "/out/gone.json",
            },
            {"filename": "c"},
        ],
        info=[{"i": 1}],
        errors=["e"],
    )
    findings = check(manifest, sources=["a", "c"])

    assert findings.outputs == [
        MadeOutput("one", False, [plain("/out/1")]),
        MadeOutput("many", True, [plain("/out/2"), plain("/out/3")]),
    ]
    assert findings.parsed == [
        ParsedFile("a", None, ["b"], GeoFacts(datetime(2015, 5, 15, 10, 34, 12, tzinfo=UTC))),
        ParsedFile("c", None, [], GeoFacts()),
    ]
    assert findings.stored() == {
        "version": "1.1",
        "output_data": [
            {"name": "one", "file": {"path": "/out/1"}},
            {"name": "many", "files": [{"path": "/out/2"}, {"path": "/out/3"}]},
        ],
        "parse_results": [
            {
                "filename": "a",
                "data_types": ["b"],
                "geo_metadata": {"data_started": "2015-05-15T10:34:12Z"},
            },
            {"filename": "c", "data_types": [], "geo_metadata": {}},
        ],
        "info": [{"i": 1}],
        "errors": ["e"],
    }
