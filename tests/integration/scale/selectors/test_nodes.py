import pytest

from scale.domain.times import now
from scale.models import JobExecution, JobType, Node, Scheduler
from scale.selectors.nodes import has_work
from tests.factories import claim, make_job, make_node

pytestmark = pytest.mark.django_db


@pytest.fixture
def node() -> Node:
    """Return a node, with one execution in the broker's window."""
    make_job()
    JobExecution.objects.update(dispatched=now())
    return make_node()


def test_node_has_work_that_is_in_the_window(node: Node) -> None:
    assert has_work(node.pk)


def test_node_has_no_work_that_waits_outside_the_window(node: Node) -> None:
    JobExecution.objects.update(dispatched=None)

    assert not has_work(node.pk)


def test_node_has_no_work_that_runs(node: Node) -> None:
    claim(JobExecution.objects.get().pk, node=node)

    assert not has_work(node.pk)


@pytest.mark.parametrize("too_small", ["cpus", "mem"])
def test_node_has_no_work_that_does_not_fit(node: Node, too_small: str) -> None:
    Node.objects.update(**{too_small: 0.5})

    assert not has_work(node.pk)


def test_node_has_no_work_of_a_paused_type(node: Node) -> None:
    JobType.objects.update(is_paused=True)

    assert not has_work(node.pk)


def test_node_has_no_work_while_the_scheduler_is_paused(node: Node) -> None:
    Scheduler.objects.update(is_paused=True)

    assert not has_work(node.pk)
