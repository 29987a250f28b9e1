import pytest

from scale.models import Job, JobExecution
from scale.services.completions import complete_execution
from scale.services.executions import fail_execution, release
from tests.factories import claim, make_job, report
from tests.recipe_factories import job_ids, make_recipe, statuses, waiting_execution

pytestmark = pytest.mark.django_db


def test_released_execution_waits_again_and_uses_up_no_try():
    details = make_job()
    claimed = claim(details.executions[0].pk)

    assert release(claimed)

    job = Job.objects.get(pk=details.job.pk)
    assert (job.status, job.num_exes, job.started) == ("QUEUED", 1, None)
    execution = JobExecution.objects.get()
    assert (execution.status, execution.node_id, execution.worker) == ("QUEUED", None, None)


def test_released_execution_taken_anew_ignores_its_former_owner():
    details = make_recipe({"a": [], "b": ["a"]})
    execution = waiting_execution(job_ids(details)["a"])
    former = claim(execution, worker="former")
    release(former)
    present = claim(execution, worker="present")

    assert not complete_execution(former, report())
    assert not fail_execution(former, report(error="unknown"))
    assert not release(former)
    assert statuses(details) == {"a": "RUNNING", "b": "PENDING"}

    assert complete_execution(present, report())
    assert statuses(details) == {"a": "COMPLETED", "b": "QUEUED"}
