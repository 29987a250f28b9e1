"""Deleting what is older than its age limit, in small batches, and never what is unfinished.

Jobs that made products, and recipes with such jobs, are kept for as long as the products' records:
these say which job they come from.
"""

import logging
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from django.db import transaction

from scale.conf import conf
from scale.domain.lifecycle import FINAL
from scale.domain.times import now as present
from scale.log import log_event
from scale.postgresql.statements import run
from scale.services.load import roll_up

logger = logging.getLogger(__name__)

#: How long one turn may take; what it leaves over is for the next.
TURN_SECONDS = 20.0
BATCH = 1000
#: A recipe stands for all its jobs.
RECIPE_BATCH = 100

#: Deletes a batch of what is older than an instant; returns how many, and whether to go on.
Step = Callable[[datetime], tuple[int, bool]]

LOGS = """
DELETE FROM job_exe_log WHERE id IN (
    SELECT l.id FROM job_exe_log l JOIN job_exe e ON e.id = l.job_exe_id
    WHERE l.created < %(before)s AND e.ended IS NOT NULL
    ORDER BY l.created LIMIT %(batch)s FOR UPDATE OF l SKIP LOCKED)
RETURNING id
"""

LOAD = """
DELETE FROM job_load WHERE id IN (
    SELECT id FROM job_load WHERE measured < %(before)s
    ORDER BY measured LIMIT %(batch)s FOR UPDATE SKIP LOCKED)
RETURNING id
"""

NO_PRODUCT = "NOT EXISTS (SELECT 1 FROM scale_file f WHERE f.job_id = j.id)"

#: Of jobs `j`: finished before, in no recipe, and without products.
OLD_JOB = "j.status = ANY(%(final)s) AND j.last_status_change < %(before)s"
FREE_JOB = (
    f"{OLD_JOB} AND {NO_PRODUCT} "  # noqa: S608 -- of the conditions above
    "AND NOT EXISTS (SELECT 1 FROM recipe_job rj WHERE rj.job_id = j.id)"
)

#: Of recipes `r`: all their jobs finished before, and none has products.
FREE_RECIPE = (
    "r.last_modified < %(before)s AND NOT EXISTS ("  # noqa: S608 -- of the conditions above
    "SELECT 1 FROM recipe_job rj JOIN job j ON j.id = rj.job_id "
    f"WHERE rj.recipe_id = r.id AND NOT ({OLD_JOB} AND {NO_PRODUCT}))"
)

OLDEST = """
SELECT id, {stamp} AS stamp, {free} AS is_free FROM {table} {alias}
WHERE ({stamp}, id) > (%(after)s, %(after_id)s) AND {stamp} < %(before)s
ORDER BY {stamp}, id LIMIT %(batch)s
"""


class Sweep:
    """Goes through a table from its oldest row on, batch after batch, past what must be kept.

    Without a memory each turn would look at the same kept rows again. It lives in the process:
    after the end, or a restart, the sweep begins anew.
    """

    def __init__(self, *, table: str, alias: str, stamp: str, free: str, batch: int) -> None:
        self._sql = OLDEST.format(table=table, alias=alias, stamp=stamp, free=free)
        self._batch = batch
        self._rewind()

    def _rewind(self) -> None:
        self._after = (datetime.fromtimestamp(0, UTC), 0)

    def next_batch(self, before: datetime) -> tuple[list[int], bool]:
        """Return which rows of the next batch may go, and whether there are more batches."""
        rows = run(
            self._sql,
            {
                **_limits(before),
                "after": self._after[0],
                "after_id": self._after[1],
                "batch": self._batch,
            },
        )
        more = len(rows) == self._batch
        if more:
            self._after = (rows[-1]["stamp"], rows[-1]["id"])
        else:
            self._rewind()
        return [row["id"] for row in rows if row["is_free"]], more


def _limits(before: datetime) -> dict[str, object]:
    return {"before": before, "final": [str(status) for status in FINAL]}


JOBS = Sweep(table="job", alias="j", stamp="last_status_change", free=FREE_JOB, batch=BATCH)
RECIPES = Sweep(
    table="recipe", alias="r", stamp="last_modified", free=FREE_RECIPE, batch=RECIPE_BATCH
)


