import threading
from datetime import timedelta

import pytest
from django.db import transaction
from django.db.models import F

from scale.models import Job, JobExecution
from scale.services.executions import fail_lost_executions
from tests.factories import claim, make_job, make_node
from tests.races import own_connection

pytestmark = pytest.mark.django_db(transaction=True)


def test_lost_execution_that_somebody_holds_does_not_hold_up_the_others() -> None:
    node = make_node()
    held, other = (make_job().executions[0] for _ in range(2))
    for execution in (held, other):
        claim(execution.pk, node=node)
    JobExecution.objects.update(lease_expires=F("started") - timedelta(hours=1))
    is_held, is_over = threading.Event(), threading.Event()

    def hold() -> None:
        with own_connection(), transaction.atomic():
            Job.objects.select_for_update().get(pk=held.job_id)
            is_held.set()
            is_over.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    assert is_held.wait(30)
    try:
        assert fail_lost_executions() == 1
    finally:
        is_over.set()
        holder.join()

    assert JobExecution.objects.get(pk=held.pk).status == "RUNNING"
    assert JobExecution.objects.get(pk=other.pk).status == "FAILED"
    assert fail_lost_executions() == 1
