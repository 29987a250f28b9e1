"""Sampling how many jobs wait and run."""

from datetime import datetime, timedelta

from django.db import transaction

from scale.conf import conf
from scale.domain.times import now as present
from scale.models import JobLoad
from scale.services.transitions import run

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
        INSERT INTO job_load (job_type_id, measured, pending_count, queued_count, running_count)
        WITH counted AS (
            SELECT job_type_id,
                count(*) FILTER (WHERE status = 'PENDING') AS pending,
                count(*) FILTER (WHERE status = 'QUEUED') AS queued,
                count(*) FILTER (WHERE status = 'RUNNING') AS running
            FROM job WHERE status IN ('PENDING', 'QUEUED', 'RUNNING') GROUP BY job_type_id
        )
        SELECT job_type_id, %(measured)s, pending, queued, running FROM counted
        UNION ALL
        SELECT NULL, %(measured)s, 0, 0, 0 WHERE NOT EXISTS (SELECT 1 FROM counted)
        ON CONFLICT DO NOTHING
        """,
        {"measured": measured},
    )
    return measured