def prune() -> dict[str, int]:
    """Delete what has outlived its age limit, for a bounded time; return how many of each.

    Minutely load samples that are old enough become hourly ones.
    """
    deadline = time.monotonic() + TURN_SECONDS
    steps: dict[str, tuple[Step, int]] = {
        "recipes": (_prune_recipes, conf().keep_jobs_days),
        "jobs": (_prune_jobs, conf().keep_jobs_days),
        "logs": (lambda before: _delete(LOGS, before), conf().keep_logs_days),
        "load": (lambda before: _delete(LOAD, before), conf().keep_load_days),
        "hours": (_roll_up, conf().keep_load_minutes_days),
    }
    now = present()
    gone = {
        name: _repeat(step, now - timedelta(days=days), deadline) if days else 0
        for name, (step, days) in steps.items()
    }
    if any(gone.values()):
        log_event(logger, "pruned", **gone)
    return gone


def _repeat(step: Step, before: datetime, deadline: float) -> int:
    total, more = 0, True
    while more and time.monotonic() < deadline:
        count, more = step(before)
        total += count
    return total


def _roll_up(before: datetime) -> tuple[int, bool]:
    done = roll_up(before)
    return int(done), done


def _delete(sql: str, before: datetime) -> tuple[int, bool]:
    count = len(run(sql, {"before": before, "batch": BATCH}))
    return count, count == BATCH


@transaction.atomic
def _prune_jobs(before: datetime) -> tuple[int, bool]:
    free, more = JOBS.next_batch(before)
    # Looked at again under the lock: a requeue may have been faster.
    rows = run(
        f"""
        SELECT j.id FROM job j WHERE j.id = ANY(%(ids)s) AND {FREE_JOB}
        ORDER BY j.id FOR UPDATE SKIP LOCKED
        """,  # noqa: S608 -- the condition is written above
        {**_limits(before), "ids": free},
    )
    _delete_jobs([row["id"] for row in rows])
    return len(rows), more


@transaction.atomic
def _prune_recipes(before: datetime) -> tuple[int, bool]:
    free, more = RECIPES.next_batch(before)
    locked = run(
        """
        SELECT id FROM recipe WHERE id = ANY(%(ids)s) ORDER BY id FOR UPDATE SKIP LOCKED
        """,
        {"ids": free},
    )
    # Nobody changes a job of a recipe without the recipe's lock, but before it was ours they did.
    rows = run(
        f"SELECT r.id FROM recipe r WHERE r.id = ANY(%(ids)s) AND {FREE_RECIPE}",  # noqa: S608
        {**_limits(before), "ids": [row["id"] for row in locked]},
    )
    recipe_ids = [row["id"] for row in rows]
    jobs = run(
        """
        SELECT id FROM job WHERE id IN (
            SELECT job_id FROM recipe_job WHERE recipe_id = ANY(%(ids)s))
        ORDER BY id FOR UPDATE
        """,
        {"ids": recipe_ids},
    )
    for sql in (
        """
        DELETE FROM recipe_edge USING recipe_job c
        WHERE c.id = recipe_edge.child_id AND c.recipe_id = ANY(%(ids)s)
        """,
        "DELETE FROM recipe_job WHERE recipe_id = ANY(%(ids)s)",
    ):
        run(sql, {"ids": recipe_ids})
    events = run(
        "DELETE FROM recipe WHERE id = ANY(%(ids)s) RETURNING event_id", {"ids": recipe_ids}
    )
    _delete_jobs([row["id"] for row in jobs])
    _delete_events([row["event_id"] for row in events])
    return len(rows), more


def _delete_jobs(job_ids: list[int]) -> None:
    """Delete locked jobs with all that is theirs."""
    ids = {"ids": job_ids}
    run(
        """
        DELETE FROM job_exe_log USING job_exe e
        WHERE e.id = job_exe_log.job_exe_id AND e.job_id = ANY(%(ids)s)
        """,
        ids,
    )
    run("DELETE FROM job_exe WHERE job_id = ANY(%(ids)s)", ids)
    events = run("DELETE FROM job WHERE id = ANY(%(ids)s) RETURNING event_id", ids)
    _delete_events([row["event_id"] for row in events])


def _delete_events(event_ids: list[int]) -> None:
    """Delete the events of users' requests, each of which caused one job or one recipe.

    A rule's event is kept: it says that the rule has fired for a file.
    """
    run(
        """
        DELETE FROM trigger_event WHERE id = ANY(%(ids)s) AND rule_id IS NULL
            AND NOT EXISTS (SELECT 1 FROM recipe WHERE event_id = trigger_event.id)
        """,
        {"ids": event_ids},
    )
