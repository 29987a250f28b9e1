from typing import Any, Self

import pytest
from amqp.exceptions import PreconditionFailed
from kombu.transport.base import to_rabbitmq_queue_arguments

from scale.queues import TIMEOUT_ARGUMENT, LongQueue, waits_long


class Connection:
    """RabbitMQ, as far as declaring a queue goes."""

    def __init__(self, version: str, existing: dict[str, Any] | None = None) -> None:
        self.server_properties = {"product": "RabbitMQ", "version": version}
        self.arguments = existing
        self.declared = 0

    def channel(self) -> "Channel":
        return Channel(self)


class Channel:
    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.is_open = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.is_open = False

    def prepare_queue_arguments(self, arguments: dict[str, Any], **kwargs: Any) -> Any:
        return to_rabbitmq_queue_arguments(arguments, **kwargs)

    def queue_declare(self, *, queue: str, arguments: Any, **_: Any) -> tuple[str, int, int]:
        assert self.is_open
        connection = self.connection
        connection.declared += 1
        if connection.arguments is None:
            connection.arguments = arguments
        if connection.arguments != arguments:
            self.is_open = False
            raise PreconditionFailed("inequivalent arg")
        return queue, 0, 0


def declare(connection: Connection, times: int = 1) -> Channel:
    channel = connection.channel()
    for _ in range(times):
        LongQueue("jobs", routing_key="jobs", max_priority=9)(channel).queue_declare()
    return channel


@pytest.mark.parametrize(
    ("version", "is_long"), [("3.8.2", False), ("3.11.28", False), ("3.12.0", True), ("4.1", True)]
)
def test_queue_gets_the_argument_where_the_server_knows_it(version: str, is_long: bool) -> None:
    connection = Connection(version)

    declare(connection)

    assert connection.arguments is not None
    assert (TIMEOUT_ARGUMENT in connection.arguments) is is_long
    assert connection.arguments["x-max-priority"] == 9
    assert waits_long(connection) is is_long


def test_queue_that_exists_without_the_argument_is_used_as_it_is() -> None:
    connection = Connection("3.13.1", {"x-max-priority": 9})

    channel = declare(connection, times=3)

    assert channel.is_open
    assert waits_long(connection) is False


def test_queue_that_exists_with_other_priorities_is_refused() -> None:
    connection = Connection("3.13.1", {"x-max-priority": 5})

    with pytest.raises(PreconditionFailed):
        declare(connection)


def test_argument_is_tried_once_per_connection() -> None:
    connection = Connection("3.13.1")

    declare(connection, times=3)

    assert connection.declared == 4


def test_broker_that_is_no_rabbitmq_waits_long() -> None:
    assert waits_long(object())
