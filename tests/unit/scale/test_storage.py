import io
import os
from pathlib import Path
from typing import Any

import pytest

from scale import storage
from scale.conf import Conf
from scale.errors import InvalidInput
from scale.models import Workspace
from scale.storage import (
    NotMounted,
    remove_file,
    resolve_in_workspace,
    store_file,
    workspace_root,
)


def host_workspace(root: Path) -> Workspace:
    return Workspace(name="w", json_config={"broker": {"type": "host", "host_path": str(root)}})


def nfs_workspace(nfs_path: str) -> Workspace:
    return Workspace(name="w", json_config={"broker": {"type": "nfs", "nfs_path": nfs_path}})


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    directory = tmp_path / "root"
    directory.mkdir()
    return directory


@pytest.fixture
def workspace(root: Path) -> Workspace:
    return host_workspace(root)


def mounts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str) -> None:
    table = tmp_path / "mounts"
    table.write_text(text)
    monkeypatch.setattr(storage, "MOUNTS", table)


def test_store_file_from_stream_writes_all_and_returns_size(
    workspace: Workspace, root: Path
) -> None:
    size = store_file(workspace, "a/b/ü.bin", io.BytesIO(b"x" * 3_000_000))

    assert size == 3_000_000
    assert (root / "a/b/ü.bin").read_bytes() == b"x" * 3_000_000
    assert names(root / "a/b") == ["ü.bin"]


def test_store_file_from_path_copies(workspace: Workspace, root: Path, tmp_path: Path) -> None:
    (tmp_path / "made").write_bytes(b"data")

    assert store_file(workspace, "kept", tmp_path / "made") == 4

    assert (tmp_path / "made").read_bytes() == b"data"
    assert not (root / "kept").samefile(tmp_path / "made")


def test_store_file_makes_the_root_of_a_new_workspace(tmp_path: Path) -> None:
    store_file(host_workspace(tmp_path / "new/root"), "f", io.BytesIO(b""))

    assert (tmp_path / "new/root/f").read_bytes() == b""


@pytest.mark.parametrize("kind", ["file", "directory", "dangling link"])
def test_store_file_on_taken_path_changes_nothing(
    workspace: Workspace, root: Path, kind: str
) -> None:
    if kind == "file":
        (root / "f").write_bytes(b"old")
    elif kind == "directory":
        (root / "f").mkdir()
    else:
        (root / "f").symlink_to("nowhere")
    before = os.lstat(root / "f")

    with pytest.raises(FileExistsError):
        store_file(workspace, "f", io.BytesIO(b"new"))

    assert os.lstat(root / "f") == before
    assert names(root) == ["f"]


def test_store_file_taken_while_copying_is_refused(workspace: Workspace, root: Path) -> None:
    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            (root / "f").write_bytes(b"first")
            return super().read(size)

    with pytest.raises(FileExistsError):
        store_file(workspace, "f", Slow(b"second"))

    assert (root / "f").read_bytes() == b"first"
    assert names(root) == ["f"]


def test_store_file_of_broken_stream_leaves_nothing(workspace: Workspace, root: Path) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        store_file(workspace, "f", Broken(b""))

    assert names(root) == []


@pytest.mark.parametrize("path", ["../f", "a/../../f", "/etc/passwd", "", ".", "a\0b", "a\nb"])
def test_path_that_is_not_below_the_root_is_refused(
    workspace: Workspace, tmp_path: Path, path: str
) -> None:
    (tmp_path / "f").write_bytes(b"secret")

    for action in (resolve_in_workspace, remove_file):
        with pytest.raises(InvalidInput):
            action(workspace, path)
    with pytest.raises(InvalidInput):
        store_file(workspace, path, io.BytesIO(b""))

    assert (tmp_path / "f").read_bytes() == b"secret"


def test_link_that_leaves_the_root_is_refused(
    workspace: Workspace, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/f").write_bytes(b"secret")
    (root / "directory").symlink_to(tmp_path / "outside")
    (root / "file").symlink_to("../outside/f")

    for path in ("directory/f", "file", "directory/new"):
        with pytest.raises(InvalidInput):
            resolve_in_workspace(workspace, path)
    with pytest.raises(InvalidInput):
        store_file(workspace, "directory/new/deep", io.BytesIO(b""))
    with pytest.raises(InvalidInput):
        remove_file(workspace, "directory/f")

    assert names(tmp_path / "outside") == ["f"]


def test_directory_whose_name_begins_like_the_root_is_outside(
    workspace: Workspace, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "root-2").mkdir()
    (root / "link").symlink_to(tmp_path / "root-2")

    with pytest.raises(InvalidInput):
        resolve_in_workspace(workspace, "link/f")


def test_link_inside_the_root_is_followed(workspace: Workspace, root: Path) -> None:
    (root / "real").mkdir()
    (root / "real/f").write_bytes(b"data")
    (root / "link").symlink_to("real")

    assert resolve_in_workspace(workspace, "link/f") == (root / "real/f").resolve()


def test_root_that_is_itself_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")

    assert resolve_in_workspace(host_workspace(tmp_path / "link"), "f") == tmp_path / "real/f"


def test_remove_file_removes_a_link_not_its_target(workspace: Workspace, root: Path) -> None:
    (root / "f").write_bytes(b"data")
    (root / "link").symlink_to("f")

    remove_file(workspace, "link")

    assert names(root) == ["f"]


def test_remove_file_that_is_gone_is_no_fault(workspace: Workspace, root: Path) -> None:
    (root / "f").write_bytes(b"")

    remove_file(workspace, "f")
    remove_file(workspace, "f")
    remove_file(workspace, "no/such/f")

    assert names(root) == []


def test_root_that_a_link_leads_out_of_the_allowed_ones_is_refused(
    settings: Any, tmp_path: Path
) -> None:
    (tmp_path / "allowed").mkdir()
    (tmp_path / "allowed/link").symlink_to(tmp_path)
    settings.SCALE = Conf(workspace_roots=(tmp_path / "allowed",))

    assert workspace_root(host_workspace(tmp_path / "allowed/x")) == tmp_path / "allowed/x"
    with pytest.raises(PermissionError):
        workspace_root(host_workspace(tmp_path / "allowed/link/y"))


@pytest.mark.parametrize(
    ("nfs_path", "expected"),
    [
        ("host:/export", "/mnt/a b"),
        ("host:/export/", "/mnt/a b"),
        ("host:/export/deep/er", "/mnt/a b/deep/er"),
        ("host:/export/inner/x", "/mnt/inner/x"),
        ("[fe80::1]:/", "/mnt/six"),
        ("[fe80::1]:/x", "/mnt/six/x"),
    ],
)
def test_workspace_root_of_nfs_is_where_it_is_mounted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, nfs_path: str, expected: str
) -> None:
    mounts(
        monkeypatch,
        tmp_path,
        "host:/export /mnt/a\\040b nfs4 rw 0 0\n"
        "host:/export/inner /mnt/inner nfs rw 0 0\n"
        "[fe80::1]:/ /mnt/six nfs4 rw 0 0\n",
    )

    assert workspace_root(nfs_workspace(nfs_path)) == Path(expected)


@pytest.mark.parametrize("nfs_path", ["host:/exp", "other:/export", "host:/exporter", "disk:/x"])
def test_workspace_root_of_nfs_that_is_not_mounted_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, nfs_path: str
) -> None:
    mounts(monkeypatch, tmp_path, "host:/export /mnt/a nfs4 rw 0 0\ndisk:/x /mnt/x ext4 rw 0 0\n")

    with pytest.raises(NotMounted, match=nfs_path):
        workspace_root(nfs_workspace(nfs_path))
