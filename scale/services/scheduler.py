"""Pausing and resuming the start of jobs."""

import logging

from django.db import transaction

from scale.dispatch import Follower
from scale.log import log_event
from scale.models import Scheduler
from scale.services.feed import feed, ring_missing

logger = logging.getLogger(__name__)


def _resume() -> None:
    # While something is paused, workers take messages for it and find nothing to start: what was
    # dispatched before lost its messages and needs new ones, without waiting for the timetable.
    feed()
    ring_missing(grace_seconds=0)


#: Feeds, and replaces messages that were used up, soon after a commit that ended a pause.
resumer = Follower(_resume)


@transaction.atomic
def edit_scheduler(*, is_paused: bool) -> Scheduler:
    """Pause or resume the start of all jobs; running ones go on (contract 4.4)."""
    Scheduler.objects.filter(pk=1).update(is_paused=is_paused)
    log_event(logger, "scheduler_paused" if is_paused else "scheduler_resumed")
    if not is_paused:
        resumer.ask_on_commit()
    return Scheduler.objects.get(pk=1)
