from datetime import timedelta

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

from scale.models import Job, JobExecution, Node, Scheduler
from scale.services.claims import claim_executions
from scale.services.feed import feed
from scale.services.transitions import claim as statements
from tests.factories import claim, make_job, make_job_type, make_node

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("published")]

WORKER = "w"


@pytest.fixture
def node() -> Node:
    return make_node()


def queue(*, priority: int = 100, **about: object) -> int:
    """Queue a job of a type of its own; return its execution."""
    return make_job(make_job_type(priority=priority, **about)).executions[0].pk


def take(count: int, node: Node, *named: int) -> list[int]:
    found = claim_executions(count=count, named=named, node_id=node.pk, worker=WORKER)
    return [one.execution_id for one in found.claims]


@pytest.mark.parametrize(
    ("priority", "seconds", "is_first"),
    [(100, -1.0, False), (100, 1.0, True), (99, -60.0, True), (101, 60.0, False)],
)
def test_named_execution_gives_way_to_one_whose_turn_is_before(
    node: Node, priority: int, seconds: float, is_first: bool
) -> None:
    other, named = queue(priority=priority), queue(priority=100)
    earlier = F("queued") - timedelta(seconds=seconds)
    JobExecution.objects.filter(pk=other).update(queued=earlier)
    feed()

    order = [other, named] if is_first else [named, other]
    assert [take(1, node, named), take(1, node, named)] == [[order[0]], [order[1]]]


def test_named_execution_need_not_be_fed(node: Node) -> None:
    first = queue()
    JobExecution.objects.filter(pk=first).update(queued=F("queued") - timedelta(seconds=60))
    named = queue()

    assert take(2, node, named) == [named]


def test_many_are_claimed_in_order_and_no_more_than_wanted(node: Node) -> None:
    late, urgent, early = queue(priority=200), queue(priority=1), queue(priority=100)
    feed()

    assert take(2, node) == [urgent, early]
    assert take(5, node) == [late]
    assert take(5, node) == []
    assert set(Job.objects.values_list("status", flat=True)) == {"RUNNING"}


def test_many_are_claimed_in_one_statement(node: Node) -> None:
    for _ in range(10):
        queue()
    feed()

    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert len(take(10, node)) == 10

    assert len(queries) == 1


def test_nothing_less_urgent_is_claimed_before_one_of_a_capped_type(node: Node) -> None:
    capped = make_job_type(priority=50, max_scheduled=2)
    of_capped = [make_job(capped).executions[0].pk for _ in range(3)]
    urgent, late = queue(priority=1), queue(priority=100)
    feed()

    assert take(2, node) == [urgent]
    assert [take(5, node) for _ in range(3)] == [[of_capped[0]], [of_capped[1]], [late]]


def test_capped_type_at_its_cap_does_not_hold_up_others(node: Node) -> None:
    capped = make_job_type(priority=50, max_scheduled=1)
    first, second = (make_job(capped).executions[0].pk for _ in range(2))
    claim(first, node=node)
    late = queue(priority=100)
    feed()

    assert take(5, node, second) == [late]


def test_what_may_not_run_here_does_not_hide_what_lies_behind(
    node: Node, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "FIRST_DEPTH", 1)
    large = make_job_type(priority=1, cpus_required=64)
    for _ in range(5):
        make_job(large)
    behind = queue(priority=100)
    feed()
    Node.objects.update(cpus=4)

    assert take(1, node) == [behind]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [({}, True), ({"is_paused": True}, False), ({"is_active": False}, False)],
)
def test_node_may_start_while_active_and_not_paused(
    node: Node, fields: dict[str, bool], expected: bool
) -> None:
    queue()
    feed()
    Node.objects.update(**fields)

    found = claim_executions(count=1, node_id=node.pk, worker=WORKER)

    assert (len(found.claims), found.may_start) == (int(expected), expected)


def test_paused_scheduler_starts_nothing_and_leaves_the_node_willing(node: Node) -> None:
    queue()
    feed()
    Scheduler.objects.update(is_paused=True)

    found = claim_executions(count=1, node_id=node.pk, worker=WORKER)

    assert (found.claims, found.may_start) == ([], True)


@pytest.mark.parametrize("is_capped", [False, True])
def test_claim_tells_whether_another_may_find_more(
    node: Node, monkeypatch: pytest.MonkeyPatch, is_capped: bool
) -> None:
    monkeypatch.setattr(statements, "FIRST_DEPTH", 2)
    if is_capped:
        make_job(make_job_type(priority=50, max_scheduled=5))
    for _ in range(4):
        queue(priority=100)
    feed()

    found = claim_executions(count=1, node_id=node.pk, worker=WORKER)

    assert (len(found.claims), found.is_more) == (1, True)
    while (found := claim_executions(count=1, node_id=node.pk, worker=WORKER)).claims:
        pass
    assert not found.is_more
    assert set(Job.objects.values_list("status", flat=True)) == {"RUNNING"}
