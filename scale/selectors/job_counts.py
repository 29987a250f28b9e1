"""Counting jobs by type: how they went lately, what runs, what fails."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Min, QuerySet, Sum

from scale.domain.buckets import first_day_read_in_hours, whole_buckets
from scale.domain.lifecycle import JobStatus
from scale.domain.times import now
from scale.models import Error, Job, JobCount, JobType
from scale.postgresql.statements import run
from scale.selectors.filters import narrow, narrow_types

#: Each with status, count, most_recent, and category for failures.
Counts = list[dict[str, Any]]

#: The time ranges of job type details (contract 2.4).
HOURS = (6, 12, 24)


@dataclass(frozen=True, slots=True)
class JobTypeStatus:
    """A job type with how its jobs went in a time range."""

    job_type: JobType
    job_counts: Counts = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class JobTypeRunning:
    """A job type with how many of its jobs run, the first of them since `longest_running`."""

    job_type: JobType
    count: int
    longest_running: datetime


@dataclass(frozen=True, slots=True)
class JobTypeFailure:
    """A job type with how many of its jobs rest FAILED with a SYSTEM error."""

    job_type: JobType
    error: Error
    count: int
    first_error: datetime
    last_error: datetime


def count_jobs(
    *,
    started: datetime | None = None,
    ended: datetime | None = None,
    job_id: Sequence[int] | None = None,
    status: str | None = None,
    job_type_id: Sequence[int] | None = None,
    job_type_name: Sequence[str] | None = None,
    job_type_category: Sequence[str] | None = None,
    error_category: Sequence[str] | None = None,
) -> int | None:
    """Return how many jobs a list has, however many those are.

    None where the counts do not tell: of certain jobs, or those of a time range.
    """
    if started or ended or job_id:
        return None
    counts = narrow(
        JobCount.objects.all(),
        status=status,
        job_type__in=job_type_id,
        error__category__in=error_category,
    )
    counts = narrow_types(
        counts, JobType, "job_type", name__in=job_type_name, category__in=job_type_category
    )
    return int(counts.aggregate(jobs=Sum("jobs", default=0))["jobs"])


def count_lately(job_type_id: int) -> dict[str, Counts]:
    """Return the counts of a type's jobs that changed status lately, by `6h`, `12h` and `24h`."""
    present = now()
    return {
        f"{hours}h": _count(present - timedelta(hours=hours), job_type_id=job_type_id)[job_type_id]
        for hours in HOURS
    }


def list_job_types_by_change() -> QuerySet[JobType]:
    """Return every job type, without its documents, the one that changed last at the end."""
    return JobType.objects.defer("interface", "error_mapping").order_by("last_modified", "id")


def bucket(instant: str) -> str:
    """Return the SQL of the beginning of the day of an instant, from `hourly` on of its hour."""
    size = f"CASE WHEN {instant} < %(hourly)s THEN '1 day' ELSE '1 hour' END"
    return f"date_bin(({size})::interval, {instant}, '2000-01-01Z')"


