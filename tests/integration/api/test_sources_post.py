import hashlib
from pathlib import Path
from typing import Any

import pytest

from scale.models import ScaleFile, Workspace
from tests.factories import make_source, make_workspace
from tests.integration.api.catalogue import SOURCE_DETAILS
from tests.integration.api.conftest import Api
from tests.integration.api.shapes import conform
from tests.integration.api.uploads import (
    FORM,
    URL,
    files,
    form,
    part,
    refusal,
    tree,
    unchanged,
    upload,
)

__all__ = ["tree"]


@pytest.fixture
def workspace(db: None, tree: Path) -> Workspace:
    return make_workspace(tree / "root", name="raw", base_url="http://host/raw/")


# ---- uploads


def test_upload_stores_the_file_and_answers_the_source(
    api: Api, workspace: Workspace, tree: Path
) -> None:
    response = upload(api, b"x" * 3_000_000, part_name="scene.h5", workspace_id=workspace.pk)

    body = response.json()
    assert response.status_code == 201
    conform(body, SOURCE_DETAILS)
    assert response["Location"] == f"http://testserver/sources/{body['id']}/"
    assert api.get(f"{URL}{body['id']}/").json() == body
    expected = {
        "workspace": {"id": workspace.pk, "name": "raw"},
        "file_name": "scene.h5",
        "media_type": "image/x-hdf5-image",
        "file_size": 3_000_000,
        "data_type": [],
        "is_deleted": False,
        "is_parsed": False,
        "parsed": None,
        "uuid": hashlib.md5(b"scene.h5", usedforsecurity=False).hexdigest(),
        "url": "http://host/raw/scene.h5",
        "meta_data": {},
        "countries": [],
        "ingests": [],
        "products": [],
    }
    assert body.items() >= expected.items()
    assert files(tree / "root") == {"scene.h5": b"x" * 3_000_000}


def test_upload_takes_what_is_given_over_what_it_would_guess(
    api: Api, workspace: Workspace, tree: Path
) -> None:
    body = upload(
        api,
        part_name="../part.h5",
        workspace_id=workspace.pk,
        file_name="mine.json",
        file_path="2026/./11//kept.bin",
        media_type="text/special",
        data_type=["One tag", "two-2", "One tag"],
    ).json()

    assert body["file_name"] == "mine.json"
    assert body["media_type"] == "text/special"
    assert body["data_type"] == ["One tag", "two-2"]
    assert body["url"] == "http://host/raw/2026/11/kept.bin"
    assert files(tree / "root") == {"2026": None, "2026/11": None, "2026/11/kept.bin": b"data"}


@pytest.mark.parametrize(
    ("name", "media_type"),
    [
        ("a.json", "application/json"),
        ("a.GeoJSON", "application/vnd.geo+json"),
        ("a.ntf", "image/x-nitf-image"),
        ("a.xml", "application/xml"),
        ("a.png", "image/png"),
        ("a", "application/octet-stream"),
        ("a.nothing", "application/octet-stream"),
    ],
)
def test_upload_knows_the_media_type_by_the_extension(
    api: Api, workspace: Workspace, name: str, media_type: str
) -> None:
    body = upload(api, part_name=name, workspace_id=workspace.pk, media_type="").json()

    assert body["media_type"] == media_type


@pytest.mark.parametrize("name", ["ünïcode.txt", "日本.txt", "a b.txt", "a'b&c;.txt", "-rf", "%2e"])
def test_upload_with_an_unusual_name_is_kept_as_it_is(
    api: Api, workspace: Workspace, tree: Path, name: str
) -> None:
    body = upload(api, part_name=name, workspace_id=workspace.pk).json()

    assert body["file_name"] == name
    assert files(tree / "root") == {name: b"data"}
    assert api.get(f"{URL}{body['id']}/").json()["file_name"] == name


def test_upload_of_an_empty_file_is_taken(api: Api, workspace: Workspace, tree: Path) -> None:
    body = upload(api, b"", workspace_id=workspace.pk).json()

    assert body["file_size"] == 0
    assert files(tree / "root") == {"a.txt": b""}


