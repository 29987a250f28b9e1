"""End and remove what workers of this host that died suddenly have left behind.

As a rule their guardian has done so; this is for when guardian and worker died together.
"""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from workers.processes.ending import await_change, send
from workers.processes.identity import Identity
from workers.processes.marks import WORKER_VARIABLE, read_mark, worker_part, worker_part_of
from workers.processes.procfs import (
    Stat,
    all_processes,
    pid_namespace,
    read_environment,
    read_stat,
)
from workers.processes.workdir import remove_if_stale, settle_nothing

_LIMIT_SECONDS = 10.0


class Cleared(NamedTuple):
    """What was found of dead workers."""

    #: PIDs of programs that were ended.
    ended: list[int]
    #: Names of directories that were removed.
    removed: list[str]
    #: Names of directories that resisted, with the reason.
    kept: dict[str, str]


def clear_leftovers(
    root: Path, own: Identity, settle: Callable[[Path], object] = settle_nothing
) -> Cleared:
    """End the processes of dead workers of this host and remove their directories below `root`.

    In between `settle` is called with each of the directories, which stays if an OSError comes up.
    Called when a worker starts. Workers of other hosts and other PID namespaces are left alone:
    their life cannot be judged from here.
    """
    found = [path for path in root.iterdir() if _neighbor(path.name, own)] if root.is_dir() else []
    ended = end_programs_of_the_dead(own, {path.name for path in found})
    removed, kept = [], {}
    for path in found:
        try:
            if remove_if_stale(path, settle):
                removed.append(path.name)
        except OSError as exc:
            kept[path.name] = str(exc)
    return Cleared(ended, removed, kept)


def end_programs_of_the_dead(own: Identity, names: set[str]) -> list[int]:
    """Send SIGKILL to all processes of dead workers, until none is left; return their PIDs.

    A worker is known by what its programs carry in their environment, or as one of `names`.
    """
    ended: dict[int, None] = {}
    deadline = time.monotonic() + _LIMIT_SECONDS
    while found := _of_the_dead(own, names):
        sent = [process for process in found if send(process, signal.SIGKILL)]
        if not sent or time.monotonic() > deadline:
            break
        ended.update(dict.fromkeys(process.pid for process in sent))
        await_change(sent[:1], 0.1)
    return list(ended)


def _of_the_dead(own: Identity, names: set[str]) -> list[Stat]:
    namespace = pid_namespace()
    processes = [
        process
        for process in all_processes()
        if not process.is_zombie and pid_namespace(process.pid) == namespace
    ]
    workers = {
        process.pid: read_environment(process.pid).get(WORKER_VARIABLE, "") for process in processes
    }
    dead = {name for name in names.union(workers.values()) if _is_dead(name, own)}
    marks = {worker_part(name) for name in dead}
    found = {
        process.pid
        for process in processes
        if workers[process.pid] in dead or worker_part_of(read_mark(process.pid)) in marks
    }
    size = -1
    while len(found) > size:  # children of those found, children of those, …
        size = len(found)
        found.update(process.pid for process in processes if process.parent in found)
    found -= _with_ancestors(os.getpid())
    return [process for process in processes if process.pid in found]


def _neighbor(name: str, own: Identity) -> Identity | None:
    """Return the worker of this name if it is another one of this host."""
    identity = Identity.parse(name)
    if identity is None or identity.host != own.host or identity == own:
        return None
    return identity


def _is_dead(name: str, own: Identity) -> bool:
    identity = _neighbor(name, own)
    return identity is not None and not identity.is_alive()


def _with_ancestors(pid: int) -> set[int]:
    pids = set()
    while (stat := read_stat(pid)) is not None:
        pids.add(pid)
        pid = stat.parent
    return pids
