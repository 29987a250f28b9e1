"""A job stays while it has executions, though no foreign key says so."""

import threading
from contextlib import suppress

import pytest
from django.db import IntegrityError, transaction

from scale.errors import NotFound
from scale.models import Job, JobExecution
from scale.postgresql.statements import run
from scale.services.requeue import RequeueFilters, requeue_jobs
from tests.factories import make_job
from tests.integration.api.rows import fail_job
from tests.races import own_connection
from tests.recipe_factories import job_ids, make_recipe


def delete(*ids: int) -> None:
    run("DELETE FROM job WHERE id = ANY(%(ids)s)", {"ids": list(ids)})


@pytest.mark.django_db
def test_job_with_executions_cannot_be_deleted_one_without_can() -> None:
    ids = job_ids(make_recipe({"first": (), "second": ("first",)}))
    run("DELETE FROM recipe_edge", {})
    run("DELETE FROM recipe_job", {})

    refusal = f"job {ids['first']} has executions"
    with pytest.raises(IntegrityError, match=refusal), transaction.atomic():
        delete(*ids.values())
    assert Job.objects.count() == 2

    delete(ids["second"])
    assert list(Job.objects.values_list("pk", flat=True)) == [ids["first"]]


def failed_without_executions() -> int:
    details = make_job()
    fail_job(details)
    JobExecution.objects.filter(job=details.job).delete()
    return details.job.pk


@pytest.mark.parametrize("first", ["requeue", "delete"])
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("published")
def test_job_that_is_requeued_and_deleted_at_once_is_one_of_both(first: str) -> None:
    job_id = failed_without_executions()
    acts = {
        "requeue": lambda: requeue_jobs(filters=RequeueFilters(job_ids=[job_id])),
        "delete": lambda: delete(job_id),
    }
    second = acts[({"requeue", "delete"} - {first}).pop()]
    refused: list[Exception] = []

    def follow() -> None:
        with own_connection():
            try:
                second()
            except (IntegrityError, NotFound) as exc:
                refused.append(exc)

    with transaction.atomic():
        acts[first]()
        follower = threading.Thread(target=follow)
        follower.start()
        follower.join(0.3)
        assert follower.is_alive()
    follower.join(30)

    with suppress(Job.DoesNotExist):
        assert Job.objects.get(pk=job_id).status == "QUEUED"
    left = set(JobExecution.objects.values_list("job", flat=True))
    assert (
        left
        == set(Job.objects.values_list("pk", flat=True))
        == ({job_id} if first == "requeue" else set())
    )
    assert len(refused) == (1 if first == "requeue" else 0)
