"""Start a program from an argument vector, without a shell, and learn how it ended."""

import os
import select
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from workers.processes.ending import family
from workers.processes.marks import EXECUTION_VARIABLE, WORKER_VARIABLE, mark_for, marked
from workers.processes.procfs import ticks_since_boot

_OUTPUT_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class LaunchFailed(Exception):
    """The program could not be started at all."""


class Exit(NamedTuple):
    """How a program ended: with a code or, killed, without one."""

    code: int | None
    signal: int | None


class Program:
    """A started program, the leader of its own session.

    Until `close` it is not reaped, so its PID, also the number of its session, means nothing else.
    """

    def __init__(
        self, popen: "subprocess.Popen[bytes]", execution_id: int, worker: str, start: int
    ) -> None:
        self.pid = popen.pid
        self.execution_id = execution_id
        self.worker = worker
        self.mark = mark_for(execution_id, worker)
        #: Clock ticks since boot, as in `Stat.start`; what is older does not descend from it.
        self.start = start
        self._popen = popen
        self._pidfd = os.pidfd_open(popen.pid)
        self._exit: Exit | None = None

    def fileno(self) -> int:
        """Return a descriptor that can be read from when the program has ended."""
        return self._pidfd

    def wait(self, timeout_seconds: float | None = None) -> Exit | None:
        """Return how the program ended, or None when the time is over before."""
        if self._exit is None:
            poll = select.poll()
            poll.register(self._pidfd, select.POLLIN)
            if poll.poll(None if timeout_seconds is None else timeout_seconds * 1000):
                # Not while all is being ended, by `lifeline`: it would look like its own end.
                with family:
                    self._exit = self._read_exit()
        return self._exit

    def close(self) -> None:
        """Reap the program; called when its tree has ended, and by then it has ended itself."""
        running.pop(self.pid, None)
        self._popen.poll()
        os.close(self._pidfd)

    def _read_exit(self) -> Exit:
        status = os.waitid(os.P_PIDFD, self._pidfd, os.WEXITED | os.WNOWAIT)
        if status is None:
            raise ChildProcessError(f"program {self.pid} was reaped by someone else")
        if status.si_code == os.CLD_EXITED:
            return Exit(status.si_status, None)
        return Exit(None, status.si_status)


#: The programs that are started and not closed, by PID.
running: dict[int, Program] = {}


def start(
    argv: Sequence[str],
    *,
    execution_id: int,
    worker: str,
    cwd: Path,
    home: Path,
    stdout: Path,
    stderr: Path,
) -> Program:
    """Start a program that inherits nothing of this process but its user, its PATH and its limits.

    Its output is appended to the two files, which only this user may read.

    Raises:
        LaunchFailed: there is no such program, it is not executable, its arguments are too long, …
        OSError: the output files could not be made.
    """
    environment = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "HOME": str(home),
        "TMPDIR": str(home),
        EXECUTION_VARIABLE: str(execution_id),
        WORKER_VARIABLE: worker,
    }
    descriptors: list[int] = []
    try:
        descriptors.append(os.open(stdout, _OUTPUT_FLAGS, 0o600))
        descriptors.append(os.open(stderr, _OUTPUT_FLAGS, 0o600))
        with family, marked(mark_for(execution_id, worker)):
            start = ticks_since_boot()
            popen = _launch(argv, environment, cwd, descriptors)
            program = Program(popen, execution_id, worker, start)
            running[program.pid] = program
            return program
    finally:
        for descriptor in descriptors:
            os.close(descriptor)


@cache
def _nothing() -> int:
    """Return a descriptor that reads nothing, for all programs."""
    return os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)


def _launch(
    argv: Sequence[str], environment: Mapping[str, str], cwd: Path, descriptors: Sequence[int]
) -> "subprocess.Popen[bytes]":
    if not argv:
        raise LaunchFailed("the command is empty")
    stdout, stderr = descriptors
    try:
        # Nothing here may need Python in the child (preexec_fn, user, …): subprocess would then use
        # fork, which takes longer the more memory the worker has, instead of vfork.
        return subprocess.Popen(
            [word.encode("utf-8", "surrogateescape") for word in argv],
            stdin=_nothing(),
            stdout=stdout,
            stderr=stderr,
            cwd=cwd,
            env=environment,
            start_new_session=True,
            close_fds=True,
        )
    except (OSError, ValueError) as exc:
        reason = exc.strerror if isinstance(exc, OSError) and exc.strerror else str(exc)
        raise LaunchFailed(f"{argv[0][:200]}: {reason}") from exc
