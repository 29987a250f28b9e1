"""Canceling jobs."""

import logging

from django.db import transaction

from scale.domain.times import now as present
from scale.errors import InvalidTransition, NotFound
from scale.log import log_event
from scale.services.advance import after_stopped, lock_recipes, recipes_of
from scale.services.feed import feeder
from scale.services.transitions import cancel_jobs, lock_jobs

logger = logging.getLogger(__name__)


@transaction.atomic
def cancel_job(*, job_id: int) -> None:
    """Cancel a job, its unfinished execution with it (contract 4.8).

    What waits for it in its recipe, directly or not, becomes BLOCKED in the same transaction.
    A running program is killed by its worker, which learns of it when it renews its lease.

    Raises:
        NotFound: there is no such job.
        InvalidTransition: it is COMPLETED or CANCELED.
    """
    recipe_ids = recipes_of([job_id])
    lock_recipes(recipe_ids)
    locked = lock_jobs([job_id])
    if not locked:
        raise NotFound(f"There is no job {job_id}.")
    now = present()
    if not cancel_jobs([job_id], now=now):
        raise InvalidTransition(f"Job {job_id} is {locked[0]['status']} and cannot be canceled.")
    if recipe_ids:
        after_stopped([job_id], now=now)
    log_event(logger, "job_canceled", job_id=job_id, was=locked[0]["status"])
    feeder.ask_on_commit()
