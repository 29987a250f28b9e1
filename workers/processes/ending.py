"""End processes with everything that descends from them.

A *root* is a living direct child of the calling process, which is a child subreaper: whatever
descends from a root becomes a root itself once its parents are dead. A tree has ended exactly when
no root is left.
"""

import contextlib
import os
import select
import signal
import threading
import time
from collections.abc import Callable

from workers.processes.procfs import Stat, children_of, read_stat

#: Held while children of this process appear, are told apart, are reaped or must not be.
family = threading.RLock()

#: Returns the living roots of one tree; asked again and again until there are none.
Roots = Callable[[], list[Stat]]

TICK_SECONDS = 1.0
LIMIT_SECONDS = 10.0

_DEATH_SECONDS = 0.1
_STOP_ROUNDS = 50
_MOST_LOOKS = 50
_MOST_WATCHED = 64


def end(
    roots: Roots,
    *,
    grace_seconds: float,
    limit_seconds: float = LIMIT_SECONDS,
    tick: Callable[[], None] | None = None,
) -> bool:
    """Ask every process of a tree to end and, after the grace period, end what is left.

    Calls `tick` about once a second during the grace period. Returns False when something could not
    be ended within the limit, as a process in an uninterruptible system call.
    """
    terminate(roots)
    deadline = time.monotonic() + grace_seconds
    while found := roots():
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            return kill(roots, limit_seconds=limit_seconds)
        await_change(found, min(remaining, TICK_SECONDS))
        if tick is not None:
            tick()
    return True


def terminate(roots: Roots) -> None:
    """Send SIGTERM to every process of a tree, also to stopped ones."""
    send_to_all(roots, signal.SIGTERM, signal.SIGCONT)


def kill(roots: Roots, *, limit_seconds: float = LIMIT_SECONDS) -> bool:
    """Send SIGKILL to every process of a tree until none is left; False when one remains."""
    deadline = time.monotonic() + limit_seconds
    while time.monotonic() < deadline:
        # Stopped first, as processes that watch each other replace the one that dies.
        for process in _stop(roots):
            send(process, signal.SIGKILL)
        found = _send_to_groups(roots, signal.SIGKILL)
        if not found:
            return True
        _await_death(found)
    return not roots()


def send_to_all(roots: Roots, *numbers: int) -> None:
    """Send signals to every process of a tree."""
    for process in _with_descendants(roots()):
        for number in numbers:
            send(process, number)


def own_children() -> list[Stat]:
    """Return the living children of this process and reap the dead ones."""
    with family:
        return settled(lambda: _living_of(children_of(os.getpid())))


def send(process: Stat, number: int) -> bool:
    """Send a signal to exactly this process; False when it is gone or belongs to another user."""
    try:
        pidfd = os.pidfd_open(process.pid)
    except ProcessLookupError:
        return False
    try:
        # The descriptor pins who has the PID now; the start time tells whether that is `process`.
        now = read_stat(process.pid)
        if now is None or now.start != process.start:
            return False
        signal.pidfd_send_signal(pidfd, number)
    except (ProcessLookupError, PermissionError):
        return False
    finally:
        os.close(pidfd)
    return True


def settled(look: Callable[[], tuple[list[Stat], bool]]) -> list[Stat]:
    """Return the living children that a look finds, once it has reaped none.

    The children of one that died while it was looked at have become ours since, and a process that
    hops from PID to PID would seem to be gone.
    """
    for _ in range(_MOST_LOOKS):
        living, is_settled = look()
        if is_settled:
            break
    return living


def _living_of(pids: list[int]) -> tuple[list[Stat], bool]:
    living = [stat for pid in pids if (stat := _living(pid))]
    return living, len(living) == len(pids)


def _living(pid: int) -> Stat | None:
    try:
        dead = os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG)
    except ChildProcessError:
        return None
    return None if dead else read_stat(pid)


def _with_descendants(roots: list[Stat]) -> list[Stat]:
    found = list(roots)
    pids = {process.pid for process in roots}
    for process in found:  # grows meanwhile
        for pid in children_of(process.pid):
            stat = read_stat(pid)
            if stat is not None and stat.parent == process.pid and pid not in pids:
                pids.add(pid)
                found.append(stat)
    return found


def _stop(roots: Roots) -> list[Stat]:
    """Stop every process of a tree, until a look finds nobody new or the storm is too strong."""
    stopped: dict[tuple[int, int], Stat] = {}
    for _ in range(_STOP_ROUNDS):
        found = _send_to_groups(roots, signal.SIGSTOP)
        fresh = [process for process in _with_descendants(found) if process.key not in stopped]
        if not fresh:
            break
        for process in fresh:
            send(process, signal.SIGSTOP)
        stopped.update((process.key, process) for process in fresh)
    return list(stopped.values())


def _send_to_groups(roots: Roots, number: int) -> list[Stat]:
    """Send a signal to the process groups of the roots, and return the roots."""
    # A fork and a signal to a group exclude each other in the kernel: none of its members escapes.
    # While a root is not reaped, its group cannot vanish and its number not pass to others.
    with family:
        found = roots()
        for group in {root.group for root in found} - {os.getpgrp()}:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(group, number)
    return found


def await_change(roots: list[Stat], seconds: float) -> None:
    """Wait until one of the roots ends, or the time is over."""
    with contextlib.ExitStack() as opened:
        poll = select.poll()
        for root in roots[:_MOST_WATCHED]:
            try:
                pidfd = os.pidfd_open(root.pid)
            except ProcessLookupError:
                return
            opened.callback(os.close, pidfd)
            poll.register(pidfd, select.POLLIN)
        poll.poll(seconds * 1000)


def _await_death(roots: list[Stat]) -> None:
    """Wait a moment for the roots, which have been sent SIGKILL, to end."""
    deadline = time.monotonic() + _DEATH_SECONDS
    for root in roots[:_MOST_WATCHED]:
        await_change([root], max(0.0, deadline - time.monotonic()))
