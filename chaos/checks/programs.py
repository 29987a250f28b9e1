"""What the programs' own journals must say."""

from collections.abc import Iterator
from itertools import pairwise

from chaos.evidence import Evidence, Finding
from chaos.journal import Start
from chaos.kinds import Strikes

DISTURBING = (Strikes.ORDER, Strikes.WEB, Strikes.DATABASE)
#: A canceled or lost program ends within two seconds; the rest is for a busy machine.
END_SECONDS = 8.0


def at_most_one_process(evidence: Evidence) -> Iterator[Finding]:
    """P2: an execution is run by one process.

    A worker that stops puts its execution back as if it had never run; only then it runs again,
    and never while anything of the first run is alive.
    """
    for execution_id, starts in evidence.journal.starts.items():
        for first, second in pairwise(starts):
            if not _was_put_back(first, evidence):
                yield Finding("execution ran twice", _pair(execution_id, first, second))
        for start in starts[1:]:
            if not start.alone:
                yield Finding(
                    "execution ran twice at a time", _pair(execution_id, starts[0], start)
                )


def owner_ran_it(evidence: Evidence) -> Iterator[Finding]:
    """P2: the process was started by the worker that the execution belonged to last."""
    for execution_id, starts in evidence.journal.starts.items():
        execution = evidence.executions.get(execution_id)
        if execution is None:
            yield Finding("unknown execution ran", f"execution {execution_id} is not there")
        elif execution.worker != starts[-1].worker and not (
            execution.worker is None and _was_put_back(starts[-1], evidence)
        ):
            yield Finding(
                "execution ran under a stranger",
                f"execution {execution_id}: {starts[-1].worker}, owned by {execution.worker}",
            )


def completed_means_done(evidence: Evidence) -> Iterator[Finding]:
    """An execution is COMPLETED only if its program has done its work, with exit code 0."""
    for execution in evidence.executions.values():
        if execution.status != "COMPLETED":
            continue
        ends = evidence.journal.ends.get(execution.id, [])
        starts = evidence.journal.starts.get(execution.id, [])
        if not starts or not any(end.code == 0 and end.member == starts[-1].member for end in ends):
            yield Finding(
                "completed without its program",
                f"execution {execution.id} ({execution.type}): {starts} {ends}",
            )


def canceled_programs_end(evidence: Evidence) -> Iterator[Finding]:
    """P5: a program whose execution has ended without it does not run on."""
    for execution in evidence.executions.values():
        if execution.status not in {"CANCELED", "FAILED"} or execution.ended is None:
            continue
        for end in evidence.journal.ends.get(execution.id, []):
            late = end.at - execution.ended
            if late > END_SECONDS and not evidence.diary.disturbed(
                execution.ended, end.at, *DISTURBING
            ):
                yield Finding(
                    "program ran on",
                    f"execution {execution.id} was {execution.status}, its process "
                    f"{end.member.pid} went on for {late:.1f} s",
                )


def _was_put_back(start: Start, evidence: Evidence) -> bool:
    return (
        start.member.execution in evidence.released
        or start.worker_pid in evidence.diary.stopped_worker_pids
    )


def _pair(execution_id: int, first: Start, second: Start) -> str:
    return (
        f"execution {execution_id}: process {first.member.pid} of {first.worker}, then "
        f"process {second.member.pid} of {second.worker} {second.at - first.at:.3f} s later"
    )


CHECKS = (at_most_one_process, owner_ran_it, completed_means_done, canceled_programs_end)
