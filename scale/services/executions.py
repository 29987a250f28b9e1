"""Keeping, failing and releasing executions that are owned."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.db import OperationalError, transaction

from scale.conf import conf
from scale.domain.builtin_errors import NODE_LOST
from scale.domain.lifecycle import ExecutionStatus, JobStatus
from scale.domain.retry import Decision, decide
from scale.domain.times import now as present
from scale.log import log_event
from scale.models import Error, JobType
from scale.postgresql.statements import Row, is_held, limit_waits, run
from scale.services.advance import after_stopped, lock_recipes
from scale.services.claims import Claim
from scale.services.feed import feeder
from scale.services.files import ParsedSource, StoredProduct
from scale.services.logs import LogChanges, forget_log, save_log
from scale.services.nodes import pause_if_failing
from scale.services.transitions import (
    STEP_COLUMNS,
    end_execution,
    enqueue_jobs,
    fail_jobs,
    lock_jobs,
    note_steps,
    release_execution,
)

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Report:
    """What a worker has to say about an execution it owns."""

    ended: datetime
    #: Columns of the steps done (`transitions.STEP_COLUMNS`).
    steps: Row = field(default_factory=dict)
    log: LogChanges = field(default_factory=LogChanges)
    #: Name of the error it failed with; None when it succeeded.
    error: str | None = None
    input_file_ids: Sequence[int] = ()
    products: Sequence[StoredProduct] = ()
    parsed: Sequence[ParsedSource] = ()
    manifest: Row | None = None

    @property
    def is_plain(self) -> bool:
        """Tell whether a success touches nothing but the execution and its job."""
        return not (self.products or self.parsed or self.log.drop) and (
            self.steps.keys() == set(STEP_COLUMNS)
        )


def renew_leases(*, worker: str, execution_ids: Iterable[int]) -> set[int]:
    """Extend the leases of a worker's executions; return those that are still its own.

    Those missing from the answer were canceled or taken away: their programs must end.
    """
    # What is locked is being finished or canceled right now: the next beat sees the outcome.
    rows = run(
        """
        WITH renewed AS (
            UPDATE job_exe SET lease_expires = clock_timestamp() + make_interval(secs => %(lease)s)
            WHERE id IN (
                SELECT id FROM job_exe WHERE id = ANY(%(ids)s) AND status = 'RUNNING'
                    AND worker = %(worker)s FOR NO KEY UPDATE SKIP LOCKED)
        )
        SELECT id FROM job_exe
        WHERE id = ANY(%(ids)s) AND status = 'RUNNING' AND worker = %(worker)s
        """,
        {"lease": conf().lease_seconds, "ids": list(execution_ids), "worker": worker},
    )
    return {row["id"] for row in rows}


@transaction.atomic(durable=True)
def note_progress(*, execution_id: int, worker: str, steps: Row, log: LogChanges) -> bool:
    """Record how far a running execution has come; False if it is no longer the worker's."""
    if steps and not note_steps(
        execution_id=execution_id, worker=worker, steps=steps, now=present()
    ):
        return False
    save_log(execution_id, log)
    return True


def fail_execution(claim: Claim, report: Report) -> bool:
    """Record a failure and, by the rules of contract 4.5, queue the job again or fail it.

    Returns False, and changes nothing, if the execution is no longer the claim's owner's.
    """
    return _fail(
        execution_id=claim.execution_id,
        job_id=claim.job_id,
        recipe_id=claim.recipe_id,
        error_name=report.error or "unknown",
        ended=report.ended,
        worker=claim.worker,
        steps=report.steps,
        log=report.log,
        manifest=report.manifest,
    )


@transaction.atomic(durable=True)
def release(claim: Claim) -> bool:
    """Put a running execution back on the queue without using up a try (warm stop).

    What it printed so far is forgotten, as if it had never run. False if it is no longer owned.
    """
    lock_job(claim.job_id, claim.recipe_id)
    released = release_execution(
        execution_id=claim.execution_id,
        job_id=claim.job_id,
        worker=claim.worker,
        now=present(),
    )
    if released:
        forget_log(claim.execution_id)
        log_event(
            logger, "execution_released", job_id=claim.job_id, execution_id=claim.execution_id
        )
        feeder.ask_on_commit()
    return released


