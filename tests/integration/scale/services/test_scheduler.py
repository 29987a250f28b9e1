import pytest

from scale.dispatch import Ring, broker
from scale.models import JobExecution
from scale.services.feed import feed
from scale.services.scheduler import _resume, edit_scheduler
from tests.factories import make_job, make_node

pytestmark = pytest.mark.django_db


def test_pausing_holds_dispatch_back(published: list[Ring]) -> None:
    make_node()
    edit_scheduler(is_paused=True)
    make_job()

    feed()

    assert published == []


def test_resuming_publishes_what_waited(published: list[Ring]) -> None:
    make_node()
    edit_scheduler(is_paused=True)
    details = make_job()
    edit_scheduler(is_paused=False)

    _resume()

    assert [ring.execution_id for ring in published] == [details.executions[0].pk]


def test_resuming_replaces_messages_used_up_during_the_pause(
    published: list[Ring], monkeypatch: pytest.MonkeyPatch
) -> None:
    make_node()
    make_job()
    feed()
    edit_scheduler(is_paused=True)
    monkeypatch.setattr(broker, "waiting", lambda: 0)
    edit_scheduler(is_paused=False)

    _resume()

    waiting = JobExecution.objects.get().pk
    assert [ring.execution_id for ring in published] == [waiting, waiting]
