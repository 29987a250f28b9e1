"""The counts of jobs: what each statement adds, what merging leaves, what mending finds."""

import logging
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection, connections, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from scale.domain.times import now
from scale.models import Error, Job, JobCount, JobExecution, JobType
from scale.services.cancel import cancel_job
from scale.services.completions import complete_execution
from scale.services.counts import mend_counts, merge_counts
from scale.services.executions import fail_execution
from scale.services.requeue import RequeueFilters, requeue_jobs
from tests.factories import claim, make_job, make_job_type, plain_report, report

STATUSES = ("PENDING", "QUEUED", "COMPLETED", "FAILED")


def counted() -> dict[tuple[int, str, int | None], int]:
    """Return how many jobs the counts tell, by type, status and error."""
    sums: Counter[tuple[int, str, int | None]] = Counter()
    for row in JobCount.objects.all():
        sums[row.job_type_id, row.status, row.error_id] += row.jobs
    return {key: jobs for key, jobs in sums.items() if jobs}


def there() -> dict[tuple[int, str, int | None], int]:
    """Return the same, counted job by job."""
    return dict(Counter(Job.objects.values_list("job_type_id", "status", "error_id")))


def execute(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


@pytest.mark.django_db
class TestEachChange:
    def test_life_of_jobs_is_counted(self) -> None:
        one, two = make_job_type(), make_job_type()
        completed, failed, canceled = make_job(one), make_job(one), make_job(two)
        assert counted() == {(one.pk, "QUEUED", None): 2, (two.pk, "QUEUED", None): 1}

        cancel_job(job_id=canceled.job.pk)
        owner = claim(completed.executions[0].pk)
        assert counted()[one.pk, "RUNNING", None] == 1
        complete_execution(owner, plain_report())
        Job.objects.filter(pk=failed.job.pk).update(max_tries=1)
        fail_execution(claim(failed.executions[0].pk), report(error="algorithm-unknown"))

        error = Error.objects.get(name="algorithm-unknown").pk
        assert counted() == {
            (one.pk, "COMPLETED", None): 1,
            (one.pk, "FAILED", error): 1,
            (two.pk, "CANCELED", None): 1,
        }

        requeue_jobs(filters=RequeueFilters(job_ids=[failed.job.pk, canceled.job.pk]))

        assert counted() == there()
        assert mend_counts() == 0

    def test_what_is_rolled_back_was_never_counted(self) -> None:
        job_type = make_job_type()
        execute("SAVEPOINT before")
        make_job(job_type)
        execute("ROLLBACK TO before")

        assert counted() == {}

    def test_change_of_something_else_adds_no_row(self) -> None:
        make_job()
        rows = JobCount.objects.count()

        Job.objects.update(priority=3)

        assert JobCount.objects.count() == rows

    def test_pruned_jobs_are_taken_away(self) -> None:
        job = make_job().job
        JobExecution.objects.filter(job=job).delete()
        Job.objects.filter(pk=job.pk)._raw_delete(using="default")

        assert counted() == {}

    def test_truncation_leaves_nothing(self) -> None:
        make_job()
        execute("SET CONSTRAINTS ALL IMMEDIATE")

        execute("TRUNCATE job CASCADE")

        assert counted() == {}

    def test_rows_loaded_without_other_triggers_are_counted(self) -> None:
        template = make_job().job
        execute("SET LOCAL session_replication_role = replica")
        columns = "job_type_id, job_type_rev_id, event_id, priority, timeout, max_tries, status"
        columns += ", cpus_required, mem_required, created, last_modified, num_exes"
        execute(
            f"INSERT INTO job ({columns}) SELECT {columns} FROM job, generate_series(1, 50)"  # noqa: S608
        )
        execute("SET LOCAL session_replication_role = DEFAULT")

        assert counted() == {(template.job_type_id, "QUEUED", None): 51}


def put(job: Job, status: str, when: datetime | None) -> None:
    """Have a job be in a status since an instant, whatever the rules."""
    error = Error.objects.order_by("pk")[0].pk if status == "FAILED" else None
    ended = now() if status in {"COMPLETED", "FAILED"} else None
    Job.objects.filter(pk=job.pk).update(
        status=status, last_status_change=when, error_id=error, ended=ended
    )


@pytest.mark.django_db
class TestMerging:
    def test_rows_of_the_same_jobs_become_one(self) -> None:
        job_type = make_job_type()
        for _ in range(20):
            make_job(job_type)
        assert JobCount.objects.count() == 20

        merge_counts()

        assert JobCount.objects.count() <= 2  # an hour may have begun meanwhile
        assert counted() == {(job_type.pk, "QUEUED", None): 20}

    def test_what_nobody_is_in_any_more_leaves_no_row(self) -> None:
        owner = claim(make_job().executions[0].pk)
        complete_execution(owner, plain_report())

        merge_counts()

        assert set(JobCount.objects.values_list("status", flat=True)) == {"COMPLETED"}

    def test_hours_of_days_past_become_days(self) -> None:
        job_type = make_job_type()
        day = datetime(2020, 5, 17, tzinfo=UTC)
        for hour in range(24):
            put(make_job(job_type).job, "COMPLETED", day + timedelta(hours=hour, minutes=7))

        merge_counts()

        row = JobCount.objects.get(status="COMPLETED")
        assert (row.jobs, row.since) == (24, day)
        assert row.latest == day + timedelta(hours=23, minutes=7)

    def test_second_time_there_is_nothing_to_do(self) -> None:
        put(make_job().job, "COMPLETED", now() - timedelta(days=9))
        put(make_job().job, "PENDING", None)
        merge_counts()

        assert merge_counts() == 0

    def test_hours_of_today_stay_apart(self) -> None:
        job_type = make_job_type()
        present = now().replace(minute=0, second=0, microsecond=0)
        for hours in range(24):
            put(make_job(job_type).job, "COMPLETED", present - timedelta(hours=hours))

        merge_counts()

        assert JobCount.objects.filter(status="COMPLETED").count() == 24


@pytest.mark.django_db(transaction=True)
def test_counts_stay_true_while_several_merge_and_others_change() -> None:
    job_types = [make_job_type() for _ in range(3)]

    def queue(job_type: JobType) -> None:
        try:
            for turn in range(30):
                details = make_job(job_type)
                if turn % 2:
                    cancel_job(job_id=details.job.pk)
        finally:
            connections.close_all()

    def merge(_: int) -> None:
        try:
            for _ in range(40):
                merge_counts()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        waiting = [*pool.map(queue, job_types), *pool.map(merge, range(3))]

    assert len(waiting) == 6
    assert counted() == there()
    merge_counts()
    assert counted() == there()
    assert mend_counts() == 0


@pytest.mark.django_db
class TestMending:
    def test_what_was_changed_without_triggers_is_found(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        job_type = make_job_type()
        make_job(job_type)
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        execute("ALTER TABLE job DISABLE TRIGGER job_inserted")
        make_job(job_type)
        execute("SET CONSTRAINTS ALL IMMEDIATE")
        execute("ALTER TABLE job ENABLE ALWAYS TRIGGER job_inserted")
        assert counted() != there()

        with caplog.at_level(logging.ERROR):
            assert mend_counts() == 1

        assert counted() == there()
        assert "job_count_mended" in caplog.text
        assert mend_counts() == 0

    def test_counts_of_jobs_that_never_were_are_taken_back(self) -> None:
        job_type = make_job_type()
        JobCount.objects.create(
            job_type=job_type, status="FAILED", since=now() - timedelta(days=50), jobs=7
        )

        assert mend_counts() == 1

        assert counted() == {}

    def test_lost_counts_return(self) -> None:
        put(make_job().job, "FAILED", now() - timedelta(days=5))
        make_job()
        JobCount.objects.all().delete()

        assert mend_counts() == 2

        assert counted() == there()


@pytest.mark.django_db(transaction=True)
def test_two_that_mend_at_once_add_what_is_missing_once() -> None:
    make_job()
    JobCount.objects.all().delete()

    def mend() -> int:
        try:
            return mend_counts()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            assert mend_counts() == 1
            second = pool.submit(mend)
            with pytest.raises(TimeoutError):
                second.result(timeout=0.5)
        assert second.result() == 0

    assert counted() == there()


moments = st.integers(0, 9 * 24 * 12).map(lambda step: timedelta(minutes=5 * step)) | st.none()
changes = st.lists(
    st.tuples(st.integers(0, 3), st.sampled_from(STATUSES), moments) | st.just("merge"), max_size=25
)


class AnyChanges(TestCase):
    """Whatever becomes of jobs, merged at whatever time, the counts tell how many there are."""

    @settings(max_examples=40, deadline=None)
    @given(changes=changes)
    def test_counts_are_true(self, changes: list[Any]) -> None:
        jobs = [make_job().job for _ in range(4)]
        present = now()
        for change in changes:
            if change == "merge":
                merge_counts()
            else:
                which, status, before = change
                put(jobs[which], status, None if before is None else present - before)
            assert counted() == there()
        assert mend_counts() == 0
