"""Completing executions that are owned, with their jobs, and what follows in their recipes."""

import logging
from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass

from django.db import transaction

from scale.domain.lifecycle import ExecutionStatus, JobStatus
from scale.domain.results import JobResults
from scale.domain.times import now as present
from scale.log import log_event
from scale.models import JobExecution
from scale.services.advance import after_completed, lock_recipes, queue_ready
from scale.services.claims import Claim
from scale.services.executions import Report, lock_job
from scale.services.feed import feeder, refill_on_commit
from scale.services.files import parse_sources, save_products
from scale.services.logs import save_log
from scale.services.rules import fire_parse_rules
from scale.services.transitions import (
    Completed,
    complete_executions_and_jobs,
    complete_job,
    end_execution,
)

logger = logging.getLogger(__name__)

Ended = Sequence[tuple[Claim, Report]]

#: How many jobs a recipe may have made ready for a report that does not wait.
READY_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of reports: the executions whose report counts, and those not yet looked at."""

    kept: Set[int] = frozenset()
    #: Somebody else was busy with their recipe: the report may be repeated in a moment.
    held: Set[int] = frozenset()
    #: What was queued by a report that did not wait: its owner may claim it before it is fed.
    queued: Sequence[int] = ()


class _Lost(Exception):
    """The execution is no longer the caller's: undo what the transaction did."""


class _TooMuch(Exception):
    """What the reports entail takes longer than the caller wants to wait."""


def complete_execution(claim: Claim, report: Report) -> bool:
    """Record success: products, results, job COMPLETED, recipe advanced, in one transaction.

    Returns False, and changes nothing, if the execution is no longer the claim's owner's.
    """
    if not report.is_plain:
        return _note_completed(claim, report, _complete(claim, report))
    complete = complete_alone if claim.recipe_id is None else complete_in_recipes
    return bool(complete([(claim, report)]).kept)


def complete_alone(ended: Ended, *, waits: bool = True) -> Taken:
    """Record plain successes of a worker's jobs outside recipes, in one statement.

    Of executions that are no longer the worker's nothing is changed. Without `waits` those whose
    jobs somebody else is busy with are left out too: they have to be told again.
    """
    done = _complete_plain(ended, waits=waits)
    _refill(ended)
    return Taken(_counted(ended, done, waits=waits))


def complete_in_recipes(ended: Ended, *, waits: bool = True) -> Taken:
    """Record plain successes of a worker's jobs in recipes, and advance these, in one transaction.

    As `complete_alone`. Without `waits` nothing is changed either if more than `READY_AT_ONCE` jobs
    would become ready, whose data takes a while to put together, and the caller sees to it that
    what was queued is fed.

    Raises:
        OperationalError: without `waits`, somebody holds on to what queueing needs.
    """
    try:
        with transaction.atomic(durable=True):
            locked = lock_recipes(
                {claim.recipe_id for claim, _ in ended if claim.recipe_id}, waits=waits
            )
            free = [(claim, report) for claim, report in ended if claim.recipe_id in locked]
            done = _complete_plain(free, waits=waits)
            ready = after_completed(
                {claim.job_id: report.ended for claim, report in free if claim.execution_id in done}
            )
            if not waits and len(ready) > READY_AT_ONCE:
                raise _TooMuch
            queued = _queue(ready, feeds=waits)
            _refill(free)
    except _TooMuch:
        return Taken()
    held = {claim.execution_id for claim, _ in ended if claim.recipe_id not in locked}
    return Taken(_counted(free, done, waits=waits), held, queued)


def _complete_plain(ended: Ended, *, waits: bool) -> set[int]:
    if not ended:
        return set()
    told = [
        Completed(
            execution_id=claim.execution_id,
            job_id=claim.job_id,
            ended=report.ended,
            steps=report.steps,
            manifest=report.manifest or {},
            log=report.log.put,
        )
        for claim, report in ended
    ]
    return complete_executions_and_jobs(
        told, worker=ended[0][0].worker, results=JobResults({}).stored(), waits=waits
    )


def _complete(claim: Claim, report: Report) -> bool:
    try:
        with transaction.atomic(durable=True):
            # Looked at first: a report whose answer was lost would store its products again.
            if lock_job(claim.job_id, claim.recipe_id)["status"] != JobStatus.RUNNING:
                raise _Lost
            results = save_products(
                producer=claim,
                input_file_ids=report.input_file_ids,
                products=report.products,
                published=report.ended,
            )
            parse_sources(report.parsed, now=report.ended)
            if not end_execution(
                execution_id=claim.execution_id,
                worker=claim.worker,
                status=ExecutionStatus.COMPLETED,
                ended=report.ended,
                steps=report.steps,
                results=results,
                manifest=report.manifest,
            ):
                raise _Lost
            save_log(claim.execution_id, report.log)
            complete_job(claim.job_id, ended=report.ended, results=results)
            fire_parse_rules([item.file_id for item in report.parsed], now=report.ended)
            if claim.recipe_id is not None:
                _queue(after_completed({claim.job_id: report.ended}), feeds=True)
            _refill([(claim, report)])
    except _Lost:
        return False
    return True


def _queue(ready: Sequence[int], *, feeds: bool) -> list[int]:
    # Not as of the end of their last parent: its report may come late.
    queued = queue_ready(ready, now=present())
    if queued and feeds:
        feeder.ask_on_commit()
    return queued


def _refill(ended: Ended) -> None:
    refill_on_commit(finished=len(ended), is_capped=any(claim.is_capped for claim, _ in ended))


def _counted(ended: Ended, done: Collection[int], *, waits: bool) -> set[int]:
    """Return the executions whose report counts; without `waits` the others are not judged yet."""
    return {
        claim.execution_id
        for claim, report in ended
        if (waits or claim.execution_id in done)
        and _note_completed(claim, report, claim.execution_id in done)
    }


def _note_completed(claim: Claim, report: Report, kept: bool) -> bool:
    """Log what a completion came to; a report that was taken before counts as taken."""
    kept = kept or _was_told(claim, report)
    event = "execution_completed" if kept else "execution_lost"
    log_event(logger, event, job_id=claim.job_id, execution_id=claim.execution_id)
    return kept


def _was_told(claim: Claim, report: Report) -> bool:
    """Tell whether this very report was taken before, and only the answer was lost."""
    return JobExecution.objects.filter(
        pk=claim.execution_id, status="COMPLETED", worker=claim.worker, ended=report.ended
    ).exists()
