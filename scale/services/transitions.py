"""The guarded statements that change a status: the only writers of one.

Each is one statement that moves rows only from a status the life cycle allows, and answers with
what moved; a lost race is a smaller answer, never an exception. All run inside a caller's
transaction. Whoever changes an execution's status holds its job's row. Locks are taken in the order
Recipe, Job, files, JobExecution, ids ascending, and last of all the JobType of a capped claim.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from psycopg.types.json import Jsonb

from scale.conf import conf
from scale.domain.lifecycle import ExecutionStatus, JobStatus, sources

Row = dict[str, Any]


def run(sql: str, parameters: dict[str, Any]) -> list[Row]:
    """Run one statement and return its rows as dictionaries."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        if cursor.description is None:
            return []
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def lock_jobs(job_ids: Iterable[int]) -> list[Row]:
    """Lock the jobs, ascending, and return what deciding about them needs."""
    return run(
        """
        SELECT id, status, num_exes, max_tries, job_type_id FROM job
        WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE
        """,
        {"ids": sorted(job_ids)},
    )


ENQUEUE = """
WITH moved AS (
    UPDATE job SET
        status = 'QUEUED', queued = %(now)s, started = NULL, ended = NULL, error_id = NULL,
        last_status_change = %(now)s, last_modified = %(now)s,
        max_tries = CASE WHEN %(one_more_try)s THEN num_exes + 1 ELSE max_tries END,
        num_exes = num_exes + 1,
        priority = coalesce(%(priority)s, priority)
    WHERE id = ANY(%(ids)s) AND status = ANY(%(sources)s)
    RETURNING id, num_exes, job_type_id, priority, timeout, command_arguments
)
INSERT INTO job_exe (
    job_id, exe_num, status, timeout, command_arguments, job_type_id, priority, lane,
    created, queued, last_modified
)
SELECT id, num_exes, 'QUEUED', timeout, command_arguments, job_type_id, priority,
    width_bucket(priority::bigint - 1, %(lane_bounds)s), %(now)s, %(now)s, %(now)s
FROM moved ORDER BY id
RETURNING id, job_id
"""


def enqueue_jobs(
    job_ids: Sequence[int],
    *,
    now: datetime,
    from_statuses: Iterable[JobStatus] | None = None,
    priority: int | None = None,
    one_more_try: bool = False,
) -> list[Row]:
    """Put jobs on the queue, each with a new execution; return the executions' id and job_id.

    `one_more_try` sets max_tries so that exactly this attempt is allowed (contract 4.9).
    """
    return run(
        ENQUEUE,
        {
            "ids": list(job_ids),
            "sources": [str(s) for s in from_statuses or sources(JobStatus.QUEUED)],
            "now": now,
            "priority": priority,
            "one_more_try": one_more_try,
            "lane_bounds": list(conf().lane_bounds),
        },
    )


