"""From QUEUED to RUNNING: the statement behind a claim."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from scale.conf import conf
from scale.postgresql.statements import LIMIT_WAITS, Row, run

# What the messages name counts as waiting, whether fed or not; beside it, the first of the queue.
# The statistics of a queue are always out of date: the statement leaves the planner only the
# order of the index, and one look per candidate (docs/decisions/0008); no index is made for a
# status with something behind it. How many are wanted is written out, since the plan is made once
# for any values. Candidates are looked at one by one, in order, until there are enough; what
# another claim has just taken does not count. One of a capped type, which needs a look of its own,
# is not locked.
CLAIM = """
WITH looked AS MATERIALIZED (
    (SELECT id, job_id, job_type_id, priority, queued FROM job_exe
    WHERE status = 'QUEUED' AND dispatched IS NOT NULL
        AND ({limit_waits}) IS NOT NULL
    ORDER BY priority, queued, id LIMIT {depth})
    UNION
    SELECT e.id, e.job_id, e.job_type_id, e.priority, e.queued
    FROM unnest(%(named)s::bigint[]) AS named (id) CROSS JOIN LATERAL (
        SELECT id, job_id, job_type_id, priority, queued, status FROM job_exe
        WHERE job_exe.id = named.id OFFSET 0) e
    WHERE e.status = 'QUEUED'
), runnable AS MATERIALIZED (
    SELECT l.id, l.priority, l.queued, fit.*
    FROM (SELECT * FROM looked ORDER BY priority, queued, id) l CROSS JOIN LATERAL (
        SELECT t.max_scheduled IS NOT NULL AS is_capped,
            j.disk_in_required, j.disk_out_required, j.cpus_required, j.mem_required
        FROM job j
        JOIN job_type t ON t.id = l.job_type_id
        JOIN node n ON n.id = %(node)s AND n.is_active AND NOT n.is_paused
            AND n.cpus >= j.cpus_required AND n.mem >= j.mem_required
            AND n.disk >= coalesce(j.disk_in_required, 0) + coalesce(j.disk_out_required, 0)
        WHERE j.id = l.job_id AND NOT t.is_paused
            AND (t.max_scheduled IS NULL OR t.max_scheduled > (
                SELECT count(*) FROM job_exe r
                WHERE r.job_type_id = t.id AND r.status = 'RUNNING'))
        OFFSET 0
    ) fit LEFT JOIN LATERAL (
        SELECT true AS is_locked FROM job j
        WHERE j.id = l.job_id AND {locks} AND j.status || '' = 'QUEUED'
        FOR NO KEY UPDATE SKIP LOCKED
    ) ours ON true
    WHERE {counts} AND NOT (SELECT is_paused FROM scheduler WHERE id = 1)
    ORDER BY l.priority, l.queued, l.id LIMIT {count}
), first_capped AS (
    SELECT priority, queued, id FROM runnable WHERE is_capped ORDER BY 1, 2, 3 LIMIT 1
), picked AS (
    SELECT r.* FROM runnable r WHERE {chosen}
), claimed AS (
    UPDATE job_exe e SET
        status = 'RUNNING', node_id = %(node)s, worker = %(worker)s, started = %(now)s,
        lease_expires = clock_timestamp() + make_interval(secs => %(lease)s),
        last_modified = %(now)s,
        cpus_scheduled = picked.cpus_required, mem_scheduled = picked.mem_required,
        disk_in_scheduled = picked.disk_in_required, disk_out_scheduled = picked.disk_out_required
    FROM picked
    WHERE e.id = picked.id AND e.id = ANY(ARRAY(SELECT id FROM picked))
        AND e.status || '' = 'QUEUED'
    RETURNING e.id, e.job_id, e.exe_num, e.timeout, e.job_type_id, e.priority, e.queued
), started AS (
    UPDATE job j SET
        status = 'RUNNING', started = %(now)s, ended = NULL,
        last_status_change = %(now)s, last_modified = %(now)s
    WHERE j.id = ANY(ARRAY(SELECT job_id FROM claimed)) AND j.status || '' = 'QUEUED'
    RETURNING j.id, j.data, j.job_type_rev_id, j.event_id
)
SELECT about.*, taken.*
FROM (
    SELECT (SELECT count(*) FROM looked) AS looked,
        EXISTS (SELECT FROM first_capped) AS has_capped,
        EXISTS (SELECT FROM node WHERE id = %(node)s AND is_active AND NOT is_paused) AS may_start
) about LEFT JOIN (
    SELECT c.id AS execution_id, c.job_id, c.exe_num, c.timeout, c.job_type_id,
        c.priority, c.queued,
        s.data, s.job_type_rev_id, s.event_id,
        t.name AS type_name, t.version AS type_version, t.max_scheduled, t.docker_image,
        t.docker_privileged, t.is_operational, rj.recipe_id
    FROM claimed c
    JOIN started s ON s.id = c.job_id
    JOIN job_type t ON t.id = c.job_type_id
    LEFT JOIN LATERAL (
        SELECT recipe_id FROM recipe_job WHERE job_id = c.job_id OFFSET 0) rj ON true
) taken ON true
ORDER BY taken.priority, taken.queued, taken.execution_id
"""

#: Whatever comes before the first of a capped type.
CLAIM_UNCAPPED = partial(
    CLAIM.format,
    limit_waits=LIMIT_WAITS,
    locks="NOT fit.is_capped",
    counts="(fit.is_capped OR ours.is_locked)",
    chosen="""NOT EXISTS (
        SELECT FROM first_capped f
        WHERE (f.priority, f.queued, f.id) <= (r.priority, r.queued, r.id))""",
)
CLAIM_PAST_CAPPED = partial(
    CLAIM.format,
    limit_waits=LIMIT_WAITS,
    locks="NOT fit.is_capped",
    counts="ours.is_locked",
    chosen="true",
)
CLAIM_ANY = partial(
    CLAIM.format, limit_waits=LIMIT_WAITS, locks="true", counts="ours.is_locked", chosen="true"
)

#: How far a claim looks at first, beyond what it wants, and at last: ten lanes full of what may
#: not run.
FIRST_DEPTH = 20
LAST_DEPTH = 20_000


@dataclass(frozen=True, slots=True)
class Started:
    """What a claim found."""

    rows: list[Row]
    #: Whether there may be more to find.
    is_more: bool
    #: Whether one of a capped type, which may run, came in the way.
    has_capped: bool
    #: Whether this node may start executions at all.
    may_start: bool


def start_uncapped(
    *,
    count: int,
    named: Collection[int],
    node_id: int,
    worker: str,
    now: datetime,
    past_capped: bool = False,
) -> Started:
    """Move up to `count` executions that this node may run from QUEUED to RUNNING, in order.

    Stops before the first one of a type that has a cap, unless it may go past. What it moves it
    moves in one statement, so it needs no transaction.

    Raises:
        OperationalError: somebody holds on to what it needs.
    """
    claim = CLAIM_PAST_CAPPED if past_capped else CLAIM_UNCAPPED
    return _start(claim, count, named, node_id, worker, now)


def start_next(*, named: Collection[int], node_id: int, worker: str, now: datetime) -> Row | None:
    """Move the most urgent execution that this node may run from QUEUED to RUNNING, if any.

    The caller still has to check the cap of a type that has one (`over_cap`).
    """
    rows = _start(CLAIM_ANY, 1, named, node_id, worker, now).rows
    return rows[0] if rows else None


def _start(
    claim: Callable[..., str],
    count: int,
    named: Collection[int],
    node_id: int,
    worker: str,
    now: datetime,
) -> Started:
    for depth in (count + FIRST_DEPTH, LAST_DEPTH):
        rows = run(
            claim(count=count, depth=depth),
            {
                "named": list(named),
                "node": node_id,
                "worker": worker,
                "now": now,
                "lease": conf().lease_seconds,
            },
        )
        about = rows[0]
        taken = [row for row in rows if row["execution_id"] is not None]
        is_more = about["has_capped"] or about["looked"] >= depth
        if taken or about["has_capped"] or not is_more:
            break
    return Started(taken, is_more, about["has_capped"], about["may_start"])


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
