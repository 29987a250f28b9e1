from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.factories import make_workspace
from tests.integration.api.catalogue import WARNINGS, WORKSPACE, WORKSPACE_DETAILS, everything
from tests.integration.api.conftest import Api
from tests.integration.api.shapes import conform, page_of

URL = "/workspaces/"
CONFIG = {"version": "1.0", "broker": {"type": "host", "host_path": "/data/raw"}}
NFS = {"version": "1.0", "broker": {"type": "nfs", "nfs_path": "host:/raw"}}
NEW = {
    "name": "raw",
    "title": "Raw",
    "description": "As they came.",
    "base_url": "http://host/raw",
    "json_config": CONFIG,
}


def test_workspaces_list_is_by_name_without_configuration(api: Api) -> None:
    make_workspace(name="b")
    make_workspace(name="a")

    body = api.get(URL).json()

    conform(body, page_of(WORKSPACE))
    assert [row["name"] for row in body["results"]] == ["a", "b"]


def test_workspaces_list_is_filtered_by_several_names(api: Api) -> None:
    for name in "abc":
        make_workspace(name=name)

    body = api.get(URL, name=["a", "c"], order="-name").json()

    assert [row["name"] for row in body["results"]] == ["c", "a"]


def test_create_workspace_answers_it_with_location(api: Api) -> None:
    response = api.post(URL, NEW)

    body = response.json()
    assert response.status_code == 201
    conform(body, WORKSPACE_DETAILS)
    assert body.items() >= NEW.items()
    assert body["is_active"] is True
    assert body["archived"] is None
    assert body["used_size"] is body["total_size"] is None
    assert response["Location"] == f"http://testserver/workspaces/{body['id']}/"
    assert api.get(f"{URL}{body['id']}/").json() == body


def test_create_workspace_fills_in_the_version_and_keeps_other_broker_keys(api: Api) -> None:
    broker = {"type": "host", "host_path": "/data", "colour": "red"}

    body = api.post(URL, {"name": "raw", "json_config": {"broker": broker}}).json()

    assert body["json_config"] == {"version": "1.0", "broker": broker}
    assert body["title"] is body["description"] is body["base_url"] is None


def test_create_inactive_workspace_is_archived(api: Api) -> None:
    body = api.post(URL, NEW | {"is_active": False}).json()

    assert body["is_active"] is False
    assert body["archived"] == body["created"]


BAD = [
    ({"name": None}, "name"),
    ({"name": ""}, "name"),
    ({"name": "x" * 51}, "name"),
    ({"name": "taken"}, "name"),
    ({"title": "x" * 51}, "title"),
    ({"title": 1}, "title"),
    ({"description": "x" * 501}, "description"),
    ({"is_active": "maybe"}, "is_active"),
    ({"json_config": None}, "json_config"),
    ({"json_config": []}, "json_config"),
    ({"json_config": {}}, "json_config.broker"),
    ({"json_config": CONFIG | {"version": "2.0"}}, "json_config.version"),
    ({"json_config": CONFIG | {"x": 1}}, "json_config.x"),
    ({"json_config": {"broker": {"type": "s3"}}}, "json_config.broker.type"),
    ({"json_config": {"broker": {"type": "host"}}}, "json_config.broker.host_path"),
    (
        {"json_config": {"broker": {"type": "host", "host_path": ""}}},
        "json_config.broker.host_path",
    ),
    (
        {"json_config": {"broker": {"type": "host", "host_path": "data"}}},
        "json_config.broker.host_path",
    ),
    ({"json_config": {"broker": {"type": "nfs"}}}, "json_config.broker.nfs_path"),
    ({"json_config": {"broker": {"type": "nfs", "nfs_path": "x"}}}, "json_config.broker.nfs_path"),
]


@pytest.mark.parametrize(("change", "field"), BAD)
def test_create_workspace_refused_names_the_field_and_changes_nothing(
    api: Api, change: dict[str, Any], field: str
) -> None:
    make_workspace(name="taken")
    before = everything()

    response = api.post(URL, NEW | change)

    assert response.status_code == 400
    assert response.json()["detail"].startswith(f"{field}: ")
    assert everything() == before


@pytest.mark.parametrize(("path", "code"), [("/data/a", 201), ("/data", 400), ("/data/../x", 400)])
def test_create_workspace_must_lie_below_a_configured_root(
    api: Api, settings: Any, path: str, code: int
) -> None:
    settings.SCALE = replace(settings.SCALE, workspace_roots=(Path("/data"),))
    config = {"broker": {"type": "host", "host_path": path}}

    assert api.post(URL, {"name": "raw", "json_config": config}).status_code == code


def test_edit_workspace_changes_what_is_given(api: Api) -> None:
    workspace = api.post(URL, NEW).json()
    changes = {"title": "New", "description": "Other", "base_url": "x", "json_config": NFS}

    response = api.patch(f"{URL}{workspace['id']}/", changes)

    body = response.json()
    assert response.status_code == 200
    conform(body, WORKSPACE_DETAILS)
    assert body == workspace | changes | {"last_modified": body["last_modified"]}
    assert api.get(f"{URL}{workspace['id']}/").json() == body


def test_edit_workspace_keeps_old_values_for_empty_ones_and_ignores_its_name(api: Api) -> None:
    workspace = api.post(URL, NEW).json()
    changes = {"title": "", "description": None, "base_url": "", "name": "x", "archived": "y"}

    body = api.patch(f"{URL}{workspace['id']}/", changes).json()

    assert body | {"last_modified": workspace["last_modified"]} == workspace


def test_edit_workspace_archives_and_brings_back(api: Api) -> None:
    workspace_id = api.post(URL, NEW).json()["id"]
    url = f"{URL}{workspace_id}/"

    archived = api.patch(url, {"is_active": False}).json()
    again = api.patch(url, {"is_active": False}).json()
    back = api.patch(url, {"is_active": True}).json()

    assert archived["is_active"] is False
    assert archived["archived"] == archived["last_modified"] == again["archived"]
    assert (back["is_active"], back["archived"]) == (True, None)


@pytest.mark.parametrize(("change", "field"), BAD[4:7] + BAD[9:])
def test_edit_workspace_refused_changes_nothing(
    api: Api, change: dict[str, Any], field: str
) -> None:
    workspace_id = api.post(URL, NEW).json()["id"]
    before = everything()

    response = api.patch(f"{URL}{workspace_id}/", change)

    assert response.status_code == 400
    assert response.json()["detail"].startswith(f"{field}: ")
    assert everything() == before


def test_unknown_workspace_is_404(api: Api) -> None:
    assert api.get(f"{URL}999999/").status_code == 404
    assert api.patch(f"{URL}999999/", {"title": "x"}).status_code == 404


@pytest.mark.parametrize(
    ("name", "config", "ids"),
    [("raw", CONFIG, []), ("raw", NFS, ["broker_type"]), ("other", NFS, [])],
)
def test_validate_workspace_warns_of_another_broker_and_stores_nothing(
    api: Api, name: str, config: dict[str, Any], ids: list[str]
) -> None:
    api.post(URL, NEW)
    before = everything()

    response = api.post(f"{URL}validation/", {"name": name, "json_config": config})

    assert response.status_code == 200
    conform(response.json(), WARNINGS)
    assert [warning["id"] for warning in response.json()["warnings"]] == ids
    assert everything() == before


def test_validate_workspace_refuses_as_making_one_does(api: Api) -> None:
    response = api.post(f"{URL}validation/", {"name": "x", "json_config": {}})

    assert response.status_code == 400
    assert response.json()["detail"].startswith("json_config.broker: ")
