"""Running a program directly on the worker."""

from collections.abc import Sequence
from dataclasses import dataclass

from scale.domain.builtin_errors import TASK_LAUNCH
from workers.processes import tree
from workers.processes.program import Exit, Program, start
from workers.processes.workdir import WorkDirectory


@dataclass(frozen=True)
class ProcessRunner:
    """Starts the program itself, in a session of its own, and ends its whole tree."""

    execution_id: int
    worker: str
    launch_error: str = TASK_LAUNCH

    def start(self, argv: Sequence[str], directory: WorkDirectory) -> Program:
        """Start the program in its output directory."""
        return start(
            argv,
            execution_id=self.execution_id,
            worker=self.worker,
            cwd=directory.output,
            home=directory.home,
            stdout=directory.stdout,
            stderr=directory.stderr,
        )

    def end(self, program: Program, *, grace_seconds: float) -> bool:
        """End the program's process tree."""
        return tree.end(program, grace_seconds=grace_seconds)

    def has_ended(self, program: Program) -> bool:
        """Tell, without waiting, whether the whole tree has ended."""
        return tree.has_ended(program)

    def launched(self, exit_: Exit) -> bool:
        """Say yes: had it not been launched, `start` would have raised."""
        return True
