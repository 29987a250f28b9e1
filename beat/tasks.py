"""Celery tasks of the `system` queue: shells around one service each."""

from typing import Any

from django.db import connection

from beat.schedule import timetable
from scale.celery import app
from scale.conf import conf
from scale.services import counts, executions, feed, load, retention


class Tick(app.Task):  # type: ignore[name-defined,misc]
    """A task that asks first whether its thread's connection to the database still works.

    Without that a connection, once cut, would fail every tick of its thread from then on.
    """

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the task."""
        connection.close_if_unusable_or_obsolete()
        return super().__call__(*args, **kwargs)


@app.task(name="beat.feed", base=Tick)
def feed_lanes() -> None:
    """Publish for what waits, and note that dispatch is alive."""
    feed.turn()


@app.task(name="beat.ring_missing", base=Tick)
def ring_missing() -> None:
    """Ring again for executions whose messages were lost."""
    feed.ring_missing()


@app.task(name="beat.fail_lost_executions", base=Tick)
def fail_lost_executions() -> None:
    """Fail the executions of workers that are gone."""
    executions.fail_lost_executions()


@app.task(name="beat.sample_load", base=Tick)
def sample_load() -> None:
    """Count the jobs that wait and run, per type."""
    load.take_sample_if_due()


@app.task(name="beat.merge_counts", base=Tick)
def merge_counts() -> None:
    """Keep the counts of jobs few."""
    counts.merge_counts()


@app.task(name="beat.mend_counts", base=Tick)
def mend_counts() -> None:
    """Check the counts of jobs against the jobs."""
    counts.mend_counts()


@app.task(name="beat.prune", base=Tick)
def prune() -> None:
    """Delete what is older than its age limit."""
    retention.prune()


app.conf.beat_schedule = timetable(conf())
