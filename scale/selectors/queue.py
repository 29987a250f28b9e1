"""Reading the queue: the executions with status QUEUED."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Min, QuerySet

from scale.domain.lifecycle import ExecutionStatus
from scale.models import JobExecution, JobType


@dataclass(frozen=True, slots=True)
class QueuedType:
    """What is queued of a job type."""

    count: int
    longest_queued: datetime
    job_type_name: str
    job_type_version: str
    #: The smallest number: lower is more urgent.
    highest_priority: int
    is_job_type_paused: bool


def queued_parts() -> tuple[QuerySet[JobExecution], QuerySet[JobExecution]]:
    """Return what waits outside the broker's window, and what waits in it.

    Each has a partial index. That of the first, which may be a million, answers by itself about
    types, priorities and times, so that counting costs what is queued, never what is kept.
    """
    executions = JobExecution.objects.filter(status=ExecutionStatus.QUEUED).order_by()
    return executions.filter(dispatched__isnull=True), executions.filter(dispatched__isnull=False)


def list_queue_status() -> list[QueuedType]:
    """Return what is queued per job type, in the order of 2.3.2: what starts next comes first."""
    outside, inside = (
        part.values("job_type").annotate(
            count=Count("*"), longest=Min("queued"), highest=Min("priority")
        )
        for part in queued_parts()
    )
    counts: dict[int, dict[str, Any]] = {}
    for part in outside.union(inside, all=True):
        row: dict[str, Any] = dict(part)
        earlier = counts.get(row["job_type"])
        counts[row["job_type"]] = _together(earlier, row) if earlier else row
    types = JobType.objects.only("name", "version", "is_paused").in_bulk(counts)
    status = [
        QueuedType(
            count=row["count"],
            longest_queued=row["longest"],
            job_type_name=types[row["job_type"]].name,
            job_type_version=types[row["job_type"]].version,
            highest_priority=row["highest"],
            is_job_type_paused=types[row["job_type"]].is_paused,
        )
        for row in counts.values()
    ]
    return sorted(
        status,
        key=lambda row: (
            row.is_job_type_paused,
            row.highest_priority,
            row.longest_queued,
            row.job_type_name,
            row.job_type_version,
        ),
    )


def _together(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    return one | {
        "count": one["count"] + other["count"],
        "longest": min(one["longest"], other["longest"]),
        "highest": min(one["highest"], other["highest"]),
    }


def count_queued() -> int:
    """Return how many executions are queued."""
    outside, inside = (part.values("id") for part in queued_parts())
    return outside.union(inside, all=True).count()