HOSTILE = [
    "../a.txt",
    "/etc/passwd",
    "a/b.txt",
    r"a\\b.txt",
    r"..\\a.txt",
    ".",
    "..",
    "a\tb.txt",
    "a\x7fb.txt",
    "a\x1bb.txt",
    "x" * 256,
    "é" * 128,
    "x" * 251,
]


@pytest.mark.parametrize("name", HOSTILE)
def test_upload_whose_part_has_a_bad_name_is_400(
    api: Api, workspace: Workspace, tree: Path, name: str
) -> None:
    with unchanged(tree):
        response = upload(api, part_name=name, workspace_id=workspace.pk)

    assert refusal(response).startswith("file_name: ")


@pytest.mark.parametrize("name", [*HOSTILE, "", "a\x00b.txt", "a\nb.txt", "a\u2028b\x85.txt"])
def test_upload_with_a_bad_name_is_400(
    api: Api, workspace: Workspace, tree: Path, name: str
) -> None:
    with unchanged(tree):
        response = upload(api, workspace_id=workspace.pk, file_name=name.replace("\\\\", "\\"))

    assert refusal(response).startswith("file_name: ")


PATHS = ["../a.txt", "a/../../a.txt", "/tmp/a.txt", "..", ".", "", "/", "a\x00b", "a/\x01", "a\nb"]
LONG_PATHS = ["x" * 256, "/".join(["d" * 100] * 11)]


@pytest.mark.parametrize("path", [*PATHS, *LONG_PATHS])
def test_upload_to_a_bad_path_is_400(api: Api, workspace: Workspace, tree: Path, path: str) -> None:
    with unchanged(tree):
        response = upload(api, workspace_id=workspace.pk, file_path=path)

    assert refusal(response).startswith("file_path: ")


def test_upload_through_a_link_that_leaves_the_workspace_is_400(
    api: Api, workspace: Workspace, tree: Path
) -> None:
    (tree / "root/out").symlink_to(tree)
    (tree / "root/a.txt").symlink_to(tree / "secret.txt")

    for path in ("out/a.txt", "out/new/a.txt", "a.txt"):
        with unchanged(tree):
            response = upload(api, workspace_id=workspace.pk, file_path=path)

        assert refusal(response).startswith("file_path: ")


@pytest.mark.parametrize("path", ["a.txt", "a.txt/b.txt", "dir"])
def test_upload_over_what_exists_is_400(
    api: Api, workspace: Workspace, tree: Path, path: str
) -> None:
    (tree / "root/a.txt").write_text("old")
    (tree / "root/dir").mkdir()

    with unchanged(tree):
        response = upload(api, workspace_id=workspace.pk, file_path=path)

    assert refusal(response).startswith("file_path: ")


def test_upload_to_the_path_of_a_known_file_that_is_missing_is_400(
    api: Api, workspace: Workspace, tree: Path
) -> None:
    make_source(workspace, file_name="other", file_path="a.txt")

    with unchanged(tree):
        response = upload(api, workspace_id=workspace.pk)

    assert refusal(response).startswith("file_path: ")


def test_upload_with_the_name_of_a_source_is_400(
    api: Api, workspace: Workspace, tree: Path
) -> None:
    make_source(make_workspace(), file_name="a.txt")

    with unchanged(tree):
        response = upload(api, workspace_id=workspace.pk)

    assert refusal(response).startswith("file_name: ")


def test_upload_with_the_name_of_a_deleted_source_is_taken(api: Api, workspace: Workspace) -> None:
    make_source(workspace, file_name="a.txt", is_deleted=True)

    assert upload(api, workspace_id=workspace.pk).status_code == 201


