import pytest

from scale.models import Job, JobExecution
from scale.services.completions import complete_execution
from scale.services.executions import fail_execution
from tests.factories import claim, make_job, make_node, report, try_claim

pytestmark = pytest.mark.django_db


def test_complete_claimed_execution_completes_job():
    details = make_job()
    claimed = claim(details.executions[0].pk)

    assert complete_execution(claimed, report())

    job = Job.objects.get(pk=details.job.pk)
    assert (job.status, job.results["output_data"]) == ("COMPLETED", [])


def test_claim_twice_gives_one_claim():
    details = make_job()
    node = make_node()
    claim(details.executions[0].pk, node=node)

    assert try_claim(details.executions[0].pk, node_id=node.pk, worker="another") is None


def test_fail_with_system_error_queues_again():
    details = make_job()

    assert fail_execution(claim(details.executions[0].pk), report(error="node-lost"))

    job = Job.objects.get(pk=details.job.pk)
    assert (job.status, job.num_exes, job.error_id) == ("QUEUED", 2, None)
    assert list(
        JobExecution.objects.filter(job=job).order_by("exe_num").values_list("status", flat=True)
    ) == ["FAILED", "QUEUED"]


def test_complete_twice_with_same_report_is_kept_once():
    claimed = claim(make_job().executions[0].pk)
    told = report()

    assert complete_execution(claimed, told)
    assert complete_execution(claimed, told)
    assert not complete_execution(claimed, report())
