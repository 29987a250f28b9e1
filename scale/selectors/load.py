"""Reading job load over time."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import F, QuerySet, Sum

from scale.models import JobLoad
from scale.selectors.filters import narrow


def list_load(
    *,
    started: datetime,
    ended: datetime,
    job_type_id: Sequence[int] | None = None,
    job_type_name: Sequence[str] | None = None,
    job_type_category: Sequence[str] | None = None,
    job_type_priority: Sequence[int] | None = None,
) -> QuerySet[Any, Any]:
    """Return a row per sample, oldest first, summed over the job types that match (2.3.1).

    With a filter on types the placeholders of an idle system, which have none, do not match.
    """
    samples = narrow(
        JobLoad.objects.all(),
        measured__gte=started,
        measured__lte=ended,
        job_type__in=job_type_id,
        job_type__name__in=job_type_name,
        job_type__category__in=job_type_category,
        job_type__priority__in=job_type_priority,
    )
    return (
        samples.values(time=F("measured"))
        .annotate(
            pending=Sum("pending_count"), queued=Sum("queued_count"), running=Sum("running_count")
        )
        .order_by("time")
    )