def test_upload_whose_row_is_refused_after_all_leaves_no_file(
    api: Api, workspace: Workspace, tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_source(make_workspace(), file_name="a.txt")
    # As when the other source comes in while the file is being copied.
    monkeypatch.setattr("scale.services.sources.find_taken", lambda **_: [])

    with unchanged(tree):
        response = upload(api, workspace_id=workspace.pk)

    assert refusal(response).startswith("file_name: ")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"workspace_id": None}, "workspace_id"),
        ({"workspace_id": "x"}, "workspace_id"),
        ({"workspace_id": 999999}, "workspace_id"),
        ({"workspace_id": 2**70}, "workspace_id"),
        ({"data_type": ["fine", "not/fine"]}, "data_type[1]"),
        ({"data_type": ["é"]}, "data_type[0]"),
        ({"data_type": [""]}, "data_type[0]"),
        ({"data_type": ["x" * 251]}, "data_type[0]"),
        ({"media_type": "x" * 251}, "media_type"),
        ({"media_type": "\x00"}, "media_type"),
    ],
)
def test_upload_with_a_bad_field_is_400(
    api: Api, workspace: Workspace, tree: Path, fields: dict[str, Any], field: str
) -> None:
    with unchanged(tree):
        response = upload(api, **{"workspace_id": workspace.pk, **fields})

    assert refusal(response).startswith(f"{field}: ")


def test_upload_tells_all_faults_at_once(api: Api, tree: Path) -> None:
    fields: dict[str, Any] = {
        "workspace_id": 999999,
        "file_name": "a/b",
        "file_path": "../x",
        "data_type": ["!", "?"],
    }

    detail = refusal(upload(api, **fields))

    for name in ("workspace_id", "file_name", "file_path", "data_type[0]", "data_type[1]"):
        assert f"{name}: " in detail


def test_upload_to_an_inactive_workspace_is_400(api: Api, tree: Path) -> None:
    workspace = make_workspace(tree / "root", is_active=False)

    with unchanged(tree):
        assert refusal(upload(api, workspace_id=workspace.pk)).startswith("workspace_id: ")


def test_upload_to_a_workspace_that_is_not_mounted_is_400(api: Api, tree: Path) -> None:
    workspace = make_workspace(tree / "root")
    workspace.json_config = {"broker": {"type": "nfs", "nfs_path": "nowhere:/raw"}}
    workspace.save(update_fields=["json_config"])

    with unchanged(tree):
        detail = refusal(upload(api, workspace_id=workspace.pk))

    assert detail.startswith("workspace_id: ")
    assert "not mounted" in detail


def test_upload_to_a_workspace_that_cannot_hold_files_is_400(api: Api, tree: Path) -> None:
    workspace = make_workspace("/proc/nothing")

    with unchanged(tree):
        refusal(upload(api, workspace_id=workspace.pk))


@pytest.mark.parametrize(
    "body",
    [
        form(part("workspace_id", "1")),
        form(part("workspace_id", "1"), part("file", "no file")),
    ],
)
def test_upload_without_a_file_is_400(
    api: Api, workspace: Workspace, tree: Path, body: bytes
) -> None:
    with unchanged(tree):
        response = api.post(URL, body, content_type=FORM)

    assert "file: " in refusal(response)


@pytest.mark.parametrize("content_type", ["multipart/form-data", FORM])
@pytest.mark.parametrize("body", [b"", b"nonsense", b"--boundary\r\nx"])
def test_upload_that_is_no_form_is_400(
    api: Api, workspace: Workspace, tree: Path, body: bytes, content_type: str
) -> None:
    with unchanged(tree):
        refusal(api.post(URL, body, content_type=content_type))


def test_upload_beyond_the_limit_is_413(
    api: Api, workspace: Workspace, tree: Path, settings: Any
) -> None:
    settings.MAX_UPLOAD_BYTES = 1000

    with unchanged(tree):
        response = upload(api, b"x" * 1001, workspace_id=workspace.pk)

    assert response.status_code == 413
    assert set(response.json()) == {"detail"}


