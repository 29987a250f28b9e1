"""What a job's change means for the other jobs of its recipe (contract 4.8 to 4.10).

Every function runs in the transaction that changed the job, with the recipe locked, so that the
graph is seen by one actor at a time; jobs that were never queued change under that lock alone.
Finishing a job touches its children, not the whole recipe.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from scale.domain.builtin_errors import UNKNOWN
from scale.domain.lifecycle import JobStatus
from scale.models import Error
from scale.postgresql.statements import LIMIT_WAITS, run
from scale.services.assembly import give_recipe_data
from scale.services.transitions import enqueue_jobs, fail_jobs, hold_jobs

# The lateral joins keep to the index whatever the statistics say: a walk of a thousand steps must
# not read all the edges there are at each of them.
CHILDREN = "LATERAL (SELECT child_id FROM recipe_edge WHERE parent_id = {} OFFSET 0) e"

DESCENDANTS = f"""
WITH RECURSIVE below AS (
    SELECT e.child_id FROM recipe_job p CROSS JOIN {CHILDREN.format("p.id")}
    WHERE p.job_id = ANY(%(ids)s)
    UNION
    SELECT e.child_id FROM below b CROSS JOIN {CHILDREN.format("b.child_id")}
)
SELECT c.job_id FROM below b
CROSS JOIN LATERAL (SELECT job_id FROM recipe_job WHERE id = b.child_id OFFSET 0) c
"""  # noqa: S608 -- columns are put in


LOCK_RECIPES = "SELECT id FROM recipe WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE"
LOCK_FREE_RECIPES = f"""
SELECT id FROM recipe WHERE id = ANY(%(ids)s) AND ({LIMIT_WAITS}) IS NOT NULL
ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
"""  # noqa: S608 -- a statement is put in


def lock_recipes(recipe_ids: Iterable[int], *, waits: bool = True) -> set[int]:
    """Lock recipes, ascending, and return them: the first locks of any transaction that takes them.

    Without `waits` those that somebody else holds are left out, and the rest of the transaction
    waits no longer than a moment for anything.
    """
    rows = run(LOCK_RECIPES if waits else LOCK_FREE_RECIPES, {"ids": sorted(recipe_ids)})
    return {row["id"] for row in rows}


def recipes_of(job_ids: Iterable[int]) -> list[int]:
    """Return the ids of the recipes that hold any of the jobs, ascending."""
    rows = run(
        """
        SELECT DISTINCT recipe_id FROM recipe_job WHERE job_id = ANY(%(ids)s) ORDER BY recipe_id
        """,
        {"ids": list(job_ids)},
    )
    return [row["recipe_id"] for row in rows]


def after_stopped(job_ids: Sequence[int], *, now: datetime) -> None:
    """Block what waits, directly or not, for jobs that FAILED for good or were CANCELED."""
    rows = run(DESCENDANTS, {"ids": list(job_ids)})
    waiting = [row["job_id"] for row in rows]
    hold_jobs(waiting, to=JobStatus.BLOCKED, now=now, from_statuses=[JobStatus.PENDING])


# Each job and child once, whoever else is its parent: the rows are locked with their recipes.
COMPLETED = f"""
WITH done AS MATERIALIZED (
    SELECT p.id, p.recipe_id, told.ended
    FROM unnest(%(ids)s::bigint[], %(ended)s::timestamptz[]) AS told (job_id, ended)
    CROSS JOIN LATERAL (
        SELECT id, recipe_id FROM recipe_job WHERE job_id = told.job_id OFFSET 0) p
), recipes AS MATERIALIZED (
    SELECT recipe_id, count(*) AS jobs, max(ended) AS ended FROM done GROUP BY recipe_id
), children AS MATERIALIZED (
    SELECT e.child_id, count(*) AS parents FROM done CROSS JOIN {CHILDREN.format("done.id")}
    GROUP BY e.child_id
), counted AS (
    UPDATE recipe SET unfinished = unfinished - r.jobs,
        completed = CASE WHEN unfinished = r.jobs THEN r.ended END,
        last_modified = CASE WHEN unfinished = r.jobs THEN r.ended ELSE last_modified END
    FROM recipes r
    WHERE recipe.id = r.recipe_id AND recipe.id = ANY(ARRAY(SELECT recipe_id FROM recipes))
), met AS (
    UPDATE recipe_job c SET unmet = c.unmet - children.parents
    FROM children
    WHERE c.id = children.child_id AND c.id = ANY(ARRAY(SELECT child_id FROM children))
    RETURNING c.job_id, c.unmet
)
SELECT id AS job_id FROM job
WHERE id = ANY(ARRAY(SELECT job_id FROM met WHERE unmet = 0)) AND status = %(pending)s
ORDER BY id
"""  # noqa: S608 -- columns are put in


def after_completed(ended: Mapping[int, datetime]) -> list[int]:
    """Count jobs that COMPLETED, by when they ended; complete the recipes they were the last of.

    Returns the PENDING jobs that waited for these alone: the caller has to queue them.
    """
    rows = run(
        COMPLETED,
        {
            "ids": list(ended),
            "ended": list(ended.values()),
            "pending": str(JobStatus.PENDING),
        },
    )
    return [row["job_id"] for row in rows]


# Held is what has an ancestor that is FAILED or CANCELED and stays so.
HELD = f"""
WITH RECURSIVE held AS (
    SELECT e.child_id
    FROM recipe_job r JOIN job j ON j.id = r.job_id CROSS JOIN {CHILDREN.format("r.id")}
    WHERE r.recipe_id = ANY(%(recipes)s) AND j.status IN ('FAILED', 'CANCELED')
        AND j.id <> ALL(%(never_queued)s)
    UNION
    SELECT e.child_id FROM held h CROSS JOIN {CHILDREN.format("h.child_id")}
)
SELECT r.job_id, h.child_id IS NOT NULL AS is_held, r.unmet
FROM recipe_job r JOIN job j ON j.id = r.job_id LEFT JOIN held h ON h.child_id = r.id
WHERE r.recipe_id = ANY(%(recipes)s)
    AND (j.status = 'BLOCKED' OR (r.job_id = ANY(%(never_queued)s) AND j.status <> 'PENDING'))
