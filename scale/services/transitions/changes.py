"""Every change of a status but the claim and the plain completion.

Rows are found by their ids: no index is made for a status with something behind it. By the
statistics, always out of date, a status may seem to be rare that a million rows have
(docs/decisions/0008).
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from psycopg.types.json import Jsonb

from scale.conf import conf
from scale.domain.lifecycle import ExecutionStatus, JobStatus, sources
from scale.postgresql.statements import Row, run


def lock_jobs(job_ids: Iterable[int]) -> list[Row]:
    """Lock the jobs, ascending, and return what deciding about them needs."""
    return run(
        """
        SELECT id, status, num_exes, max_tries, job_type_id FROM job
        WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE
        """,
        {"ids": sorted(job_ids)},
    )


LOCK_SELECTED = """
SELECT count(*) AS count FROM (
    SELECT FROM job WHERE id IN ({selection}) ORDER BY id FOR NO KEY UPDATE) locked
"""


def lock_selected_jobs(selection: str) -> int:
    """Lock the jobs whose ids a query returns, ascending; return how many."""
    rows = run(LOCK_SELECTED.format(selection=selection), {})
    return int(rows[0]["count"])


ENQUEUE = """
WITH moved AS (
    UPDATE job SET
        status = 'QUEUED', queued = %(now)s, started = NULL, ended = NULL, error_id = NULL,
        last_status_change = %(now)s, last_modified = %(now)s,
        max_tries = CASE WHEN %(one_more_try)s THEN num_exes + 1 ELSE max_tries END,
        num_exes = num_exes + 1,
        priority = coalesce(%(priority)s, priority)
    WHERE {chosen} AND status || '' = ANY(%(sources)s)
    RETURNING id, num_exes, job_type_id, priority, timeout, command_arguments
), alike AS (
    UPDATE job_exe e SET priority = moved.priority FROM moved
    WHERE %(priority)s::int IS NOT NULL AND e.job_id = moved.id AND e.priority <> moved.priority
), queued AS (
    INSERT INTO job_exe (
        job_id, exe_num, status, timeout, command_arguments, job_type_id, priority, lane,
        created, queued, last_modified
    )
    SELECT id, num_exes, 'QUEUED', timeout, command_arguments, job_type_id, priority,
        width_bucket(priority::bigint - 1, %(lane_bounds)s), %(now)s, %(now)s, %(now)s
    FROM moved ORDER BY id
    RETURNING id
)
SELECT {told} FROM queued
"""


def enqueue_jobs(
    job_ids: Sequence[int], *, now: datetime, from_statuses: Iterable[JobStatus]
) -> list[int]:
    """Put jobs on the queue, each with a new execution; return these."""
    rows = _enqueue(
        "id = ANY(%(ids)s)", "id", ids=list(job_ids), now=now, from_statuses=from_statuses
    )
    return [row["id"] for row in rows]


def requeue_selected_jobs(selection: str, *, now: datetime, priority: int | None) -> int:
    """Put FAILED and CANCELED jobs whose ids a query returns back for one more try.

    Sets max_tries so that exactly this attempt is allowed (contract 4.9). Returns how many were put
    back; those that were never queued are left alone. However many there are, they do not leave the
    database.
    """
    rows = _enqueue(
        f"id IN ({selection}) AND num_exes > 0",
        "count(*) AS count",
        now=now,
        from_statuses=[JobStatus.FAILED, JobStatus.CANCELED],
        priority=priority,
        one_more_try=True,
    )
    return int(rows[0]["count"])


def _enqueue(
    chosen: str,
    told: str,
    *,
    from_statuses: Iterable[JobStatus],
    priority: int | None = None,
    one_more_try: bool = False,
    **parameters: Any,
) -> list[Row]:
    parameters |= {
        "sources": [str(status) for status in from_statuses],
        "priority": priority,
        "one_more_try": one_more_try,
        "lane_bounds": list(conf().lane_bounds),
    }
    return run(ENQUEUE.format(chosen=chosen, told=told), parameters)


STEP_COLUMNS = (
    "command_arguments",
    "pre_started",
    "pre_completed",
    "pre_exit_code",
    "job_started",
    "job_completed",
    "job_exit_code",
    "post_started",
    "post_completed",
    "post_exit_code",
)


def note_steps(*, execution_id: int, worker: str, steps: Row, now: datetime) -> bool:
    """Record how far a running execution has come, if `worker` still owns it."""
    columns = ", ".join(f"{name} = %({name})s" for name in STEP_COLUMNS if name in steps)
    return bool(
        run(
            f"""
            UPDATE job_exe SET {columns}, last_modified = %(now)s
            WHERE id = %(id)s AND status = 'RUNNING' AND worker = %(worker)s RETURNING id
            """,  # noqa: S608 -- the columns are named above
            {**steps, "id": execution_id, "worker": worker, "now": now},
        )
    )


def end_execution(
    *,
    execution_id: int,
    status: ExecutionStatus,
    ended: datetime,
    worker: str | None = None,
    lease_lost: bool = False,
    error_id: int | None = None,
    steps: Row | None = None,
    results: Row | None = None,
    manifest: Row | None = None,
) -> bool:
    """Move a RUNNING execution to a final status; False if it is no longer the caller's to end.

    The caller is its owner (`worker`) or the reaper (`lease_lost`): one of the two must hold.
    """
    steps = steps or {}
    columns = "".join(f", {name} = %({name})s" for name in STEP_COLUMNS if name in steps)
    owner = "lease_expires < clock_timestamp()" if lease_lost else "worker = %(worker)s"
    return bool(
        run(
            f"""
            UPDATE job_exe SET status = %(status)s, ended = %(ended)s, last_modified = %(ended)s,
                error_id = %(error)s, lease_expires = NULL,
                results = coalesce(%(results)s, results),
                results_manifest = coalesce(%(manifest)s, results_manifest){columns}
            WHERE id = %(id)s AND status = 'RUNNING' AND {owner}
            RETURNING id
            """,  # noqa: S608 -- the columns are named above
            {
                **steps,
                "id": execution_id,
                "status": str(status),
                "ended": ended,
                "error": error_id,
                "worker": worker,
                "results": None if results is None else Jsonb(results),
                "manifest": None if manifest is None else Jsonb(manifest),
            },
        )
    )


def complete_job(job_id: int, *, ended: datetime, results: Row) -> bool:
    """Move a job from RUNNING to COMPLETED with its results."""
    return bool(
        run(
            """
            UPDATE job SET status = 'COMPLETED', ended = %(ended)s, results = %(results)s,
                last_status_change = %(ended)s, last_modified = %(ended)s
            WHERE id = %(id)s AND status = ANY(%(sources)s) RETURNING id
            """,
            {
                "id": job_id,
                "ended": ended,
                "results": Jsonb(results),
                "sources": [str(s) for s in sources(JobStatus.COMPLETED)],
            },
        )
    )


def fail_jobs(
    job_ids: Sequence[int], *, ended: datetime, error_id: int, from_status: JobStatus
) -> list[int]:
    """Move jobs to FAILED with their error; return the jobs that moved."""
    rows = run(
        """
        UPDATE job SET status = 'FAILED', ended = %(ended)s, error_id = %(error)s,
            last_status_change = %(ended)s, last_modified = %(ended)s
        WHERE id = ANY(%(ids)s) AND status || '' = %(source)s RETURNING id
        """,
        {"ids": list(job_ids), "ended": ended, "error": error_id, "source": str(from_status)},
    )
    return [row["id"] for row in rows]


def cancel_jobs(job_ids: Sequence[int], *, now: datetime) -> list[int]:
    """Move jobs, and their unfinished executions, to CANCELED; return the jobs that moved."""
    rows = run(
        """
        WITH moved AS (
            UPDATE job SET status = 'CANCELED', ended = %(now)s, error_id = NULL,
                last_status_change = %(now)s, last_modified = %(now)s
            WHERE id = ANY(%(ids)s) AND status || '' = ANY(%(sources)s) RETURNING id
        ), stopped AS (
            UPDATE job_exe e SET status = 'CANCELED', ended = %(now)s, last_modified = %(now)s,
                lease_expires = NULL
            FROM moved WHERE e.job_id = moved.id AND e.job_id = ANY(%(ids)s)
                AND e.status || '' IN ('QUEUED', 'RUNNING')
        )
        SELECT id FROM moved ORDER BY id
        """,
        {
            "ids": list(job_ids),
            "now": now,
            "sources": [str(s) for s in sources(JobStatus.CANCELED)],
        },
    )
    return [row["id"] for row in rows]


def hold_jobs(
    job_ids: Sequence[int],
    *,
    to: JobStatus,
    now: datetime,
    from_statuses: Iterable[JobStatus] | None = None,
) -> list[int]:
    """Move never-queued jobs to PENDING or BLOCKED; return the jobs that moved."""
    rows = run(
        """
        UPDATE job SET status = %(to)s, ended = NULL, error_id = NULL,
            last_status_change = %(now)s, last_modified = %(now)s
        WHERE id = ANY(%(ids)s) AND status || '' = ANY(%(sources)s) AND status || '' <> %(to)s
            AND num_exes = 0
        RETURNING id
        """,
        {
            "ids": list(job_ids),
            "to": str(to),
            "now": now,
            "sources": [str(s) for s in from_statuses or sources(to)],
        },
    )
    return [row["id"] for row in rows]


def release_execution(*, execution_id: int, job_id: int, worker: str, now: datetime) -> bool:
    """Put a RUNNING execution back on the queue as if it had never started (warm stop).

    The same row returns: its try is not used up, and its owner loses it.
    """
    return bool(
        run(
            """
            WITH released AS (
                UPDATE job_exe SET status = 'QUEUED', node_id = NULL, worker = NULL,
                    lease_expires = NULL, dispatched = NULL, started = NULL,
                    pre_started = NULL, pre_completed = NULL, pre_exit_code = NULL,
                    job_started = NULL, job_completed = NULL, job_exit_code = NULL,
                    post_started = NULL, post_completed = NULL, post_exit_code = NULL,
                    last_modified = %(now)s
                WHERE id = %(id)s AND status = 'RUNNING' AND worker = %(worker)s
                RETURNING job_id
            )
            UPDATE job SET status = 'QUEUED', started = NULL,
                last_status_change = %(now)s, last_modified = %(now)s
            FROM released WHERE job.id = released.job_id AND job.status = 'RUNNING'
            RETURNING job.id
            """,
            {"id": execution_id, "job_id": job_id, "worker": worker, "now": now},
        )
    )
