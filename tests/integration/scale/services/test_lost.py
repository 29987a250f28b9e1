from datetime import timedelta

import pytest
from django.db.models import F

from scale.models import Job, JobExecution
from scale.services.executions import fail_lost_executions
from tests.factories import claim, make_job, make_node
from tests.races import held

pytestmark = pytest.mark.django_db(transaction=True)


def test_lost_execution_that_somebody_holds_does_not_hold_up_the_others() -> None:
    node = make_node()
    busy, other = (make_job().executions[0] for _ in range(2))
    for execution in (busy, other):
        claim(execution.pk, node=node)
    JobExecution.objects.update(lease_expires=F("started") - timedelta(hours=1))

    with held(Job.objects.filter(pk=busy.job_id)):
        assert fail_lost_executions() == 1

    assert JobExecution.objects.get(pk=busy.pk).status == "RUNNING"
    assert JobExecution.objects.get(pk=other.pk).status == "FAILED"
    assert fail_lost_executions() == 1