"""  # noqa: S608 -- columns are put in


def after_requeued(
    recipe_ids: Sequence[int], never_queued: Sequence[int], *, now: datetime
) -> list[int]:
    """Settle recipes of requeued jobs: what has no blocking ancestor left becomes PENDING.

    `never_queued` are the requeued jobs that have no execution: they become PENDING or BLOCKED.
    Returns the PENDING jobs that wait for nothing: the caller has to queue them.
    """
    if not recipe_ids:
        return []
    rows = run(HELD, {"recipes": list(recipe_ids), "never_queued": list(never_queued)})
    free = [row for row in rows if not row["is_held"]]
    hold_jobs([row["job_id"] for row in rows if row["is_held"]], to=JobStatus.BLOCKED, now=now)
    hold_jobs([row["job_id"] for row in free], to=JobStatus.PENDING, now=now)
    return sorted(row["job_id"] for row in free if row["unmet"] == 0)


def queue_ready(job_ids: Sequence[int], *, now: datetime) -> list[int]:
    """Give PENDING jobs their data (contract 4.10) and put them on the queue.

    A job whose data cannot be assembled becomes FAILED with `unknown`, and blocks its descendants.
    Returns the executions of the others.
    """
    if not job_ids:
        return []
    ready, faulty = give_recipe_data(job_ids)
    queued = enqueue_jobs(ready, now=now, from_statuses=[JobStatus.PENDING])
    if faulty:
        error = Error.objects.get(name=UNKNOWN)
        fail_jobs(faulty, ended=now, error_id=error.pk, from_status=JobStatus.PENDING)
        after_stopped(faulty, now=now)
    return queued
