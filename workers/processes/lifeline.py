"""How a worker learns that its guardian is dead, and what it does then."""

import os
import select
import threading
from collections.abc import Callable
from typing import NoReturn

from workers.processes import ending

#: Holds the guardian's PID in the environment of a worker.
GUARDIAN_VARIABLE = "WORKER_GUARDIAN_PID"
EXIT_CODE = 70


def watch_guardian(on_death: Callable[[], object]) -> None:
    """Call `on_death` in another thread when the guardian dies; nothing without a guardian."""
    guardian = os.environ.get(GUARDIAN_VARIABLE)
    if guardian:
        watch_parent(int(guardian), on_death)


def watch_parent(expected_pid: int, on_death: Callable[[], object]) -> None:
    """Call `on_death` in another thread when the parent dies, or has died, or is another one."""

    def watch() -> None:
        try:
            parent = os.pidfd_open(expected_pid)
        except ProcessLookupError:
            on_death()
            return
        # Checked after opening: while it is our parent, nobody else has its PID.
        if os.getppid() == expected_pid:
            select.select([parent], [], [])
        os.close(parent)
        on_death()

    threading.Thread(target=watch, name="lifeline", daemon=True).start()


def abandon() -> NoReturn:
    """End every program of this process, and the process itself, at once.

    Its threads learn nothing of it: none takes the end of a program for its own doing, and none
    starts another.
    """
    with ending.family:
        ending.kill(ending.own_children)
        os._exit(EXIT_CODE)
