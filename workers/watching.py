"""Watching a program until nothing of it is left."""

import logging
import time
from collections.abc import Callable
from typing import NamedTuple

from scale.conf import conf
from scale.log import log_event
from workers.output import Output
from workers.processes import tree
from workers.processes.program import Exit, Program
from workers.runners import Runner

logger = logging.getLogger(__name__)

#: How often a running program is looked after: asked to end, past its time limit.
LOOK_SECONDS = 0.2
#: How often its output and steps are written down.
NOTE_SECONDS = 1.0


class Seen(NamedTuple):
    """How a program ended."""

    exit: Exit
    #: Whether it kept its time limit.
    is_in_time: bool


def see_through(
    program: Program,
    runner: Runner,
    output: Output,
    *,
    is_ending: Callable[[], bool],
    deadline: float,
    note: Callable[[], None],
) -> Seen:
    """Wait for a program and end what is left of it.

    It is ended itself when it `is_ending`, or after the deadline, by the monotonic clock. Calls
    `note` about once a second.
    """
    is_in_time = True
    next_note = time.monotonic() + NOTE_SECONDS
    while program.wait(LOOK_SECONDS) is None and not is_ending():
        _read_output(program, output, is_ending)
        if time.monotonic() > deadline:
            is_in_time = False
            break
        if time.monotonic() > next_note:
            note()
            next_note = time.monotonic() + NOTE_SECONDS
    if not runner.end(program, grace_seconds=conf().kill_grace_seconds):
        log_event(logger, "program_left", logging.ERROR, execution_id=program.execution_id)
    exit_ = program.wait(0) or Exit(None, None)
    program.close()
    return Seen(exit_, is_in_time)


def _read_output(program: Program, output: Output, is_ending: Callable[[], bool]) -> None:
    """Read what was printed; a program that prints faster than that has to wait meanwhile."""
    if output.read():
        tree.pause(program)
        try:
            while output.read() and not is_ending():
                pass
        finally:
            tree.resume(program)
