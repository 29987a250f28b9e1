"""Running a program in a container, by the `docker` command line."""

import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scale.domain.builtin_errors import DOCKER_TASK_LAUNCH
from workers.processes import tree
from workers.processes.program import Exit, Program, start
from workers.processes.workdir import WorkDirectory

#: What `docker run` exits with when the daemon could not start the container.
_NOT_STARTED = 125
_REMOVE_SECONDS = 30


@dataclass(frozen=True)
class ContainerRunner:
    """Starts `docker run` with the execution's directories at the same paths, input read-only."""

    execution_id: int
    worker: str
    image: str
    is_privileged: bool = False
    launch_error: str = DOCKER_TASK_LAUNCH

    @property
    def name(self) -> str:
        """Return the container's name."""
        return f"scale-job-exe-{self.execution_id}"

    def start(self, argv: Sequence[str], directory: WorkDirectory) -> Program:
        """Start the container."""
        return start(
            [
                "docker",
                "run",
                "--rm",
                "--init",
                f"--name={self.name}",
                f"--workdir={directory.output}",
                *(["--privileged"] if self.is_privileged else []),
                *_mounts(directory),
                self.image,
                *argv,
            ],
            execution_id=self.execution_id,
            worker=self.worker,
            cwd=directory.output,
            home=directory.home,
            stdout=directory.stdout,
            stderr=directory.stderr,
        )

    def end(self, program: Program, *, grace_seconds: float) -> bool:
        """End the client, and the container if it outlives it."""
        ended = program.wait(0) is not None
        if not ended:
            subprocess.run(
                ["docker", "rm", "--force", self.name],  # noqa: S607 -- found on PATH, as above
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_REMOVE_SECONDS,
                check=False,
            )
        return tree.end(program, grace_seconds=grace_seconds)

    def has_ended(self, program: Program) -> bool:
        """Say no: asking the daemon takes time."""
        return False

    def launched(self, exit_: Exit) -> bool:
        """Tell whether the container was started."""
        return exit_.code != _NOT_STARTED


def _mounts(directory: WorkDirectory) -> Iterator[str]:
    yield f"--volume={directory.input}:{directory.input}:ro"
    yield f"--volume={directory.output}:{directory.output}"
    for path in directory.input.rglob("*"):
        # Large inputs are links into a workspace, which the container does not see.
        if path.is_symlink():
            yield f"--volume={path.resolve()}:{path.resolve()}:ro"
