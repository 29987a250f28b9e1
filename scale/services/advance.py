"""What a job's change means for the other jobs of its recipe (contract 4.8 to 4.10).

Every function runs in the transaction that changed the job, with the recipe locked, so that the
graph is seen by one actor at a time. Finishing a job touches its children, not the whole recipe.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from scale.domain.lifecycle import JobStatus
from scale.services.transitions import hold_jobs, lock_jobs, run

DESCENDANTS = """
WITH RECURSIVE below AS (
    SELECT e.child_id FROM recipe_edge e JOIN recipe_job p ON p.id = e.parent_id
    WHERE p.job_id = ANY(%(ids)s)
    UNION
    SELECT e.child_id FROM recipe_edge e JOIN below b ON b.child_id = e.parent_id
)
SELECT c.job_id FROM below JOIN recipe_job c ON c.id = below.child_id
JOIN job j ON j.id = c.job_id WHERE j.status = %(status)s ORDER BY c.job_id
"""


def lock_recipes(recipe_ids: Iterable[int]) -> None:
    """Lock recipes, ascending: the first locks of any transaction that takes them."""
    run(
        "SELECT id FROM recipe WHERE id = ANY(%(ids)s) ORDER BY id FOR NO KEY UPDATE",
        {"ids": sorted(recipe_ids)},
    )


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
    rows = run(DESCENDANTS, {"ids": list(job_ids), "status": str(JobStatus.PENDING)})
    waiting = [row["job_id"] for row in rows]
    if waiting:
        lock_jobs(waiting)
        hold_jobs(waiting, to=JobStatus.BLOCKED, now=now)


def after_completed(recipe_id: int, job_id: int, *, ended: datetime) -> None:
    """Queue the children that waited for this job alone, and complete the recipe after its last."""
    raise NotImplementedError
