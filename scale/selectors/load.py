"""Reading job load over time."""

from collections.abc import Sequence
from datetime import datetime
from functools import cached_property
from typing import Any, overload

from django.db.models import F, QuerySet, Sum

from scale.models import JobLoad, JobType
from scale.selectors.filters import narrow, narrow_types


class LoadCurve(Sequence[Any]):
    """The samples of a time range, oldest first, each with its counts summed over job types.

    Its length is read off an index, and a slice of it costs the rows of that slice.
    """

    def __init__(self, samples: QuerySet[JobLoad], *, is_whole: bool) -> None:
        self._samples = samples
        heads = samples.filter(is_first=True) if is_whole else samples
        self._instants = heads.order_by("measured").values_list("measured", flat=True).distinct()

    @cached_property
    def _length(self) -> int:
        return self._instants.count()

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, which: int) -> Any: ...
    @overload
    def __getitem__(self, which: slice) -> Sequence[Any]: ...
    def __getitem__(self, which: int | slice) -> Any:
        if isinstance(which, int):
            return self[which : which + 1][0]
        instants = list(self._instants[which])
        if not instants:
            return []
        return list(
            self._samples.filter(measured__range=(instants[0], instants[-1]))
            .values(time=F("measured"))
            .annotate(
                pending=Sum("pending_count"),
                queued=Sum("queued_count"),
                running=Sum("running_count"),
            )
            .order_by("time")
        )


def list_load(
    *,
    started: datetime,
    ended: datetime,
    job_type_id: Sequence[int] | None = None,
    job_type_name: Sequence[str] | None = None,
    job_type_category: Sequence[str] | None = None,
    job_type_priority: Sequence[int] | None = None,
) -> LoadCurve:
    """Return a row per sample, oldest first, summed over the job types that match (2.3.1).

    With a filter on types the placeholders of an idle system, which have none, do not match.
    """
    samples = narrow(
        JobLoad.objects.all(),
        measured__gte=started,
        measured__lte=ended,
        job_type__in=job_type_id,
    )
    types = {
        "name__in": job_type_name,
        "category__in": job_type_category,
        "priority__in": job_type_priority,
    }
    return LoadCurve(
        narrow_types(samples, JobType, "job_type", **types),
        is_whole=not (job_type_id or any(types.values())),
    )
