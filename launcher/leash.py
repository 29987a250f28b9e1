"""Keep processes on a leash: they die with the launcher, and it leaves none behind."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable

import psutil

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def die_with_parent(signum: signal.Signals) -> Callable[[], None]:
    """Return a `preexec_fn` that has the kernel send `signum` to the child when its parent is gone.

    Only for children started by the main thread: the kernel watches the starting thread.
    """
    parent = os.getpid()

    def arm() -> None:
        _prctl(_PR_SET_PDEATHSIG, signum)
        if os.getppid() != parent:
            os._exit(1)

    return arm


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent dies, so that `sweep` can find them."""
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)


def sweep(grace_seconds: float = 5.0) -> list[str]:
    """End every descendant, by SIGKILL after the grace, and return what had to be ended."""
    ended = []
    for signum, seconds in ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, 5.0)):
        # Anew each time: while it ends, a process may have started or orphaned another.
        alive = psutil.Process().children(recursive=True)
        for process in alive:
            with contextlib.suppress(psutil.NoSuchProcess):
                if process.status() != psutil.STATUS_ZOMBIE and signum == signal.SIGTERM:
                    ended.append(f"{process.name()} ({process.pid})")
                process.send_signal(signum)
        psutil.wait_procs(alive, timeout=seconds)
    return ended


def wait(process: subprocess.Popen[bytes]) -> int:
    """Wait for a child to end, reaping adopted orphans, which would stay as zombies till then."""
    while process.returncode is None:
        pid, status = os.wait()
        if pid == process.pid:
            process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode


def stop(process: subprocess.Popen[bytes], *steps: tuple[signal.Signals, float]) -> None:
    """Send each signal in turn, waiting its seconds for the process to end; SIGKILL is the last."""
    for signum, seconds in steps:
        if process.poll() is not None:
            return
        process.send_signal(signum)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=seconds)
            return
    process.kill()
    process.wait()
