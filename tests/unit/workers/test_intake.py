from typing import Any

import pytest

from workers.intake import Intake


class Tasks:
    def __init__(self) -> None:
        self.queues = {"jobs"}

    def consuming_from(self, queue: str) -> bool:
        return queue in self.queues


class Consumer:
    """Celery's consumer, as far as the intake uses it; its loop turns when told."""

    def __init__(self) -> None:
        self.task_consumer = Tasks()
        self.calls: list[Any] = []

    def call_soon(self, call: Any) -> None:
        self.calls.append(call)

    def turn(self) -> None:
        calls, self.calls = self.calls, []
        for call in calls:
            call()

    def add_task_queue(self, queue: str) -> None:
        self.task_consumer.queues.add(queue)

    def cancel_task_queue(self, queue: str) -> None:
        self.task_consumer.queues.discard(queue)

    @property
    def takes(self) -> bool:
        return self.task_consumer.consuming_from("jobs")


@pytest.fixture
def consumer() -> Consumer:
    return Consumer()


def attached(consumer: Consumer) -> Intake:
    intake = Intake()
    intake.attach(consumer)
    return intake


def test_intake_closes_and_opens_in_the_thread_of_the_loop(consumer: Consumer) -> None:
    intake = attached(consumer)

    intake.set(is_open=False)
    assert consumer.takes
    consumer.turn()
    assert not consumer.takes

    intake.set(is_open=True)
    assert not consumer.takes
    consumer.turn()
    assert consumer.takes


def test_intake_that_does_not_change_leaves_the_consumer_alone(consumer: Consumer) -> None:
    intake = attached(consumer)

    intake.set(is_open=True)
    intake.set(is_open=True)

    assert consumer.calls == []


def test_intake_closed_before_the_consumer_is_ready_closes_it_then(consumer: Consumer) -> None:
    intake = Intake()
    intake.set(is_open=False)

    intake.attach(consumer)
    consumer.turn()

    assert not consumer.takes


def test_closing_that_a_reconnect_lost_is_repeated(consumer: Consumer) -> None:
    intake = attached(consumer)
    intake.set(is_open=False)
    consumer.calls.clear()

    intake.set(is_open=False)
    consumer.turn()

    assert not consumer.takes


def test_opening_counts_as_hearing(consumer: Consumer) -> None:
    intake = attached(consumer)
    intake.set(is_open=False)
    consumer.turn()
    before = intake.last_heard

    intake.set(is_open=True)
    consumer.turn()

    assert intake.last_heard > before


def test_waiting_returns_once_closed_and_not_at_all_long_while_open(consumer: Consumer) -> None:
    intake = attached(consumer)
    intake.wait_until_closed()
    intake.set(is_open=False)
    consumer.turn()
    intake.wait_until_closed()

    assert not consumer.takes
