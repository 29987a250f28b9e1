import pytest

from scale.errors import InvalidTransition, NotFound
from scale.models import Job, JobExecution
from scale.services.cancel import cancel_job
from scale.services.completions import complete_execution
from scale.services.executions import fail_execution, renew_leases
from tests.factories import WORKER, claim, make_job, report

pytestmark = pytest.mark.django_db


def test_cancel_queued_job_cancels_its_execution_too():
    details = make_job()

    cancel_job(job_id=details.job.pk)

    job = Job.objects.get(pk=details.job.pk)
    execution = JobExecution.objects.get(job=job)
    assert (job.status, execution.status) == ("CANCELED", "CANCELED")
    assert job.ended == job.last_status_change == job.last_modified == execution.ended
    assert (job.num_exes, job.error_id) == (1, None)


def test_cancel_running_job_ends_its_execution_and_ignores_its_reports():
    details = make_job()
    claimed = claim(details.executions[0].pk)

    cancel_job(job_id=details.job.pk)

    assert not complete_execution(claimed, report())
    assert not fail_execution(claimed, report(error="unknown"))
    assert renew_leases(worker=WORKER, execution_ids=[claimed.execution_id]) == set()
    job = Job.objects.get(pk=details.job.pk)
    assert (job.status, job.results) == ("CANCELED", {})
    assert job.started == claimed.started
    assert JobExecution.objects.get(job=job).status == "CANCELED"


def test_cancel_failed_job_clears_its_error_but_not_that_of_its_execution():
    details = make_job()
    fail_execution(claim(details.executions[0].pk), report(error="algorithm-unknown"))

    cancel_job(job_id=details.job.pk)

    job = Job.objects.get(pk=details.job.pk)
    assert (job.status, job.error_id) == ("CANCELED", None)
    execution = JobExecution.objects.get(job=job)
    assert (execution.status, execution.error.name) == ("FAILED", "algorithm-unknown")
    assert job.ended >= execution.ended


def test_cancel_completed_job_is_refused():
    details = make_job()
    complete_execution(claim(details.executions[0].pk), report())

    with pytest.raises(InvalidTransition, match="COMPLETED"):
        cancel_job(job_id=details.job.pk)

    assert Job.objects.get(pk=details.job.pk).status == "COMPLETED"


def test_cancel_twice_is_refused():
    details = make_job()
    cancel_job(job_id=details.job.pk)
    before = Job.objects.values().get(pk=details.job.pk)

    with pytest.raises(InvalidTransition, match="CANCELED"):
        cancel_job(job_id=details.job.pk)

    assert Job.objects.values().get(pk=details.job.pk) == before


@pytest.mark.parametrize("job_id", [0, 987654, 10**30])
def test_cancel_unknown_job_is_not_found(job_id):
    with pytest.raises(NotFound):
        cancel_job(job_id=job_id)
