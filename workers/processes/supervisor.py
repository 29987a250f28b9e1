"""Keep a worker running, and leave nothing behind when it dies.

Three processes stand in a row. The *front* is what the caller started: it forwards signals and
ends with the guardian's status. The *guardian* has a session of its own, so that what kills the
caller's process group spares it, and becomes the parent of every orphan of the worker: when the
*worker* dies, however it does, the guardian ends all that is left and starts it again.

| Killed | Noticed by | Through |
|---|---|---|
| front | guardian, which stops warmly | the signal at the death of its parent |
| guardian | worker, which ends its programs and itself; front, which ends the rest | lifeline |
| worker | guardian, which ends all descendants and starts another worker | SIGCHLD |

Known weakness: when all three are killed at once, programs go on until the next worker starts on
this host (`leftovers`).
"""

import contextlib
import os
import signal
import time
from collections.abc import Sequence
from typing import NamedTuple

from workers.processes import ending
from workers.processes.lifeline import GUARDIAN_VARIABLE
from workers.processes.prctl import become_subreaper, signal_at_death_of_parent

#: The worker could not be started at all.
NOT_STARTED = 127

_STOP = {signal.SIGTERM, signal.SIGINT}
_STOP_AT_ONCE = signal.SIGQUIT
_HANDLED = {*_STOP, _STOP_AT_ONCE, signal.SIGCHLD}
_NEVER = float("inf")
_LONGEST_WAIT_SECONDS = 3600.0


class Backoff(NamedTuple):
    """How long to wait before a worker is started again."""

    first_seconds: float = 1.0
    most_seconds: float = 30.0
    #: After a life this long the next death counts as the first.
    healthy_seconds: float = 60.0

    def after(self, seconds: float, lived_seconds: float) -> float:
        """Return how long to wait after a life, having waited `seconds` before it."""
        if lived_seconds >= self.healthy_seconds:
            return self.first_seconds
        return min(max(2 * seconds, self.first_seconds), self.most_seconds)


def main(
    command: Sequence[str],
    *,
    stop_seconds: float = 60.0,
    grace_seconds: float = 2.0,
    backoff: Backoff | None = None,
) -> int:
    """Run a worker until SIGTERM or SIGINT, starting it again whenever it dies before.

    These signals reach the worker as one SIGTERM. If it has not ended after `stop_seconds`, or on
    SIGQUIT, it is killed. What it leaves has `grace_seconds` to end. Returns the exit code of the
    worker, or 128 and its signal.
    """
    # Blocked, and waited for one by one, no signal comes at a bad moment.
    signal.pthread_sigmask(signal.SIG_BLOCK, _HANDLED)
    become_subreaper()
    front = os.getpid()
    guardian = os.fork()
    if guardian:
        return _attend(guardian, grace_seconds)
    code = 1
    try:
        code = _Guardian(command, stop_seconds, grace_seconds, backoff or Backoff()).run(front)
    except Exception as exc:  # noqa: BLE001 -- it would otherwise vanish with the process
        _log("guardian_failed", pid=os.getpid(), reason=repr(exc))
    finally:
        os._exit(code)


def _attend(guardian: int, grace_seconds: float) -> int:
    while True:
        number = signal.sigwaitinfo(_HANDLED).si_signo
        pid, status = os.waitpid(guardian, os.WNOHANG)
        if pid:
            break
        if number != signal.SIGCHLD:
            os.kill(guardian, number)
    if os.WIFSIGNALED(status):
        _log("guardian_died", pid=guardian, signal=os.WTERMSIG(status))
    _end_descendants(grace_seconds)
    return _code(status)


class _Guardian:
    def __init__(
        self, command: Sequence[str], stop_seconds: float, grace_seconds: float, backoff: Backoff
    ) -> None:
        self._command = list(command)
        self._stop_seconds = stop_seconds
        self._grace_seconds = grace_seconds
        self._backoff = backoff
        #: When a worker that has been told to stop is killed; None until then.
        self._stop_by: float | None = None

    def run(self, front: int) -> int:
        os.setsid()
        become_subreaper()
        signal_at_death_of_parent(signal.SIGTERM)
        if os.getppid() != front:
            return 1
        _log("guardian_started", pid=os.getpid(), front=front)
        wait = 0.0
        has_run = False
        while True:
            started = time.monotonic()
            code = NOT_STARTED
            worker = self._start()
            if worker is not None:
                has_run = True
                code = self._watch(worker)
                _end_descendants(self._grace_seconds)
            elif not has_run:
                return code
            if self._stop_by is None:
                wait = self._backoff.after(wait, time.monotonic() - started)
                _log("worker_restarting", seconds=wait)
                self._sleep(wait)
            if self._stop_by is not None:
                return code

    def _start(self) -> int | None:
        try:
            worker = os.posix_spawnp(
                self._command[0],
                self._command,
                {**os.environ, GUARDIAN_VARIABLE: str(os.getpid())},
                setpgroup=0,
                setsigmask=(),
                setsigdef=(signal.SIGPIPE, signal.SIGXFSZ),
            )
        except OSError as exc:
            _log("worker_not_started", command=self._command[0], reason=exc.strerror)
            return None
        _log("worker_started", pid=worker)
        return worker

    def _watch(self, worker: int) -> int:
        """Wait for the end of the worker, telling it to stop when told to, and return its code."""
        is_told = False
        while (status := _reap(worker)) is None:
            if self._stop_by is not None and not is_told:
                is_told = True
                os.kill(worker, signal.SIGTERM)
            if self._stop_by is not None and time.monotonic() >= self._stop_by:
                _log("worker_overdue", pid=worker)
                os.kill(worker, signal.SIGKILL)
                self._stop_by = _NEVER
            self._listen(self._stop_by or _NEVER)
        _log("worker_ended", pid=worker, code=_code(status))
        return _code(status)

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        self._listen(until)
        while self._stop_by is None and time.monotonic() < until:
            self._listen(until)

    def _listen(self, until: float) -> None:
        """Wait for a signal until some time, and note what it asks for."""
        seconds = min(max(0.0, until - time.monotonic()), _LONGEST_WAIT_SECONDS)
        info = signal.sigtimedwait(_HANDLED, seconds)
        if info is None or info.si_signo == signal.SIGCHLD:
            return
        if self._stop_by is None:
            _log("worker_stopping", signal=signal.Signals(info.si_signo).name)
        now = time.monotonic()
        stop_by = now if info.si_signo == _STOP_AT_ONCE else now + self._stop_seconds
        self._stop_by = min(stop_by, self._stop_by or _NEVER)


def _reap(worker: int) -> int | None:
    """Reap what has died; return the worker's status if it has."""
    while True:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == worker:
            return status
        if pid == 0:
            return None


def _end_descendants(grace_seconds: float) -> None:
    left = ending.own_children()
    if left:
        ended = ending.end(ending.own_children, grace_seconds=grace_seconds)
        _log("descendants_ended" if ended else "descendants_left", roots=len(left))


def _code(status: int) -> int:
    code = os.waitstatus_to_exitcode(status)
    return code if code >= 0 else 128 - code


def _log(event: str, **ids: object) -> None:
    # Not by logging, which takes 2 MB in each of the two processes.
    stamp = time.strftime("%Y-%m-%d %H:%M:%S")
    facts = " ".join(f"{key}={value}" for key, value in ids.items())
    with contextlib.suppress(OSError):
        os.write(2, f"{stamp} INFO {__name__} {event} {facts}\n".encode())
