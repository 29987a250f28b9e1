"""Celery tasks of the `system` queue: shells around one service each."""

from beat.schedule import timetable
from scale.celery import app
from scale.conf import conf
from scale.services import executions, feed, load, retention


@app.task(name="beat.feed")
def feed_lanes() -> None:
    """Publish for what waits, and note that dispatch is alive."""
    feed.turn()


@app.task(name="beat.ring_missing")
def ring_missing() -> None:
    """Ring again for executions whose messages were lost."""
    feed.ring_missing()


@app.task(name="beat.fail_lost_executions")
def fail_lost_executions() -> None:
    """Fail the executions of workers that are gone."""
    executions.fail_lost_executions()


@app.task(name="beat.sample_load")
def sample_load() -> None:
    """Count the jobs that wait and run, per type."""
    load.take_sample_if_due()


@app.task(name="beat.prune")
def prune() -> None:
    """Delete what is older than its age limit."""
    retention.prune()


app.conf.beat_schedule = timetable(conf())
