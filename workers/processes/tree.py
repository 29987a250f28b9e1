"""End the process tree of a program in a worker process that is a child subreaper.

An orphan of any program becomes a child of the worker's main thread. Whose it is, is told by its
session, its mark or its environment. A *stranger* shows none of these; it is ended with the last of
the programs that were running when it was first seen, as it descends from one of them.
"""

import os
import signal
from collections.abc import Callable

from workers.processes import ending
from workers.processes.ending import family
from workers.processes.marks import (
    EXECUTION_VARIABLE,
    WORKER_VARIABLE,
    read_mark,
)
from workers.processes.procfs import Stat, children_of_thread, read_environment, read_stat
from workers.processes.program import Program, running

#: The programs that were running when a stranger was first seen, by its key.
_suspects: dict[tuple[int, int], frozenset[Program]] = {}


def has_ended(program: Program) -> bool:
    """Tell, without waiting, whether the program has ended and left nothing behind.

    False also if that takes a closer look, because some program of this worker has left something.
    """
    me = os.getpid()
    return program.wait(0) is not None and not children_of_thread(me, me)


def end(program: Program, *, grace_seconds: float, tick: Callable[[], None] | None = None) -> bool:
    """End the program, if it still runs, and every process it has left behind.

    All are sent SIGTERM and, after the grace period, SIGKILL. Calls `tick` about once a second
    meanwhile. Returns False when something could not be ended within some ten seconds more.
    """
    if has_ended(program):
        return True
    return ending.end(lambda: _roots(program), grace_seconds=grace_seconds, tick=tick)


def terminate(program: Program) -> None:
    """Send SIGTERM to every process of the program and return at once."""
    ending.terminate(lambda: _roots(program))


def kill(program: Program) -> bool:
    """Send SIGKILL to every process of the program until none is left; False when one remains."""
    return ending.kill(lambda: _roots(program))


def pause(program: Program) -> None:
    """Stop every process of the program until `resume`; ending it wakes it as well."""
    ending.send_to_all(lambda: _roots(program), signal.SIGSTOP)


def resume(program: Program) -> None:
    """Have every process of the program go on."""
    ending.send_to_all(lambda: _roots(program), signal.SIGCONT)


def reap_orphans() -> None:
    """Remove the zombies that programs leave behind; called now and then in a long execution."""
    with family:
        _orphans()


def _roots(program: Program) -> list[Stat]:
    with family:
        # The program first: what it leaves when it dies in between is an orphan by then.
        own = read_stat(program.pid) if program.wait(0) is None else None
        roots = [stat for stat in _orphans() if _belongs(stat, program)]
        return [*roots, own] if own else roots


def _orphans() -> list[Stat]:
    """Return the living orphans of all programs and reap the dead ones."""
    orphans = ending.settled(_look_at_orphans)
    for gone in _suspects.keys() - {orphan.key for orphan in orphans}:
        del _suspects[gone]
    return orphans


def _look_at_orphans() -> tuple[list[Stat], bool]:
    """Return the living orphans, and whether none was reaped."""
    me = os.getpid()
    orphans = []
    is_settled = True
    for pid in children_of_thread(me, me):
        stat = None if pid in running else read_stat(pid)
        # Programs cannot enter our own session: a child in it is the helper of some library.
        if stat is None or stat.session == os.getsid(0):
            continue
        if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG) is None:
            orphans.append(stat)
        else:
            is_settled = False
    return orphans, is_settled


def _belongs(orphan: Stat, program: Program) -> bool:
    owner = _owner(orphan)
    if owner is not None:
        return owner is program
    elders = frozenset(other for other in running.values() if other.start <= orphan.start)
    suspects = _suspects.setdefault(orphan.key, elders)
    return bool(suspects) and suspects.intersection(running.values()) <= {program}


def _owner(orphan: Stat) -> Program | None:
    if orphan.session in running:
        return running[orphan.session]
    mark = read_mark(orphan.pid)
    environment = read_environment(orphan.pid)
    shown = environment.get(EXECUTION_VARIABLE), environment.get(WORKER_VARIABLE)
    for program in running.values():
        expected = str(program.execution_id), program.worker
        if mark == program.mark or shown == expected:
            return program
    return None
