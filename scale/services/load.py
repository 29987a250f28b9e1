"""Sampling how many jobs wait and run, and keeping old samples small."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Min

from scale.conf import conf
from scale.domain.times import now as present
from scale.models import JobLoad
from scale.postgresql.statements import run

SAMPLE_LOCK = 0x10AD


@transaction.atomic
def take_sample_if_due() -> bool:
    """Take a sample unless another beat did so for this period; return whether it was taken."""
    run("SELECT pg_advisory_xact_lock(%(key)s)", {"key": SAMPLE_LOCK})
    since = present() - timedelta(seconds=conf().load_sample_seconds / 2)
    if JobLoad.objects.filter(measured__gt=since).exists():
        return False
    take_sample()
    return True


@transaction.atomic
def take_sample() -> datetime:
    """Count the PENDING, QUEUED and RUNNING jobs per type at one instant, and return it (4.11).

    An idle system leaves one placeholder row, so that the curve shows zero instead of a gap.
    """
    measured = present()
    run(
        """
        INSERT INTO job_load
            (job_type_id, measured, pending_count, queued_count, running_count, is_first)
        WITH counted AS (
            SELECT job_type_id,
                coalesce(sum(jobs) FILTER (WHERE status = 'PENDING'), 0) AS pending,
                coalesce(sum(jobs) FILTER (WHERE status = 'QUEUED'), 0) AS queued,
                coalesce(sum(jobs) FILTER (WHERE status = 'RUNNING'), 0) AS running
            FROM job_count WHERE status IN ('PENDING', 'QUEUED', 'RUNNING')
            GROUP BY job_type_id HAVING sum(jobs) <> 0
        )
        SELECT job_type_id, %(measured)s, pending, queued, running, row_number() OVER () = 1
        FROM counted
        UNION ALL
        SELECT NULL, %(measured)s, 0, 0, 0, true WHERE NOT EXISTS (SELECT 1 FROM counted)
        ON CONFLICT DO NOTHING
        """,
        {"measured": measured},
    )
    return measured


ROLL_UP = """
WITH minutes AS (
    DELETE FROM job_load
    WHERE measured >= %(hour)s AND measured < %(next)s AND NOT is_hourly
    RETURNING job_type_id, measured, pending_count, queued_count, running_count
), taken AS (
    SELECT count(DISTINCT measured) AS samples FROM minutes
), by_type AS (
    SELECT job_type_id, sum(pending_count) AS pending, sum(queued_count) AS queued,
        sum(running_count) AS running
    FROM minutes WHERE job_type_id IS NOT NULL GROUP BY job_type_id
)
INSERT INTO job_load
    (job_type_id, measured, pending_count, queued_count, running_count, is_hourly, is_first)
SELECT job_type_id, %(hour)s, round(pending::numeric / samples), round(queued::numeric / samples),
    round(running::numeric / samples), true, row_number() OVER () = 1
FROM by_type, taken
UNION ALL
SELECT NULL, %(hour)s, 0, 0, 0, true, true WHERE NOT EXISTS (SELECT 1 FROM by_type)
ON CONFLICT DO NOTHING
"""


@transaction.atomic
def roll_up(before: datetime) -> bool:
    """Replace the samples of the oldest hour that still has several by one, their average.

    Only hours that end by `before` count; returns whether there was one. The new sample is at the
    hour's beginning and is shared by all types. An average, since `/load/` adds types up: the sum
    of averages is the average of sums, while types peak at different times. A sample that lacks a
    type counts as none of it; an hour without any job keeps one placeholder.
    """
    run("SELECT pg_advisory_xact_lock(%(key)s)", {"key": SAMPLE_LOCK})
    oldest = JobLoad.objects.filter(is_hourly=False).aggregate(first=Min("measured"))["first"]
    if oldest is None:
        return False
    hour = oldest.replace(minute=0, second=0, microsecond=0)
    end = hour + timedelta(hours=1)
    if end > before:
        return False
    run(ROLL_UP, {"hour": hour, "next": end})
    return True
