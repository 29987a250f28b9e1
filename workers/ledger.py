"""What an execution puts into workspaces, written down before it does.

Its files are kept if it completes and removed if it does not; for a file that it moved it is the
other way round. If the worker is killed in between, the next one on this host settles what the
ledger says (`workers.remains`); it lies beside the execution's directory, not in it, where its
program might mistake it for its own.
"""

import json
import os
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from scale.models import Workspace
from scale.selectors.files import list_workspaces_by_id
from scale.storage import is_taken, remove_file, store_file

_SUFFIX = ".ledger"


@dataclass(frozen=True)
class _Entry:
    workspace_id: int
    path: str
    #: Made by the execution; otherwise replaced by it.
    is_new: bool


class Ledger:
    """The files in workspaces that depend on how one execution ends."""

    def __init__(self, path: Path, entries: Iterable[_Entry] = ()) -> None:
        self._path = path
        self._entries = list(entries)

    @classmethod
    def of(cls, directory: Path, execution_id: int) -> Self:
        """Return the empty ledger of an execution in its worker's directory."""
        return cls(directory / f"{execution_id}{_SUFFIX}")

    @classmethod
    def read_all(cls, directory: Path) -> dict[int, Self]:
        """Return the ledgers that are left in a worker's directory, by execution."""
        return {
            int(path.stem): cls(path, (_Entry(**item) for item in json.loads(path.read_bytes())))
            for path in directory.glob(f"*{_SUFFIX}")
        }

    def store(self, workspace: Workspace, path: str, source: Path) -> int:
        """Copy a file into a workspace, to stay if the execution completes; return its size.

        Raises:
            FileExistsError: the path is taken; what is there stays, however this ends.
            InvalidInput: the path, or a link on it, leaves the workspace.
            OSError: it cannot be stored.
        """
        if is_taken(workspace, path):
            raise FileExistsError(f"'{path}' exists in workspace '{workspace.name}'.")
        partial = str(Path(path).with_name(f".scale-{secrets.token_hex(8)}"))
        entry = _Entry(workspace.pk, path, is_new=True)
        self._write([*self._entries, _Entry(workspace.pk, partial, is_new=True), entry])
        try:
            return store_file(workspace, path, source, partial_name=Path(partial).name)
        except FileExistsError:
            self._write([one for one in self._entries if one != entry])
            raise

    def replace(self, workspace: Workspace, path: str) -> None:
        """Have a file go if the execution completes: what it made stands in its place."""
        self._write([*self._entries, _Entry(workspace.pk, path, is_new=False)])

    def settle(self, *, is_kept: bool) -> None:
        """Remove the files that have to go, and the ledger; safe to call again.

        Raises:
            DatabaseError: it cannot be told where the workspaces are.
            OSError: a file cannot be removed.
        """
        if not self._entries:
            return
        gone = [entry for entry in self._entries if entry.is_new != is_kept]
        workspaces = {w.pk: w for w in list_workspaces_by_id({e.workspace_id for e in gone})}
        for entry in gone:
            remove_file(workspaces[entry.workspace_id], entry.path)
        self._entries = []
        self._path.unlink(missing_ok=True)

    def _write(self, entries: list[_Entry]) -> None:
        new = self._path.with_suffix(".new")
        with new.open("w") as file:
            json.dump([asdict(entry) for entry in entries], file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self._path)
        self._entries = entries
