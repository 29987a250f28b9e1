"""When events are published: many together, and again after a connection that broke."""

from collections.abc import Callable
from typing import Any

import pytest

from workers.consumer import PacedConsumer


class Hub:
    """Remembers what it is to call."""

    def __init__(self) -> None:
        self.planned: list[Callable[[], None]] = []

    def call_soon(self, call: Callable[[], None]) -> None:
        self.planned.append(call)

    def call_later(self, _seconds: float, call: Callable[[], None]) -> None:
        self.planned.append(call)

    def turn(self) -> None:
        planned, self.planned = self.planned, []
        for call in planned:
            call()


class Dispatcher:
    """Stands for Celery's, of which only the limit is set."""

    buffer_limit = 1


@pytest.fixture
def consumer() -> Any:
    made: Any = PacedConsumer.__new__(PacedConsumer)
    made.hub, made.event_dispatcher, made.init_callback = Hub(), Dispatcher(), None
    made.flushed = 0

    def flush() -> None:
        made.flushed += 1

    made._flush_events = flush
    return made


def test_events_of_many_tasks_are_published_once(consumer: Any) -> None:
    for _ in range(3):
        consumer.on_send_event_buffered()
    consumer.hub.turn()
    consumer.on_send_event_buffered()
    consumer.hub.turn()

    assert consumer.flushed == 1
    assert not consumer.hub.planned


def test_events_are_published_again_after_plans_were_lost(consumer: Any) -> None:
    consumer.on_send_event_buffered()
    consumer.hub.planned.clear()  # as when cleaning up after a connection fails

    consumer.on_ready()
    consumer.on_send_event_buffered()
    consumer.hub.turn()
    consumer.hub.turn()

    assert consumer.flushed == 1
