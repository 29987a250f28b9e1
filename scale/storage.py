"""The files of workspaces, on the file systems of the hosts that use them.

Nothing here opens a transaction or trusts a path: whatever `..` and links lead to, what is read,
stored or removed lies below its workspace's directory, and storing never overwrites.
"""

import os
import re
import secrets
import shutil
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import IO

from django.core.files.storage import FileSystemStorage

from scale.conf import conf
from scale.domain.file_names import check_relative_path
from scale.domain.workspace_config import WorkspaceConfig
from scale.errors import InvalidInput
from scale.models import Workspace

MOUNTS = Path("/proc/mounts")
_COPY_BYTES = 1024 * 1024
_OCTAL = re.compile(r"\\([0-7]{3})")


class NotMounted(OSError):
    """The network file system of a workspace is not mounted on this host."""


def workspace_root(workspace: Workspace) -> Path:
    """Return the directory of a workspace on this host, with all links followed.

    Raises:
        NotMounted: it is an NFS workspace and not mounted here.
        PermissionError: a link leads out of the directories that may hold workspaces.
    """
    config = WorkspaceConfig.model_validate(workspace.json_config)
    if config.nfs_path is not None:
        root = Path(os.path.realpath(_mount_point(config.nfs_path)))
    else:
        root = Path(os.path.realpath(str(config.host_path)))
        allowed = [os.path.realpath(path) for path in conf().workspace_roots]
        if allowed and not any(root.is_relative_to(path) for path in allowed):
            raise PermissionError(f"Workspace '{workspace.name}' lies outside of all its roots.")
    return root


def resolve_in_workspace(workspace: Workspace, file_path: str) -> Path:
    """Return where a workspace's file lies on this host, with all links followed.

    Raises:
        InvalidInput: the path, or a link on it, leaves the workspace.
        NotMounted: the workspace is not mounted here.
    """
    entry, root = _entry(workspace, file_path)
    path = Path(os.path.realpath(entry))
    _require_inside(path, root)
    return path


def is_taken(workspace: Workspace, file_path: str) -> bool:
    """Tell whether there is something at a path of a workspace.

    Raises:
        InvalidInput: the path, or a link on it, leaves the workspace.
        NotMounted: the workspace is not mounted here.
    """
    return os.path.lexists(_entry(workspace, file_path)[0])


def store_file(
    workspace: Workspace,
    file_path: str,
    source: Path | IO[bytes],
    *,
    partial_name: str | None = None,
) -> int:
    """Copy a file into a workspace, whole or not at all, and return its size in bytes.

    The content is on the disk when this returns. Until it is whole it lies beside its place, under
    `partial_name` if one is given.

    Raises:
        FileExistsError: the path is taken; nothing is ever overwritten.
        InvalidInput: the path, or a link on it, leaves the workspace.
        OSError: it cannot be stored.
    """
    target, _ = _entry(workspace, file_path)
    target.parent.mkdir(parents=True, exist_ok=True)
    if os.path.lexists(target):
        raise FileExistsError(f"'{file_path}' exists in workspace '{workspace.name}'.")
    partial = target.with_name(partial_name or f".scale-{secrets.token_hex(8)}")
    try:
        with partial.open("xb") as copy:
            size = _copy(source, copy)
            copy.flush()
            os.fsync(copy.fileno())
        # Unlike a rename, a link is refused when the name is taken meanwhile.
        os.link(partial, target, follow_symlinks=False)
    finally:
        partial.unlink(missing_ok=True)
    _sync_directory(target.parent)
    return size


def remove_file(workspace: Workspace, file_path: str) -> None:
    """Remove a file from a workspace, if it is there; of a link the link only.

    Raises:
        InvalidInput: the path, or a link on it, leaves the workspace.
        OSError: it cannot be removed.
    """
    entry, _ = _entry(workspace, file_path)
    with suppress(FileNotFoundError, NotADirectoryError):
        entry.unlink()


def _entry(workspace: Workspace, file_path: str) -> tuple[Path, Path]:
    """Return the directory entry that a path names, its own links unfollowed, and the root."""
    root = workspace_root(workspace)
    joined = Path(FileSystemStorage(root).path(check_relative_path(file_path)))
    parent = Path(os.path.realpath(joined.parent))
    _require_inside(parent, root)
    return parent / joined.name, root


def _require_inside(path: Path, root: Path) -> None:
    if not path.is_relative_to(root):
        raise InvalidInput("file_path: expected a path that stays in the workspace")


def _copy(source: Path | IO[bytes], copy: IO[bytes]) -> int:
    if isinstance(source, Path):
        with source.open("rb") as original:
            return _copy(original, copy)
    shutil.copyfileobj(source, copy, _COPY_BYTES)
    return copy.tell()


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _mount_point(nfs_path: str) -> Path:
    """Return where an NFS path, or the longest part of it that is mounted, appears here."""
    server, _, wanted = nfs_path.partition(":/")
    found = [
        (len(exported), Path(point) / os.path.relpath(f"/{wanted}", f"/{exported}"))
        for device, point in _nfs_mounts()
        for host, _, exported in [device.partition(":/")]
        if host == server and Path(f"/{wanted}").is_relative_to(f"/{exported}")
    ]
    if not found:
        raise NotMounted(f"'{nfs_path}' is not mounted on this host.")
    return max(found)[1]


def _nfs_mounts() -> Iterable[tuple[str, str]]:
    for line in MOUNTS.read_text().splitlines():
        device, point, kind, *_ = line.split(" ")
        if kind in {"nfs", "nfs4"}:
            yield _unescaped(device), _unescaped(point)


def _unescaped(text: str) -> str:
    def character(match: re.Match[str]) -> str:
        return chr(int(match[1], 8))

    return _OCTAL.sub(character, text)
