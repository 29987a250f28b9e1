"""The broker's queues, as far as a plain declaration does not do."""

import logging
from typing import Any
from weakref import WeakKeyDictionary

from amqp.exceptions import PreconditionFailed
from kombu import Queue

from scale.log import log_event

logger = logging.getLogger(__name__)

TIMEOUT_ARGUMENT = "x-consumer-timeout"
#: Longer than any job: the lease in PostgreSQL says who is alive, not an old delivery.
TIMEOUT_MILLISECONDS = 30 * 24 * 3600 * 1000
#: The first RabbitMQ that knows the argument.
TIMEOUT_SINCE = (3, 12)

#: Per connection to RabbitMQ, whether the queue has the argument.
_settled: WeakKeyDictionary[Any, bool] = WeakKeyDictionary()


class LongQueue(Queue):
    """A queue whose messages may stay unacknowledged for as long as a job takes.

    RabbitMQ closes the channel of a consumer that keeps a message longer than its
    `consumer_timeout`, 30 minutes by default. Where the server knows the argument, the queue is
    declared with a limit of its own. A queue that exists without it is used as it is: declaring
    it otherwise would be refused, and with it the worker.
    """

    def queue_declare(
        self, nowait: bool = False, passive: bool = False, channel: Any = None
    ) -> Any:
        """Declare the queue, with the argument if the server takes it."""
        channel = channel or self.channel
        if not passive and self._takes_timeout(channel.connection):
            self.queue_arguments = {TIMEOUT_ARGUMENT: TIMEOUT_MILLISECONDS}
        return super().queue_declare(nowait=nowait, passive=passive, channel=channel)

    def _takes_timeout(self, connection: Any) -> bool:
        if _server_version(connection) < TIMEOUT_SINCE:
            return False
        if connection not in _settled:
            _settled[connection] = self._try_timeout(connection)
        return _settled[connection]

    def _try_timeout(self, connection: Any) -> bool:
        # On a channel of its own, since a refusal closes it.
        with connection.channel() as channel:
            asked = self(channel)
            asked.queue_arguments = {TIMEOUT_ARGUMENT: TIMEOUT_MILLISECONDS}
            try:
                Queue.queue_declare(asked, channel=channel)
            except PreconditionFailed:
                log_event(
                    logger,
                    "queue_without_consumer_timeout",
                    logging.WARNING,
                    queue=self.name,
                    remedy="stop Scale and delete the queue: it is made anew, its messages too",
                )
                return False
        return True


def waits_long(connection: Any) -> bool:
    """Tell whether the broker at the other end lets a job take as long as it does."""
    return not _server_version(connection) or _settled.get(connection, False)


def _server_version(connection: Any) -> tuple[int, ...]:
    """Return the version of a RabbitMQ, empty for another broker."""
    properties = getattr(connection, "server_properties", None) or {}
    words = str(properties.get("version", "")).split(".")[:2]
    return tuple(int(word) for word in words if word.isdigit())