# The hint is the execution that the message names: it is taken, so that monitors usually show what
# really runs, unless something waits that is more urgent, or as urgent and was queued before. The
# second's grace is for what others are claiming at this moment. Otherwise the most urgent is taken,
# looked for among the first few of the queue, then among all that the window holds. The statistics
# of a queue are always out of date: the statements leave the planner only the index's order.
CLAIM = """
WITH picked AS (
    SELECT e.id, e.job_id, j.disk_in_required, j.disk_out_required, j.cpus_required, j.mem_required
    FROM {candidates} e
    JOIN job j ON j.id = e.job_id
    JOIN job_type t ON t.id = e.job_type_id
    JOIN node n ON n.id = %(node)s AND n.is_active AND NOT n.is_paused
        AND n.cpus >= j.cpus_required AND n.mem >= j.mem_required
        AND n.disk >= coalesce(j.disk_in_required, 0) + coalesce(j.disk_out_required, 0)
    WHERE NOT t.is_paused AND {cap}
        AND NOT (SELECT is_paused FROM scheduler WHERE id = 1)
    ORDER BY e.priority, e.queued, e.id LIMIT 1
    FOR NO KEY UPDATE OF j SKIP LOCKED
), claimed AS (
    UPDATE job_exe e SET
        status = 'RUNNING', node_id = %(node)s, worker = %(worker)s, started = %(now)s,
        lease_expires = clock_timestamp() + make_interval(secs => %(lease)s),
        last_modified = %(now)s,
        cpus_scheduled = picked.cpus_required, mem_scheduled = picked.mem_required,
        disk_in_scheduled = picked.disk_in_required, disk_out_scheduled = picked.disk_out_required
    FROM picked WHERE e.id = picked.id AND e.status = 'QUEUED'
    RETURNING e.id, e.job_id, e.exe_num, e.timeout, e.job_type_id
), started AS (
    UPDATE job j SET
        status = 'RUNNING', started = %(now)s, ended = NULL,
        last_status_change = %(now)s, last_modified = %(now)s
    FROM claimed c WHERE j.id = c.job_id AND j.status = 'QUEUED'
    RETURNING j.id, j.data, j.job_type_rev_id, j.event_id
)
SELECT c.id AS execution_id, c.job_id, c.exe_num, c.timeout, c.job_type_id,
    s.data, s.job_type_rev_id, s.event_id,
    t.name AS type_name, t.version AS type_version, t.max_scheduled, t.docker_image,
    t.docker_privileged, t.is_operational, rj.recipe_id
FROM claimed c
JOIN started s ON s.id = c.job_id
JOIN job_type t ON t.id = c.job_type_id
LEFT JOIN recipe_job rj ON rj.job_id = c.job_id
"""

UNCAPPED = "t.max_scheduled IS NULL"
BELOW_CAP = """(t.max_scheduled IS NULL OR t.max_scheduled > (
        SELECT count(*) FROM job_exe r WHERE r.job_type_id = t.id AND r.status = 'RUNNING'))"""

CLAIM_HINT = CLAIM.format(
    cap=UNCAPPED,
    candidates="""(
        SELECT id, job_id, job_type_id, priority, queued FROM job_exe
        WHERE id = %(hint)s AND status = 'QUEUED' AND (priority, queued) <= ALL (
            SELECT priority, queued + interval '1 second' FROM job_exe
            WHERE status = 'QUEUED' AND dispatched IS NOT NULL
            ORDER BY priority, queued, id LIMIT 1)
    )""",
)

CLAIM_NEXT = CLAIM.format(
    cap=BELOW_CAP,
    candidates="""(
        SELECT id, job_id, job_type_id, priority, queued FROM job_exe
        WHERE status = 'QUEUED' AND dispatched IS NOT NULL
        ORDER BY priority, queued, id LIMIT %(depth)s
    )""",
)

#: How far a claim looks at first, and at last: ten lanes full of what may not run.
DEPTHS = (20, 20_000)


def start_hinted(*, hint: int, node_id: int, worker: str, now: datetime) -> Row | None:
    """Move the hinted execution from QUEUED to RUNNING unless another one's turn comes before.

    One statement, so it needs no transaction around it. None also for a type that has a cap.
    """
    rows = run(CLAIM_HINT, {**_claim_parameters(node_id, worker, now), "hint": hint})
    return rows[0] if rows else None


def start_next(*, node_id: int, worker: str, now: datetime) -> Row | None:
    """Move the most urgent execution that this node may run from QUEUED to RUNNING, if any.

    The caller still has to check the cap of a type that has one (`over_cap`).
    """
    rows: list[Row] = []
    for depth in DEPTHS:
        parameters = {**_claim_parameters(node_id, worker, now), "depth": depth}
        rows = rows or run(CLAIM_NEXT, parameters)
    return rows[0] if rows else None


def _claim_parameters(node_id: int, worker: str, now: datetime) -> dict[str, Any]:
    return {"node": node_id, "worker": worker, "now": now, "lease": conf().lease_seconds}


