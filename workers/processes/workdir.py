"""The private directories of executions."""

import shutil
from pathlib import Path
from types import TracebackType
from typing import Self


class WorkDirectory:
    """One execution's directory, removed when the block that uses it ends."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.input = root / "input"
        self.output = root / "output"
        self.home = root / "home"
        self.stdout = root / "stdout"
        self.stderr = root / "stderr"

    @classmethod
    def make(cls, parent: Path, execution_id: int) -> "WorkDirectory":
        """Make the directory of an execution, anew and empty."""
        directory = cls(parent / str(execution_id))
        directory.remove()
        for path in (directory.root, directory.input, directory.output, directory.home):
            path.mkdir(mode=0o700)
        return directory

    def seal_input(self) -> None:
        """Make the input read-only, except for root."""
        self.input.chmod(0o500)

    def remove(self) -> None:
        """Remove the directory with all that is in it."""
        shutil.rmtree(self.root, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove()
