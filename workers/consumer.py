"""Celery's consumer, with the pace at which it sends events and tries to connect again."""

from functools import partial
from typing import Any

from celery.worker.consumer import Consumer

#: How late a monitor may learn of a task.
EVENT_SECONDS = 0.25
EVENT_LIMIT = 1000
#: How long it waits, at most, before it tries again to reach a broker that is away.
RECONNECT_SECONDS = 4


class PacedConsumer(Consumer):
    """A consumer that publishes the events of many tasks in one message.

    Celery publishes them at every turn of its loop, which costs as much as receiving the tasks.
    """

    # Celery's type stubs leave these out.
    hub: Any
    event_dispatcher: Any
    _flush_events: Any

    _is_flush_due = False

    def ensure_connected(self, conn: Any) -> Any:
        """Connect, however long it takes; Celery itself would wait up to half a minute in between.

        Work has to resume 15 seconds after the broker is back.
        """
        conn.ensure_connection = partial(conn.ensure_connection, interval_max=RECONNECT_SECONDS)
        return super().ensure_connected(conn)

    def on_ready(self) -> None:
        """Begin anew: what was planned may have gone with the connection that broke."""
        self._is_flush_due = False
        super().on_ready()

    def on_send_event_buffered(self) -> None:  # type: ignore[override]
        """Have buffered events published soon; called by any thread."""
        if self.hub and not self._is_flush_due:
            self._is_flush_due = True
            self.hub.call_soon(self._plan_flush)

    def _plan_flush(self) -> None:
        if self.event_dispatcher:
            self.event_dispatcher.buffer_limit = EVENT_LIMIT
        self.hub.call_later(EVENT_SECONDS, self._flush)

    def _flush(self) -> None:
        self._is_flush_due = False
        self._flush_events()
