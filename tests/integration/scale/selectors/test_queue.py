"""What waits is told as it is row by row, in whatever lanes and priorities."""

from collections import defaultdict
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from scale.conf import conf
from scale.domain.times import now
from scale.models import JobExecution, JobType
from scale.selectors import queue
from scale.selectors.queue import list_queue_status, list_queued
from tests.factories import make_job, make_job_type


def place(job_type: JobType, priority: int, seconds: int, *, is_fed: bool) -> None:
    """Queue a job with a priority, so long ago."""
    details = make_job(job_type)
    JobExecution.objects.filter(pk=details.executions[0].pk).update(
        priority=priority,
        lane=conf().lane(priority),
        queued=now() - timedelta(seconds=seconds),
        dispatched=now() if is_fed else None,
    )


def told(*, by_lane: bool) -> dict[tuple[int, int], Any]:
    return {
        (row.job_type_id, row.lane): (
            row.highest_priority,
            row.oldest,
            row.oldest_outside,
            row.published,
            row.count,
            row.count_of_type,
        )
        for row in list_queued(by_lane=by_lane)
    }


def there(*, by_lane: bool) -> dict[tuple[int, int], Any]:
    lanes: dict[tuple[int, int], list[JobExecution]] = defaultdict(list)
    types: dict[int, int] = defaultdict(int)
    for one in JobExecution.objects.filter(status="QUEUED"):
        lanes[one.job_type_id, one.lane].append(one)
        types[one.job_type_id] += 1
    return {
        key: (
            min(one.priority for one in rows),
            min(one.queued for one in rows),
            min((one.queued for one in rows if one.dispatched is None), default=None),
            sum(one.dispatched is not None for one in rows),
            len(rows) if by_lane else None,
            types[key[0]],
        )
        for key, rows in lanes.items()
    }


waiting = st.tuples(
    st.integers(0, 2),
    st.sampled_from([1, 2, 50, 51, 100, 101, 500, 2_000_000_000]),
    st.integers(0, 1000),
    st.booleans(),
)


class AnyQueue(TestCase):
    """Any queue, gone through by steps and, where these are too many, by rows."""

    @settings(max_examples=50, deadline=None)
    @given(placed=st.lists(waiting, max_size=20), steps=st.sampled_from([1, 3, queue.STEPS]))
    def test_what_is_told_is_there(self, placed: list[Any], steps: int) -> None:
        types = [make_job_type() for _ in range(3)]
        for which, priority, seconds, is_fed in placed:
            place(types[which], priority, seconds, is_fed=is_fed)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(queue, "STEPS", steps)
            for by_lane in (False, True):
                assert told(by_lane=by_lane) == there(by_lane=by_lane)


@pytest.mark.django_db
def test_type_in_several_lanes_is_one_row_of_the_status() -> None:
    job_type = make_job_type()
    place(job_type, 1, 5, is_fed=False)
    place(job_type, 500, 50, is_fed=False)
    place(job_type, 100, 20, is_fed=True)
    oldest = JobExecution.objects.order_by("queued")[0].queued

    (row,) = list_queue_status()

    assert (row.count, row.highest_priority, row.longest_queued) == (3, 1, oldest)


@pytest.mark.django_db
def test_more_priorities_than_steps_are_told_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "STEPS", 4)
    job_type = make_job_type()
    for priority in (909, 908, 907, 906, 905):
        place(job_type, priority, priority, is_fed=False)

    with CaptureQueriesContext(connection) as queries:
        (row,) = list_queued(by_lane=False)

    assert sum("WITH RECURSIVE" in query["sql"] for query in queries) == 2

    assert (row.highest_priority, row.count_of_type) == (905, 5)
    assert row.oldest == JobExecution.objects.order_by("queued")[0].queued
