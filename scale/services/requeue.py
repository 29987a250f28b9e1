"""Putting finished jobs back (contract 4.9)."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.db import transaction

from scale.domain.documents import BIGINT_MAX
from scale.domain.lifecycle import JobStatus
from scale.domain.times import now as present
from scale.errors import NotFound
from scale.log import log_event
from scale.models import Job
from scale.postgresql.statements import run
from scale.selectors.jobs import list_jobs
from scale.services.advance import after_requeued, lock_recipes, queue_ready
from scale.services.feed import feeder
from scale.services.transitions import lock_selected_jobs, requeue_selected_jobs

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequeueFilters:
    """Which jobs to look at; what is None or empty does not filter (contract 2.3.5)."""

    started: datetime | None = None
    ended: datetime | None = None
    status: JobStatus | None = None
    job_ids: Sequence[int] = ()
    job_type_ids: Sequence[int] = ()
    job_type_names: Sequence[str] = ()
    job_type_categories: Sequence[str] = ()
    error_categories: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Requeued:
    """All the jobs that matched, and one page of them as they stand right after the change."""

    count: int
    jobs: Sequence[Job]


CLAUSES = {
    "started": "j.last_modified >= %(started)s",
    "ended": "j.last_modified <= %(ended)s",
    "status": "j.status = %(status)s",
    "job_ids": "j.id = ANY(%(job_ids)s)",
    "job_type_ids": "j.job_type_id = ANY(%(job_type_ids)s)",
    "job_type_names": "t.name = ANY(%(job_type_names)s)",
    "job_type_categories": "t.category = ANY(%(job_type_categories)s)",
    "error_categories": "e.category = ANY(%(error_categories)s)",
}

# The matches stay in the database: without a filter they are all the jobs there ever were, and a
# hundred thousand that failed are nothing unusual.
TABLE = "CREATE TEMPORARY TABLE requeue_match (id bigint, is_final boolean, recipe_id bigint)"

DUE = "SELECT id FROM requeue_match WHERE is_final"

RECIPES = """
SELECT DISTINCT recipe_id FROM requeue_match
WHERE is_final AND recipe_id IS NOT NULL ORDER BY recipe_id
"""

NEVER_QUEUED = f"SELECT id FROM job WHERE id IN ({DUE}) AND num_exes = 0 ORDER BY id"  # noqa: S608

MATCH = """
WITH matched AS (
    INSERT INTO requeue_match
    SELECT j.id, j.status IN ('FAILED', 'CANCELED'), rj.recipe_id
    FROM job j JOIN job_type t ON t.id = j.job_type_id
    LEFT JOIN error e ON e.id = j.error_id LEFT JOIN recipe_job rj ON rj.job_id = j.id
    WHERE {condition} RETURNING 1
)
SELECT count(*) AS count FROM matched
"""


@transaction.atomic
def requeue_jobs(
    *,
    filters: RequeueFilters,
    priority: int | None = None,
    page: int = 1,
    page_size: int = 100,
) -> Requeued:
    """Put every FAILED or CANCELED job that matches back; return a page of all that matched.

    A job that was queued before gets exactly one more attempt, with the new priority if one is
    given; one that never was becomes PENDING or BLOCKED. Matches of other statuses are left alone.
    The page is in last_modified order. A never-queued job with nothing left to wait for is shown
    as PENDING and queued as this commits.

    Raises:
        NotFound: nothing matches, or there is no such page; then nothing is changed.
    """
    count = _match(filters)
    offset = (page - 1) * page_size
    if count == 0:
        raise NotFound("No job matches.")
    if not 0 <= offset < count:
        raise NotFound(f"There is no page {page}.")
    recipe_ids = [row["recipe_id"] for row in run(RECIPES, {})]
    lock_recipes(recipe_ids)
    lock_selected_jobs(DUE)
    now = present()
    queued = requeue_selected_jobs(DUE, now=now, priority=priority)
    never_queued = [row["id"] for row in run(NEVER_QUEUED, {})] if recipe_ids else []
    ready = after_requeued(recipe_ids, never_queued, now=now)
    shown = Requeued(count, _page(offset, page_size))
    queue_ready(ready, now=now)
    run("DROP TABLE requeue_match", {})
    log_event(logger, "jobs_requeued", matched=count, queued=queued + len(ready))
    feeder.ask_on_commit()
    return shown


def _match(filters: RequeueFilters) -> int:
    given: dict[str, Any] = {
        field.name: value
        for field in fields(filters)
        if (value := getattr(filters, field.name)) not in (None, (), [])
    }
    for name in given.keys() & {"job_ids", "job_type_ids"}:
        given[name] = [one for one in given[name] if 0 < one <= BIGINT_MAX]
    condition = " AND ".join(CLAUSES[name] for name in given) or "true"
    run(TABLE, {})
    rows = run(MATCH.format(condition=condition), given)
    return int(rows[0]["count"])


def _page(offset: int, size: int) -> list[Job]:
    rows = run(
        """
        SELECT j.id FROM requeue_match m JOIN job j ON j.id = m.id
        ORDER BY j.last_modified, j.id OFFSET %(offset)s LIMIT %(size)s
        """,
        {"offset": offset, "size": size},
    )
    ids = [row["id"] for row in rows]
    return list(list_jobs().filter(pk__in=ids).order_by("last_modified", "id"))
