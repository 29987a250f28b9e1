"""The copies that the yardstick makes are what Scale itself would write."""

import re
from collections import Counter
from datetime import timedelta

import pytest
from django.db import connection

from bench.postgres import Database
from bench.rows import (
    COMPLETED_EXECUTION,
    COMPLETED_JOB,
    FAILED_EXECUTION,
    FAILED_JOB,
    QUEUED_EXECUTION,
    QUEUED_JOB,
    copy_job,
    remove_jobs,
    without_indexes,
)
from scale.domain.times import now
from scale.models import Job, JobExecution
from scale.services.completions import complete_execution
from tests.factories import claim, make_job, make_node, report

pytestmark = pytest.mark.django_db
KINDS = [
    pytest.param("QUEUED", QUEUED_JOB, QUEUED_EXECUTION, id="queued"),
    pytest.param("COMPLETED", COMPLETED_JOB, COMPLETED_EXECUTION, id="completed"),
    pytest.param("FAILED", FAILED_JOB, FAILED_EXECUTION, id="failed"),
]


@pytest.fixture
def database() -> Database:
    """The test's own connection, so that its transaction is undone."""
    connection.ensure_connection()
    database = object.__new__(Database)
    database.link = connection.connection
    return database


@pytest.fixture
def templates() -> list[int]:
    """A job that waits, and one that has run."""
    make_node()
    waits, done = make_job().job.pk, make_job().job.pk
    assert complete_execution(claim(JobExecution.objects.get(job=done).pk), report())
    return [waits, done]


@pytest.mark.parametrize(("status", "job", "execution"), KINDS)
def test_copies_of_any_job_have_the_status_asked_for(database, templates, status, job, execution):
    copy_job(database, templates, 100, job=job, execution=execution)

    copies = Job.objects.exclude(pk__in=templates)
    types = Counter(copies.values_list("job_type", flat=True))
    assert set(copies.values_list("status", flat=True)) == {status}
    assert set(copies.values_list("executions__status", flat=True)) == {status}
    assert sorted(types.values()) == [50, 50]
    assert copies.values("event").distinct().count() == 100
    assert JobExecution.objects.filter(job__in=copies).count() == 100


def test_finished_copies_spread_over_thirty_days(database, templates):
    copy_job(database, templates, 300, job=COMPLETED_JOB, execution=COMPLETED_EXECUTION)

    ended = sorted(Job.objects.exclude(pk__in=templates).values_list("ended", flat=True))
    assert now() - ended[0] > timedelta(days=29.8)
    assert now() - ended[-1] < timedelta(days=0.2)
    assert ended[150] - ended[0] == pytest.approx(timedelta(days=15), abs=timedelta(hours=3))


def test_a_copy_that_waits_can_run(database, templates):
    copy_job(database, templates, 2, job=QUEUED_JOB, execution=QUEUED_EXECUTION)

    copies = JobExecution.objects.exclude(job__in=templates)
    for execution in copies:
        assert complete_execution(claim(execution.pk), report())
    assert set(copies.values_list("status", flat=True)) == {"COMPLETED"}


def test_removing_takes_executions_and_logs_along_and_leaves_the_rest(database, templates):
    copy_job(database, templates, 10, job=QUEUED_JOB, execution=QUEUED_EXECUTION)

    remove_jobs(database, f"status = 'QUEUED' AND id <> {templates[0]}")

    assert sorted(Job.objects.values_list("pk", flat=True)) == sorted(templates)
    assert JobExecution.objects.count() == 2


@pytest.mark.django_db(transaction=True)  # VACUUM refuses to run inside one
def test_indexes_come_back_as_they_were(database):
    def indexes() -> list[str]:
        rows = database.rows(
            "SELECT indexdef FROM pg_indexes WHERE tablename IN ('job', 'job_exe') ORDER BY 1"
        )
        # PostgreSQL writes casts and brackets differently the second time.
        return [re.sub(r"::(character varying|text)(\[\])?|[()]", "", text) for (text,) in rows]

    before = indexes()
    with without_indexes(database, "job", "job_exe"):
        assert len(indexes()) < len(before)

    assert indexes() == before
