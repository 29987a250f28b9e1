"""Whatever is wrong in a sound body, it is answered, and what is refused changes nothing."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from scale.models import JobType
from tests.factories import make_job_type, make_workspace
from tests.integration.api.catalogue import INTERFACE, definition, everything, rule
from tests.integration.api.conftest import Api
from tests.integration.api.test_fuzz import FUZZ, JSON, QUERIES, TELLING
from tests.integration.api.uploads import files, unchanged, upload

LISTS = [
    "/job-types/",
    "/job-types/status/",
    "/job-types/running/",
    "/job-types/system-failures/",
    "/recipe-types/",
    "/workspaces/",
    "/sources/",
    "/sources/updates/",
    "/products/",
    "/products/updates/",
    "/errors/",
]
USED = JobType(name="used", version="1.0")
BODIES: dict[str, dict[str, Any]] = {
    "job-types": {
        "name": "new",
        "version": "1.0",
        "title": "New",
        "priority": 5,
        "max_scheduled": 3,
        "timeout": 60,
        "cpus_required": 0.5,
        "is_paused": False,
        "interface": INTERFACE | {"shared_resources": [{"name": "disk", "type": "x"}]},
        "error_mapping": {"version": "1.0", "exit_codes": {"1": "nfs"}},
        "trigger_rule": rule("raw", condition={"media_type": "image/png", "data_types": ["a"]}),
    },
    "recipe-types": {
        "name": "new",
        "version": "1.0",
        "definition": definition(USED)
        | {
            "jobs": [
                *definition(USED)["jobs"],
                {
                    "name": "second",
                    "job_type": {"name": "used", "version": "1.0"},
                    "dependencies": [
                        {"name": "convert", "connections": [{"output": "map", "input": "image"}]}
                    ],
                },
            ]
        },
        "trigger_rule": rule("raw", input_name="scene"),
    },
    "workspaces": {
        "name": "new",
        "base_url": "http://host/",
        "is_active": True,
        "json_config": {"version": "1.0", "broker": {"type": "host", "host_path": "/data"}},
    },
    "errors": {"name": "new", "title": "New", "description": "x", "category": "DATA"},
}


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every part of a document."""
    found = [path]
    if isinstance(value, dict | list):
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, inner in items:
            found += places(inner, (*path, key))
    return found


@st.composite
def spoiled(draw: Any, body: dict[str, Any]) -> Any:
    """Draw a body with some parts replaced, removed or added to."""
    body = copy.deepcopy(body)
    for _ in range(draw(st.integers(1, 2))):
        path = draw(st.sampled_from(places(body)))
        if not path:
            body[draw(st.text(max_size=5) | st.just("order"))] = draw(JSON)
            continue
        parent = body
        for key in path[:-1]:
            parent = parent[key]
        act = draw(st.sampled_from(["replace", "remove", "add"]))
        if act == "replace":
            parent[path[-1]] = draw(JSON | TELLING)
        elif act == "remove":
            del parent[path[-1]]
        elif isinstance(parent[path[-1]], list):
            parent[path[-1]].append(draw(JSON))
        elif isinstance(parent[path[-1]], dict):
            parent[path[-1]][draw(st.text(max_size=5))] = draw(JSON)
    return body


@pytest.fixture
def rows_to_use(db: None) -> None:
    make_workspace(name="raw")
    make_job_type(name="used", version="1.0", interface=INTERFACE)


def check(api: Api, method: str, path: str, body: Any, codes: set[int]) -> None:
    before = everything()
    response = getattr(api, method)(path, json.dumps(body))

    assert response.status_code in {*codes, 400}, response.content
    if response.status_code == 400:
        assert set(response.json()) == {"detail"}
        assert everything() == before
    elif response.status_code == 201:
        assert api.get(response["Location"].removeprefix("http://testserver")).status_code == 200


@pytest.mark.parametrize("noun", BODIES)
def test_sound_body_is_taken(api: Api, rows_to_use: None, noun: str) -> None:
    assert api.post(f"/{noun}/", BODIES[noun]).status_code == 201


@pytest.mark.parametrize("noun", BODIES)
@FUZZ
@given(data=st.data())
def test_any_new_thing_is_answered(
    api: Api, rows_to_use: None, noun: str, data: st.DataObject
) -> None:
    body = data.draw(spoiled(BODIES[noun]))

    if noun != "errors":
        check(api, "post", f"/{noun}/validation/", body, {200})
    check(api, "post", f"/{noun}/", body, {201})


@pytest.fixture
def locations(api: Api, rows_to_use: None) -> dict[str, str]:
    """Make one thing of each kind; return their paths."""
    return {
        noun: api.post(f"/{noun}/", body)["Location"].removeprefix("http://testserver")
        for noun, body in BODIES.items()
    }


@pytest.mark.parametrize("noun", BODIES)
@FUZZ
@given(data=st.data())
def test_any_edit_is_answered(
    api: Api, locations: dict[str, str], noun: str, data: st.DataObject
) -> None:
    check(api, "patch", locations[noun], data.draw(spoiled(BODIES[noun])), {200})


@pytest.mark.parametrize("path", LISTS)
@FUZZ
@given(query=QUERIES)
def test_any_query_of_a_list_is_answered(api: Api, path: str, query: dict[str, list[str]]) -> None:
    response = api.get(path, **query)

    assert response.status_code in {200, 400, 404}
    if response.status_code != 200:
        assert set(response.json()) == {"detail"}


NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=300) | st.sampled_from(
    ["..", "../x", "a/..", "a/../..", "/x", "a//b", "./a", "a\\b", "\u202e", "a\r\nb", "x/"]
)


@FUZZ
@given(name=NAMES, path=st.none() | NAMES, tag=NAMES, existing=st.booleans())
@example(name="a", path="a/b", tag="x", existing=True)
def test_any_source_stays_in_its_workspace(
    api: Api, tmp_path_factory: pytest.TempPathFactory, name: str, path: str | None, tag: str,
    existing: bool,
) -> None:  # fmt: skip
    outside: Path = tmp_path_factory.mktemp("tree")
    root = outside / "root"
    root.mkdir()
    workspace = make_workspace(root)
    if existing:
        (root / "a").write_text("there")
    before = files(outside)

    response = upload(
        api, workspace_id=workspace.pk, file_name=name, file_path=path, data_type=[tag]
    )

    assert response.status_code in {201, 400}, response.content
    new = {key: value for key, value in files(outside).items() if key not in before}
    assert {key: files(outside)[key] for key in before} == before
    assert all(key.startswith("root/") for key in new)
    stored = [value for value in new.values() if value is not None]
    assert stored == ([b"data"] if response.status_code == 201 else [])

    with unchanged(outside):
        registered = api.post(
            "/sources/", json.dumps({"workspace_id": workspace.pk, "file_path": f"../{name}"})
        )
    assert registered.status_code == 400
