"""What the pipeline asks of a runner."""

from collections.abc import Sequence
from typing import Protocol

from workers.processes.program import Exit, Program
from workers.processes.workdir import WorkDirectory


class Runner(Protocol):
    """Runs an argument vector; the two implementations pass one conformance test."""

    @property
    def launch_error(self) -> str:
        """Return the error when the program cannot be launched at all (contract 4.6)."""

    def start(self, argv: Sequence[str], directory: WorkDirectory) -> Program:
        """Start the program; its output goes to the directory's log files.

        Raises:
            LaunchFailed: it could not be started.
        """

    def end(self, program: Program, *, grace_seconds: float) -> bool:
        """End the program and every process it left; False if one could not be ended."""

    def has_ended(self, program: Program) -> bool:
        """Tell, without waiting, whether nothing of the program is left; False if unsure."""

    def launched(self, exit_: Exit) -> bool:
        """Tell whether the program itself ran, rather than failing to be launched."""