def fail_lost_executions() -> int:
    """Fail the executions whose lease ran out with `node-lost`; return how many.

    Does nothing for a lease's length after PostgreSQL started: workers were cut off too, and get
    the time to renew first. One that another transaction holds on to is left for the next time.
    Known weakness: it cannot tell a network cut from a dead worker, so a job may run a second time
    while the first program has not noticed yet.
    """
    lost = run(
        """
        SELECT e.id, e.job_id, e.worker, rj.recipe_id
        FROM job_exe e LEFT JOIN recipe_job rj ON rj.job_id = e.job_id
        WHERE e.status = 'RUNNING' AND e.lease_expires < clock_timestamp()
            AND clock_timestamp() - pg_postmaster_start_time()
                > make_interval(secs => %(lease)s)
        ORDER BY e.id
        """,
        {"lease": conf().lease_seconds},
    )
    return sum(_fail_lost(row) for row in lost)


def _fail_lost(row: Row) -> bool:
    try:
        with transaction.atomic(durable=True):
            limit_waits()
            return _fail(
                execution_id=row["id"],
                job_id=row["job_id"],
                recipe_id=row["recipe_id"],
                error_name=NODE_LOST,
                ended=present(),
                lease_lost=True,
            )
    except OperationalError as exc:
        if not is_held(exc):
            raise
        log_event(logger, "execution_held", logging.WARNING, execution_id=row["id"])
        return False


def fail_executions_of(*, worker: str) -> int:
    """Fail what a worker runs that is known to be dead with `node-lost`; return how many."""
    lost = run(
        """
        SELECT e.id, e.job_id, rj.recipe_id
        FROM job_exe e LEFT JOIN recipe_job rj ON rj.job_id = e.job_id
        WHERE e.status = 'RUNNING' AND e.worker = %(worker)s ORDER BY e.id
        """,
        {"worker": worker},
    )
    return sum(
        _fail(
            execution_id=row["id"],
            job_id=row["job_id"],
            recipe_id=row["recipe_id"],
            error_name=NODE_LOST,
            ended=present(),
            worker=worker,
        )
        for row in lost
    )


@transaction.atomic
def _fail(
    *,
    execution_id: int,
    job_id: int,
    recipe_id: int | None,
    error_name: str,
    ended: datetime,
    worker: str | None = None,
    lease_lost: bool = False,
    steps: Row | None = None,
    log: LogChanges | None = None,
    manifest: Row | None = None,
) -> bool:
    job = lock_job(job_id, recipe_id)
    error = Error.objects.get(name=error_name)
    if not end_execution(
        execution_id=execution_id,
        worker=worker,
        lease_lost=lease_lost,
        status=ExecutionStatus.FAILED,
        ended=ended,
        error_id=error.pk,
        steps=steps,
        manifest=manifest,
    ):
        log_event(logger, "execution_lost", logging.WARNING, execution_id=execution_id)
        return False
    save_log(execution_id, log or LogChanges())
    is_long_running = JobType.objects.values_list("is_long_running", flat=True).get(
        pk=job["job_type_id"]
    )
    verdict = decide(
        category=error.category,
        num_exes=job["num_exes"],
        max_tries=job["max_tries"],
        is_long_running=is_long_running,
    )
    if verdict is Decision.RETRY:
        enqueue_jobs([job_id], now=ended, from_statuses=[JobStatus.RUNNING])
    else:
        fail_jobs([job_id], ended=ended, error_id=error.pk, from_status=JobStatus.RUNNING)
        if recipe_id is not None:
            after_stopped([job_id], now=ended)
        if error.category == Error.Category.SYSTEM:
            pause_if_failing(execution_id=execution_id, now=ended)
    log_event(
        logger,
        "execution_failed",
        job_id=job_id,
        execution_id=execution_id,
        error=error_name,
        retried=verdict is Decision.RETRY,
    )
    feeder.ask_on_commit()
    return True


def lock_job(job_id: int, recipe_id: int | None) -> Row:
    """Lock a job, after its recipe if it has one; return what deciding about it needs."""
    if recipe_id is not None:
        lock_recipes([recipe_id])
    return lock_jobs([job_id])[0]