# Whole hours and days are read off the counts, what is left of the range at its ends off the index
# of status changes. What changed last in the newest hour or day of a group is looked for from the
# latest that ever was in it backwards: mostly it is the first. The index is read in its order,
# whatever the statistics tell of a status (docs/decisions/0008). What is RUNNING is few, and the
# latest of it is gone before others: it is read row by row.
CHANGED = f"""
WITH counted AS (
    SELECT job_type_id, status, error_id, since, sum(jobs) AS jobs, max(latest) AS latest
    FROM (
        SELECT job_type_id, status, error_id, jobs, latest,
            {bucket("since")} AS since
        FROM job_count
        WHERE status <> 'RUNNING'
            AND since >= %(first)s AND (%(last)s::timestamptz IS NULL OR since < %(last)s)
            AND (%(job_type)s::bigint IS NULL OR job_type_id = %(job_type)s)
    ) buckets
    GROUP BY job_type_id, status, error_id, since HAVING sum(jobs) > 0
), groups AS (
    SELECT job_type_id, status, error_id, sum(jobs)::bigint AS count, max(since) AS since,
        (array_agg(latest ORDER BY since DESC))[1] AS latest
    FROM counted GROUP BY job_type_id, status, error_id
), changed AS (
    SELECT g.job_type_id, g.status, g.error_id, g.count,
        coalesce(newest.last_status_change, g.latest) AS most_recent
    FROM groups g LEFT JOIN LATERAL (
        SELECT j.last_status_change FROM (
            SELECT job_type_id, status, error_id, last_status_change FROM job
            WHERE last_status_change BETWEEN g.since AND g.latest
            ORDER BY last_status_change DESC, id DESC OFFSET 0
        ) j
        WHERE j.job_type_id = g.job_type_id AND j.status = g.status
            AND j.error_id IS NOT DISTINCT FROM g.error_id
        LIMIT 1
    ) newest ON true
    UNION ALL
    SELECT job_type_id, status, error_id, count(*), max(last_status_change) FROM job
    WHERE status <> 'RUNNING'
        AND last_status_change >= %(started)s AND last_status_change < %(first)s
        AND (%(job_type)s::bigint IS NULL OR job_type_id = %(job_type)s)
    GROUP BY job_type_id, status, error_id
    UNION ALL
    SELECT job_type_id, status, error_id, count(*), max(last_status_change) FROM job
    WHERE status <> 'RUNNING' AND last_status_change >= %(last)s
        AND (%(ended)s::timestamptz IS NULL OR last_status_change <= %(ended)s)
        AND (%(job_type)s::bigint IS NULL OR job_type_id = %(job_type)s)
    GROUP BY job_type_id, status, error_id
    UNION ALL
    SELECT job_type_id, status, NULL, count(*), max(last_status_change) FROM job
    WHERE status = 'RUNNING'
        AND (%(always_running)s OR (last_status_change >= %(started)s
            AND (%(ended)s::timestamptz IS NULL OR last_status_change <= %(ended)s)))
        AND (%(job_type)s::bigint IS NULL OR job_type_id = %(job_type)s)
    GROUP BY job_type_id, status
)
SELECT c.job_type_id, c.status, e.category, sum(c.count)::bigint AS count,
    max(c.most_recent) AS most_recent
FROM changed c LEFT JOIN error e ON e.id = c.error_id
GROUP BY c.job_type_id, c.status, e.category
ORDER BY c.job_type_id, c.status, e.category NULLS FIRST
"""  # noqa: S608 -- the expression is written above


def count_by_job_type(
    job_types: Sequence[JobType], *, started: datetime, ended: datetime | None
) -> list[JobTypeStatus]:
    """Return for each type the counts of its jobs that changed status in a time range, or run."""
    counts = _count(started, ended, always_running=True)
    return [JobTypeStatus(job_type, counts[job_type.pk]) for job_type in job_types]


def _count(
    started: datetime,
    ended: datetime | None = None,
    *,
    job_type_id: int | None = None,
    always_running: bool = False,
) -> dict[int, Counts]:
    """Count the jobs of a time range by type, then status and error category, in this order."""
    present = now()
    first, last = whole_buckets(started, ended, now=present)
    rows = run(
        CHANGED,
        {
            "started": started,
            "ended": ended,
            "first": first,
            "last": last,
            "hourly": first_day_read_in_hours(present),
            "job_type": job_type_id,
            "always_running": always_running,
        },
    )
    counts: dict[int, Counts] = defaultdict(list)
    for row in rows:
        counts[row.pop("job_type_id")].append(row)
    return counts


def list_running_job_types() -> list[JobTypeRunning]:
    """Return the job types that have RUNNING jobs, the longest running first."""
    rows = _rows(
        Job.objects.filter(status=JobStatus.RUNNING)
        .values("job_type_id")
        .annotate(count=Count("pk"), longest_running=Min("last_status_change"))
        .order_by("longest_running", "job_type_id")
    )
    job_types = _job_types(row["job_type_id"] for row in rows)
    return [JobTypeRunning(job_types[row.pop("job_type_id")], **row) for row in rows]


def list_system_failures() -> list[JobTypeFailure]:
    """Return job types by SYSTEM error that their jobs rest FAILED with, latest failure first."""
    errors = Error.objects.filter(category=Error.Category.SYSTEM).in_bulk()
    rows = _rows(
        Job.objects.filter(status=JobStatus.FAILED, error__in=list(errors))
        .values("job_type_id", "error_id")
        .annotate(
            count=Count("pk"),
            first_error=Min("last_status_change"),
            last_error=Max("last_status_change"),
        )
        .order_by("-last_error", "job_type_id", "error_id")
    )
    job_types = _job_types(row["job_type_id"] for row in rows)
    return [
        JobTypeFailure(job_types[row.pop("job_type_id")], errors[row.pop("error_id")], **row)
        for row in rows
    ]


def _rows(grouped: Iterable[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in grouped]


def _job_types(ids: Iterable[int]) -> dict[int, JobType]:
    return JobType.objects.defer("interface", "error_mapping").in_bulk(set(ids))
