"""Whether this worker takes messages from the queue `jobs`, and when it last did."""

import threading
import time
from typing import Any

from scale.dispatch import JOBS_QUEUE

#: Celery's loop turns at least once a second.
_CLOSE_SECONDS = 5.0


class Intake:
    """Opens and closes what Celery's consumer takes from the queue `jobs`.

    A node that may start nothing must leave the messages to others: taken and thrown away they
    would be missing until they are replaced. Celery remembers what is closed when it reconnects.
    """

    def __init__(self) -> None:
        self._consumer: Any = None
        self._is_open = True
        self._closed = threading.Event()
        #: When a message last arrived, or the intake opened, by the monotonic clock.
        self.last_heard = time.monotonic()

    def attach(self, consumer: Any) -> None:
        """Act on a consumer from now on; it takes messages already."""
        self._consumer = consumer
        if not self._is_open:
            consumer.call_soon(self._apply)

    def set(self, *, is_open: bool) -> None:
        """Take messages from now on, or leave them; returns before it is done."""
        changed = is_open != self._is_open
        self._is_open = is_open
        consumer = self._consumer
        if consumer is not None and (changed or self._is_still_open(consumer)):
            # Its connection belongs to the thread of its loop.
            consumer.call_soon(self._apply)

    def heard(self) -> None:
        """Note that a message arrived."""
        self.last_heard = time.monotonic()

    def wait_until_closed(self) -> None:
        """Return when no message comes any more, or after a few seconds without that."""
        if not self._is_open:
            self._closed.wait(_CLOSE_SECONDS)

    def _is_still_open(self, consumer: Any) -> bool:
        """Tell whether messages come although they should not: a reconnect can lose a request."""
        tasks = consumer.task_consumer
        return not self._is_open and tasks is not None and tasks.consuming_from(JOBS_QUEUE)

    def _apply(self) -> None:
        self.heard()
        if self._is_open:
            self._closed.clear()
            self._consumer.add_task_queue(JOBS_QUEUE)
        else:
            self._consumer.cancel_task_queue(JOBS_QUEUE)
            self._closed.set()
