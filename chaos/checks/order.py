"""When executions start: in order, and soon; judged only where no fault disturbs."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import pairwise

from chaos.evidence import Evidence, Execution, Finding
from chaos.kinds import Strikes

DISTURBING = (Strikes.ORDER, Strikes.WEB, Strikes.DATABASE)
#: How long the feeder may take until an execution can be claimed at all.
FEED_SECONDS = 2.0
#: Two workers that claim at the same moment may finish doing so in either order.
TIE_SECONDS = 0.5
#: Longer than a feeder's turn, shorter than what it takes to notice a lost message.
IDLE_SECONDS = 4.5


def urgent_starts_first(evidence: Evidence) -> Iterator[Finding]:
    """P4: nothing starts that is less urgent, or equally urgent and was queued later."""
    started = _started(evidence)
    times = [one.started or 0.0 for one in started]
    for one in _undisturbed(evidence):
        begin, end = one.queued + FEED_SECONDS, (one.started or 0.0) - TIE_SECONDS
        for other in started[bisect_right(times, begin) : bisect_left(times, end)]:
            if other.queued > one.queued + TIE_SECONDS and other.priority >= one.priority:
                yield Finding(
                    "less urgent started first",
                    f"execution {other.id} (priority {other.priority}) started "
                    f"{(one.started or 0.0) - (other.started or 0.0):.1f} s before execution "
                    f"{one.id} (priority {one.priority}), queued "
                    f"{other.queued - one.queued:.1f} s before it",
                )
                break


def nothing_waits_for_nothing(evidence: Evidence) -> Iterator[Finding]:
    """An execution that may run does not wait while slots are free and nothing is started."""
    started = _started(evidence)
    times = [one.started or 0.0 for one in started]
    lulls = [
        (free_from, after)
        for before, after in pairwise(times)
        if after - before > IDLE_SECONDS
        and (free_from := _free_from(started, before, evidence.slots)) < after - IDLE_SECONDS
    ]
    for one in _undisturbed(evidence):
        for begin, end in lulls:
            waited = min(end, one.started or 0.0) - max(begin, one.queued)
            if waited > IDLE_SECONDS:
                yield Finding(
                    "waited for nothing",
                    f"execution {one.id} ({one.type}) waited {waited:.1f} s beside a free slot",
                )
                break


def _free_from(started: list[Execution], at: float, slots: int) -> float:
    """Return when, at or after an instant and if nothing starts, a slot is free."""
    ends = sorted(
        one.ended or float("inf")
        for one in started
        if (one.started or 0.0) <= at and (one.ended or float("inf")) > at
    )
    return at if len(ends) < slots else ends[len(ends) - slots]


def _started(evidence: Evidence) -> list[Execution]:
    found = [one for one in evidence.executions.values() if one.started is not None]
    return sorted(found, key=lambda one: one.started or 0.0)


def _undisturbed(evidence: Evidence) -> list[Execution]:
    """Return the started executions that nothing kept from starting when it was their turn."""
    return [
        one
        for one in _started(evidence)
        if one.type not in evidence.caps
        and not evidence.diary.disturbed(one.queued, one.started or 0.0, *DISTURBING)
        and one.id not in evidence.released
    ]


CHECKS = (urgent_starts_first, nothing_waits_for_nothing)
