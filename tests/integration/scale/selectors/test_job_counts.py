"""Counts of a time range are those of going through all jobs, however they are merged."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from scale.domain.times import now
from scale.models import Error, Job
from scale.selectors.job_counts import (
    count_by_job_type,
    count_jobs,
    count_lately,
    list_job_types_by_change,
)
from scale.selectors.jobs import list_jobs
from scale.services.counts import merge_counts
from tests.factories import claim, make_job, make_job_type
from tests.integration.scale.services.test_counts import STATUSES, put

Row = tuple[int, str, str | None, int, datetime]


def shown(started: datetime, ended: datetime | None) -> list[Row]:
    """Return what is told of a range."""
    types = list(list_job_types_by_change())
    return sorted(
        (
            (row.job_type.pk, one["status"], one["category"], one["count"], one["most_recent"])
            for row in count_by_job_type(types, started=started, ended=ended)
            for one in row.job_counts
        ),
        key=str,
    )


def expected(started: datetime, ended: datetime | None) -> list[Row]:
    """Return the same, job by job."""
    groups: dict[tuple[int, str, str | None], list[datetime]] = {}
    for job in Job.objects.select_related("error").exclude(last_status_change=None):
        when = job.last_status_change
        assert when is not None
        if job.status == "RUNNING" or (started <= when and (ended is None or when <= ended)):
            category = job.error.category if job.error else None
            groups.setdefault((job.job_type_id, job.status, category), []).append(when)
    return sorted(((*key, len(times), max(times)) for key, times in groups.items()), key=str)


#: Of an instant: so long before now. Whole hours and days make edges likely.
ages = (
    st.integers(0, 6 * 24 * 60).map(lambda minutes: timedelta(minutes=minutes))
    | st.integers(0, 6 * 24).map(lambda hours: timedelta(hours=hours))
    | st.timedeltas(timedelta(0), timedelta(days=6))
)


class AnyRange(TestCase):
    """Jobs at any time, a range from any time on."""

    @settings(max_examples=60, deadline=None)
    @given(
        placed=st.lists(st.tuples(st.integers(0, 1), st.sampled_from(STATUSES), ages), max_size=12),
        moved=st.lists(st.tuples(st.integers(0, 11), st.sampled_from(STATUSES), ages), max_size=4),
        merges=st.tuples(st.booleans(), st.booleans()),
        started=ages,
        ended=ages | st.none(),
        on_the_hour=st.booleans(),
    )
    def test_counts_are_those_of_the_jobs(
        self,
        placed: list[Any],
        moved: list[Any],
        merges: tuple[bool, bool],
        started: timedelta,
        ended: timedelta | None,
        on_the_hour: bool,
    ) -> None:
        present = now()
        if on_the_hour:
            present = present.replace(minute=0, second=0, microsecond=0)
        types = [make_job_type(), make_job_type()]
        jobs = []
        for which, status, age in placed:
            jobs.append(make_job(types[which]).job)
            put(jobs[-1], status, present - age)
        if merges[0]:
            merge_counts()
        for which, status, age in moved:
            if which < len(jobs):
                put(jobs[which], status, present - age)
        if merges[1]:
            merge_counts()
        first, last = present - started, None if ended is None else present - ended
        if last is not None:
            first, last = sorted((first, last))

        assert shown(first, last) == expected(first, last)


@pytest.mark.django_db
def test_running_jobs_count_whatever_the_range() -> None:
    claim(make_job().executions[0].pk)
    job = Job.objects.get()
    assert job.last_status_change is not None

    long_ago = job.last_status_change - timedelta(days=70)
    for started, ended in (
        (job.last_status_change + timedelta(hours=1), None),
        (long_ago, long_ago + timedelta(days=3)),
        (long_ago, None),
    ):
        assert [(row[1], row[3]) for row in shown(started, ended)] == [("RUNNING", 1)]


@pytest.mark.django_db
def test_details_count_what_changed_within_hours_whatever_its_status() -> None:
    present = now()
    job_type = make_job_type()
    for hours in (1, 5, 7, 11, 13, 23, 25):
        put(make_job(job_type).job, "COMPLETED", present - timedelta(hours=hours))
    claim(make_job(job_type).executions[0].pk)
    Job.objects.filter(status="RUNNING").update(last_status_change=present - timedelta(hours=8))
    make_job()

    counts = count_lately(job_type.pk)

    told = {
        name: {row["status"]: (row["count"], row["most_recent"]) for row in rows}
        for name, rows in counts.items()
    }
    running = (1, present - timedelta(hours=8))
    newest = present - timedelta(hours=1)
    assert told == {
        "6h": {"COMPLETED": (2, newest)},
        "12h": {"COMPLETED": (4, newest), "RUNNING": running},
        "24h": {"COMPLETED": (6, newest), "RUNNING": running},
    }


@pytest.mark.django_db
def test_newest_that_left_its_status_is_not_the_most_recent() -> None:
    present = now()
    job_type = make_job_type()
    first, second = make_job(job_type).job, make_job(job_type).job
    put(first, "COMPLETED", present - timedelta(seconds=9))
    put(second, "COMPLETED", present - timedelta(seconds=5))
    put(second, "PENDING", present - timedelta(seconds=1))

    rows = {row[1]: row[4] for row in shown(present - timedelta(hours=3), None)}

    assert rows == {
        "COMPLETED": present - timedelta(seconds=9),
        "PENDING": present - timedelta(seconds=1),
    }


@pytest.mark.django_db
class TestLists:
    @pytest.mark.parametrize(
        "filters",
        [
            {},
            {"status": "QUEUED"},
            {"status": "FAILED", "error_category": ["ALGORITHM"]},
            {"status": "QUEUED", "error_category": ["ALGORITHM"]},
            {"error_category": ["ALGORITHM", "SYSTEM"]},
            {"error_category": ["DATA"]},
            {"job_type_name": ["one"]},
            {"job_type_name": ["one", "two"], "status": "FAILED"},
            {"job_type_name": ["none"]},
            {"job_type_category": ["c"]},
            {"status": "NONE"},
        ],
        ids=str,
    )
    def test_count_is_that_of_the_list(self, filters: dict[str, Any]) -> None:
        one, two = make_job_type(name="one", category="c"), make_job_type(name="two")
        for job_type in (one, one, two):
            make_job(job_type)
        for name in ("algorithm-unknown", "unknown"):
            job = make_job(two).job
            put(job, "FAILED", now())
            Job.objects.filter(pk=job.pk).update(error=Error.objects.get(name=name))

        assert count_jobs(**filters) == list_jobs(**filters).count()

    def test_ids_are_a_filter_of_their_own(self) -> None:
        job = make_job().job
        make_job(job.job_type)

        assert count_jobs(job_type_id=[job.job_type_id]) == 2
        assert count_jobs(job_type_id=[2**62]) == 0

    @pytest.mark.parametrize(
        "filters",
        [{"started": now()}, {"ended": now()}, {"job_id": [1]}],
        ids=["started", "ended", "jobs"],
    )
    def test_counts_do_not_know_ranges_and_ids(self, filters: dict[str, Any]) -> None:
        assert count_jobs(**filters) is None
