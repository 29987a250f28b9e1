from datetime import timedelta

import pytest
from django.db.models import F

from scale.models import JobExecution
from scale.services.feed import feed
from tests.factories import claim, make_job, make_job_type, make_node

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("published")]


@pytest.mark.parametrize(
    ("priority", "seconds", "is_first"),
    [(100, 0.5, False), (100, 2.0, True), (99, 0.0, True), (101, 60.0, False)],
)
def test_claim_of_named_execution_gives_way_to_one_whose_turn_is_before(
    priority: int, seconds: float, is_first: bool
) -> None:
    node = make_node()
    other = make_job(make_job_type(priority=priority)).executions[0].pk
    named = make_job(make_job_type(priority=100)).executions[0].pk
    earlier = F("queued") - timedelta(seconds=seconds)
    JobExecution.objects.filter(pk=other).update(queued=earlier)
    feed()

    claimed = claim(named, node=node)

    assert claimed.execution_id == (other if is_first else named)
    assert claim(named, node=node).execution_id == (named if is_first else other)


def test_claim_of_named_execution_ignores_what_was_not_fed_yet() -> None:
    node = make_node()
    other = make_job().executions[0].pk
    JobExecution.objects.filter(pk=other).update(queued=F("queued") - timedelta(seconds=60))
    named = make_job().executions[0].pk

    assert claim(named, node=node).execution_id == named
