"""Reading the queue: the executions with status QUEUED."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Min

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


def list_queue_status() -> list[QueuedType]:
    """Return what is queued per job type, in the order of 2.3.2: what starts next comes first."""
    counts = list(
        JobExecution.objects.filter(status=ExecutionStatus.QUEUED)
        .values("job_type")
        .annotate(count=Count("id"), longest=Min("queued"), highest=Min("priority"))
        .order_by()
    )
    types = JobType.objects.only("name", "version", "is_paused").in_bulk(
        [row["job_type"] for row in counts]
    )
    status = [
        QueuedType(
            count=row["count"],
            longest_queued=row["longest"],
            job_type_name=types[row["job_type"]].name,
            job_type_version=types[row["job_type"]].version,
            highest_priority=row["highest"],
            is_job_type_paused=types[row["job_type"]].is_paused,
        )
        for row in counts
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


def count_queued() -> int:
    """Return how many executions are queued."""
    return JobExecution.objects.filter(status=ExecutionStatus.QUEUED).count()