def test_upload_with_fields_beyond_the_limit_is_413(
    api: Api, workspace: Workspace, tree: Path, settings: Any
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000

    with unchanged(tree):
        response = upload(api, workspace_id=workspace.pk, media_type="x" * 2000)

    assert response.status_code == 413


# ---- files that lie there already


def register(api: Api, workspace: Workspace, path: Any = "in/a.png", **fields: Any) -> Any:
    return api.post(URL, {"workspace_id": workspace.pk, "file_path": path, **fields})


@pytest.fixture
def lying(tree: Path) -> Path:
    (tree / "root/in").mkdir()
    (tree / "root/in/a.png").write_bytes(b"pixels")
    return tree


def test_register_makes_a_source_of_a_file(api: Api, workspace: Workspace, lying: Path) -> None:
    response = register(api, workspace, data_type=["one", "two"])

    body = response.json()
    assert response.status_code == 201
    conform(body, SOURCE_DETAILS)
    assert response["Location"] == f"http://testserver/sources/{body['id']}/"
    assert (body["file_name"], body["file_size"]) == ("a.png", 6)
    assert (body["media_type"], body["data_type"]) == ("image/png", ["one", "two"])
    assert body["url"] == "http://host/raw/in/a.png"
    assert (lying / "root/in/a.png").read_bytes() == b"pixels"


def test_register_follows_a_link_inside_the_workspace(
    api: Api, workspace: Workspace, lying: Path
) -> None:
    (lying / "root/link.png").symlink_to("in/a.png")

    assert register(api, workspace, "link.png").json()["file_size"] == 6


def test_register_of_a_deleted_source_s_file_is_taken(
    api: Api, workspace: Workspace, lying: Path
) -> None:
    first = register(api, workspace).json()
    ScaleFile.objects.filter(pk=first["id"]).update(is_deleted=True)

    second = register(api, workspace).json()

    assert second["id"] != first["id"]
    assert second["uuid"] == first["uuid"]


@pytest.mark.parametrize(
    "path", [None, 5, ["a"], *PATHS, *LONG_PATHS, "in", "in/b.png", "in/a.png/x"]
)
def test_register_of_a_bad_path_is_400(
    api: Api, workspace: Workspace, lying: Path, path: Any
) -> None:
    with unchanged(lying):
        assert "file_path: " in refusal(register(api, workspace, path))


def test_register_through_a_link_that_leaves_the_workspace_is_400(
    api: Api, workspace: Workspace, lying: Path
) -> None:
    (lying / "root/out").symlink_to(lying)
    (lying / "root/b.txt").symlink_to("../secret.txt")
    (lying / "root/loop").symlink_to("loop")

    for path in ("out/secret.txt", "b.txt", "loop"):
        with unchanged(lying):
            assert refusal(register(api, workspace, path)).startswith("file_path: ")


def test_register_of_a_name_or_path_that_is_taken_is_400(
    api: Api, workspace: Workspace, lying: Path
) -> None:
    register(api, workspace)

    with unchanged(lying):
        detail = refusal(register(api, workspace, "./in//a.png"))

    assert "file_name: " in detail
    assert "file_path: " in detail


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"workspace_id": None}, "workspace_id"),
        ({"workspace_id": True}, "workspace_id"),
        ({"workspace_id": 999999}, "workspace_id"),
        ({"data_type": "one"}, "data_type"),
        ({"data_type": [1]}, "data_type[0]"),
        ({"data_type": ["a/b"]}, "data_type[0]"),
        ({"media_type": 5}, "media_type"),
    ],
)
def test_register_with_a_bad_field_is_400(
    api: Api, workspace: Workspace, lying: Path, fields: dict[str, Any], field: str
) -> None:
    with unchanged(lying):
        assert refusal(register(api, workspace, **fields)).startswith(f"{field}: ")


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_post_of_another_media_type_is_415(api: Api, content_type: str) -> None:
    assert api.post(URL, "workspace_id=1", content_type=content_type).status_code == 415


def test_forms_are_taken_nowhere_else(api: Api) -> None:
    body = form(part("name", "x"))

    assert api.post("/workspaces/", body, content_type=FORM).status_code == 415
