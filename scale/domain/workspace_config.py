"""A workspace's configuration: where its files are (contract 3.8)."""

import re
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import AfterValidator

from scale.domain.documents import ClosedDocument, OpenDocument, collect, refuse_unstorable
from scale.errors import InvalidInput

_NFS_PATH = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[^\s:/\[\]]+):/.*")


def _absolute(path: str) -> str:
    if not path.startswith("/"):
        raise ValueError("expected an absolute directory")
    return path


def _nfs(path: str) -> str:
    if _NFS_PATH.fullmatch(path) is None:
        raise ValueError("expected host:/path")
    return path


class _Broker(OpenDocument):
    type: Literal["host", "nfs"]


class _HostBroker(_Broker):
    host_path: Annotated[str, AfterValidator(_absolute)]


class _NfsBroker(_Broker):
    nfs_path: Annotated[str, AfterValidator(_nfs)]


class WorkspaceConfig(ClosedDocument):
    """Where the files of a workspace are."""

    version: Literal["1.0"] = "1.0"
    broker: dict[str, Any]

    @property
    def broker_type(self) -> str:
        """Return `host` or `nfs`."""
        return str(self.broker["type"])

    @property
    def host_path(self) -> str | None:
        """Return the directory of a host workspace."""
        return self.broker["host_path"] if self.broker_type == "host" else None

    @property
    def nfs_path(self) -> str | None:
        """Return the `host:/path` of an NFS workspace."""
        return self.broker["nfs_path"] if self.broker_type == "nfs" else None

    def stored(self) -> dict[str, Any]:
        """Return the document as it is kept."""
        return self.model_dump()


def parse_workspace_config(
    raw: object, *, roots: Iterable[str] = (), path: str = "json_config"
) -> WorkspaceConfig:
    """Read a configuration; a host directory must lie below one of `roots` where there are any.

    Links are not followed: the directory need not exist yet.

    Raises:
        InvalidInput: with every fault.
    """
    refuse_unstorable(raw, path)
    faults: list[str] = []
    config = collect(WorkspaceConfig, raw, path, faults)
    broker = raw.get("broker") if isinstance(raw, dict) else None
    if isinstance(broker, dict):
        faults += _broker_faults(broker, list(roots), f"{path}.broker")
    if config is None or faults:
        raise InvalidInput(faults)
    return config


def _broker_faults(raw: dict[str, Any], roots: list[str], path: str) -> list[str]:
    faults: list[str] = []
    broker = collect(_Broker, raw, path, faults)
    if broker is None:
        return faults
    if broker.type == "nfs":
        collect(_NfsBroker, raw, path, faults)
        return faults
    host = collect(_HostBroker, raw, path, faults)
    if host is not None and roots and not _is_below(host.host_path, roots):
        faults.append(f"{path}.host_path: expected a directory below {' or '.join(roots)}")
    return faults


def _is_below(directory: str, roots: list[str]) -> bool:
    path = PurePosixPath(directory)
    # What ".." leads to depends on links, which are not followed here.
    return ".." not in path.parts and any(PurePosixPath(root) in path.parents for root in roots)
