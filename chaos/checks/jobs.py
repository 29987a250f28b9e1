"""What must hold for every job and its executions."""

from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from chaos.evidence import Evidence, Execution, Finding, Job

FINAL = {"COMPLETED", "FAILED", "CANCELED"}
#: Two executions of a capped type overlap by less than this when one starts as the other ends.
OVERLAP_SECONDS = 0.5


def accepted_jobs_are_final(evidence: Evidence) -> Iterator[Finding]:
    """P1: whatever was accepted ends by itself; BLOCKED is an end in a recipe."""
    for job_id in evidence.accepted_jobs:
        if job_id not in evidence.jobs:
            yield Finding("accepted job is lost", f"job {job_id} was answered 201 and is gone")
    for recipe_id in evidence.accepted_recipes:
        if recipe_id not in evidence.recipes:
            yield Finding("accepted recipe is lost", f"recipe {recipe_id} was answered 201")
    for job in evidence.jobs.values():
        if job.status in FINAL or (job.status == "BLOCKED" and job.recipe_id is not None):
            continue
        latest = evidence.executions_of(job.id)[-1:]
        yield Finding("job is not final", f"{_name(job)} is {job.status}: {latest}")


def job_agrees_with_latest_execution(evidence: Evidence) -> Iterator[Finding]:
    """The status of a job is that of its latest execution, unless it was canceled after it."""
    for job in evidence.jobs.values():
        executions = evidence.executions_of(job.id)
        numbers = [execution.exe_num for execution in executions]
        if numbers != list(range(1, job.num_exes + 1)):
            yield Finding("executions miscounted", f"{_name(job)}: {job.num_exes}, has {numbers}")
        if executions and job.status in FINAL and executions[-1].status != job.status:
            if job.status == "CANCELED" and executions[-1].status == "FAILED":
                continue
            yield Finding(
                "job and execution disagree",
                f"{_name(job)} is {job.status}, {_exe(executions[-1])} {executions[-1].status}",
            )


def at_most_one_completed(evidence: Evidence) -> Iterator[Finding]:
    """P2: a job completes once, and nothing runs after that."""
    for job in evidence.jobs.values():
        executions = evidence.executions_of(job.id)
        completed = [one for one in executions if one.status == "COMPLETED"]
        if len(completed) > 1:
            yield Finding("job completed twice", f"{_name(job)}: {', '.join(map(_exe, completed))}")
        elif completed and completed[0] is not executions[-1]:
            yield Finding("job ran after it had completed", f"{_name(job)}: {_exe(executions[-1])}")


def tries_within_limit(evidence: Evidence) -> Iterator[Finding]:
    """Contract 4.5: never more executions than tries."""
    for job in evidence.jobs.values():
        if job.num_exes > job.max_tries:
            yield Finding("too many tries", f"{_name(job)}: {job.num_exes} of {job.max_tries}")


def executions_do_not_overlap(evidence: Evidence) -> Iterator[Finding]:
    """Contract 4.3: at most one unfinished execution per job, at every moment."""
    for job in evidence.jobs.values():
        for before, after in pairwise(evidence.executions_of(job.id)):
            if before.ended is None or after.queued < before.ended - 0.001:
                yield Finding("executions overlap", f"{_exe(before)} and {_exe(after)}")


def caps_are_kept(evidence: Evidence) -> Iterator[Finding]:
    """Contract 4.4: never more running executions of a type than max_scheduled."""
    for type_name, cap in evidence.caps.items():
        changes = []
        for one in evidence.executions.values():
            if one.type != type_name or one.started is None or one.ended is None:
                continue
            if one.ended - one.started > OVERLAP_SECONDS:
                changes += [(one.started + OVERLAP_SECONDS, 1), (one.ended, -1)]
        running = 0
        for at, change in sorted(changes):
            running += change
            if running > cap:
                yield Finding("cap exceeded", f"{running} of type {type_name} ran at {at:.3f}")
                break


def jobs_are_counted(evidence: Evidence) -> Iterator[Finding]:
    """The counts tell how many jobs there are."""
    there = Counter((job.type, job.status) for job in evidence.jobs.values())
    if evidence.counts is not None and evidence.counts != there:
        yield Finding("jobs miscounted", f"{evidence.counts} instead of {dict(there)}")


def _name(job: Job) -> str:
    return f"job {job.id} ({job.type})"


def _exe(execution: Execution) -> str:
    return f"execution {execution.id} (number {execution.exe_num} of job {execution.job_id})"


CHECKS = (
    accepted_jobs_are_final,
    job_agrees_with_latest_execution,
    at_most_one_completed,
    tries_within_limit,
    executions_do_not_overlap,
    caps_are_kept,
    jobs_are_counted,
)