def over_cap(job_type_id: int) -> bool:
    """Lock a capped type and tell whether more of its executions run than it allows."""
    rows = run(
        """
        WITH capped AS (
            SELECT id, max_scheduled FROM job_type WHERE id = %(id)s FOR NO KEY UPDATE
        )
        SELECT max_scheduled FROM capped
        """,
        {"id": job_type_id},
    )
    # A statement of its own, so that it sees what committed while the lock was waited for.
    running = run(
        """
        SELECT count(*) AS running FROM job_exe
        WHERE job_type_id = %(id)s AND status = 'RUNNING'
        """,
        {"id": job_type_id},
    )
    cap = rows[0]["max_scheduled"]
    return cap is not None and running[0]["running"] > cap


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


# One statement is one round trip and one commit: most jobs end like this.
COMPLETE = """
WITH locked AS (
    SELECT id FROM job WHERE id = %(job)s FOR NO KEY UPDATE
), ended AS (
    UPDATE job_exe SET status = 'COMPLETED', ended = %(ended)s, last_modified = %(ended)s,
        lease_expires = NULL, results = %(results)s, results_manifest = %(manifest)s,
        command_arguments = %(command_arguments)s,
        pre_started = %(pre_started)s, pre_completed = %(pre_completed)s,
        pre_exit_code = %(pre_exit_code)s,
        job_started = %(job_started)s, job_completed = %(job_completed)s,
        job_exit_code = %(job_exit_code)s,
        post_started = %(post_started)s, post_completed = %(post_completed)s,
        post_exit_code = %(post_exit_code)s
    FROM locked
    WHERE job_exe.id = %(id)s AND job_id = locked.id AND status = 'RUNNING'
        AND worker = %(worker)s
    RETURNING job_exe.id, job_id
), logged AS (
    INSERT INTO job_exe_log (job_exe_id, stream, seq, text, created)
    SELECT ended.id, piece.stream, piece.seq, piece.text, %(ended)s
    FROM ended, unnest(%(streams)s::text[], %(seqs)s::int[], %(texts)s::text[])
        AS piece (stream, seq, text)
    ON CONFLICT (job_exe_id, stream, seq) DO UPDATE SET text = excluded.text
)
UPDATE job SET status = 'COMPLETED', ended = %(ended)s, results = %(results)s,
    last_status_change = %(ended)s, last_modified = %(ended)s
FROM ended WHERE job.id = ended.job_id AND job.status = 'RUNNING'
RETURNING job.id
"""


def complete_execution_and_job(
    *,
    execution_id: int,
    job_id: int,
    worker: str,
    ended: datetime,
    steps: Row,
    results: Row,
    manifest: Row,
    log: Mapping[tuple[str, int], str],
) -> bool:
    """Complete an execution and its job in one statement, which needs no transaction around it.

    For what touches no other rows: a job outside recipes that made no products. False if the
    execution is no longer the worker's.
    """
    return bool(
        run(
            COMPLETE,
            {
                **steps,
                "id": execution_id,
                "job": job_id,
                "worker": worker,
                "ended": ended,
                "results": Jsonb(results),
                "manifest": Jsonb(manifest),
                "streams": [stream for stream, _ in log],
                "seqs": [seq for _, seq in log],
                "texts": list(log.values()),
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
        WHERE id = ANY(%(ids)s) AND status = %(source)s RETURNING id
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
            WHERE id = ANY(%(ids)s) AND status = ANY(%(sources)s) RETURNING id
        ), stopped AS (
            UPDATE job_exe e SET status = 'CANCELED', ended = %(now)s, last_modified = %(now)s,
                lease_expires = NULL
            FROM moved WHERE e.job_id = moved.id AND e.status IN ('QUEUED', 'RUNNING')
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
        WHERE id = ANY(%(ids)s) AND status = ANY(%(sources)s) AND status <> %(to)s
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
