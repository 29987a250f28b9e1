"""The only publisher: messages that ring a worker, and work that follows a commit.

Celery is a doorbell and PostgreSQL is the queue, so losing, doubling or delaying a message is
harmless: `scale.services.feed` compares what waits with what the broker holds and rings again.
"""

import contextlib
import logging
import os
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection as database
from django.db import transaction
from kombu import Connection
from kombu.exceptions import KombuError

from scale.celery import IS_REDIS, LANES, app
from scale.conf import conf
from scale.log import log_event

logger = logging.getLogger(__name__)

RUN_EXECUTION = "workers.run_execution"
JOBS_QUEUE = "jobs"


@dataclass(frozen=True, slots=True)
class Ring:
    """What a message says: which execution waits, and how monitors should show it."""

    execution_id: int
    job_id: int
    lane: int
    title: str


class Broker:
    """A connection for publishing that gives up quickly and is made anew when it failed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._connection: Connection | None = None
        self._producer: Any = None
        self._pid = 0

    def publish(self, rings: Sequence[Ring]) -> int:
        """Publish a message per ring; return how many went out before the broker failed.

        Never raises for a broker that is away or silent, and waits for it no longer than about
        twice `Conf.publish_timeout_seconds`.
        """
        sent = 0
        with self._lock:
            try:
                producer = self._connected()
                for ring in rings:
                    app.send_task(
                        RUN_EXECUTION,
                        args=(ring.execution_id,),
                        argsrepr=f"job {ring.job_id}, execution {ring.execution_id}",
                        shadow=ring.title,
                        queue=JOBS_QUEUE,
                        priority=message_priority(ring.lane),
                        producer=producer,
                        retry=False,
                    )
                    sent += 1
            except self._errors() as exc:
                log_event(logger, "publish_failed", logging.WARNING, sent=sent, reason=repr(exc))
                self._drop()
        return sent

    def waiting(self) -> int | None:
        """Return how many job messages wait in the broker, or None if it does not answer."""
        with self._lock:
            try:
                producer = self._connected()
                queue: Any = app.amqp.queues[JOBS_QUEUE](producer.channel)
                return int(queue.queue_declare().message_count)
            except self._errors() as exc:
                log_event(logger, "broker_unreachable", logging.WARNING, reason=repr(exc))
                self._drop()
                return None

    def _connected(self) -> Any:
        if self._pid != os.getpid():  # a forked child must not share the parent's socket
            self._connection, self._pid = None, os.getpid()
        if self._connection is None:
            timeout = conf().publish_timeout_seconds
            self._connection = app.connection_for_write(
                connect_timeout=timeout,
                heartbeat=0,
                transport_options={
                    **app.conf.broker_transport_options,
                    "socket_timeout": timeout,
                    "socket_connect_timeout": timeout,
                    "read_timeout": timeout,
                    "write_timeout": timeout,
                    "max_retries": 0,
                    "retry_on_timeout": False,
                },
            )
            self._producer = app.amqp.Producer(self._connection, auto_declare=False)
            for queue in app.amqp.queues.values():
                queue(self._producer.channel).declare()
        return self._producer

    def _drop(self) -> None:
        if self._connection is not None:
            with contextlib.suppress(*self._errors()):
                self._connection.collect(conf().publish_timeout_seconds)
        self._connection = self._producer = None

    def _errors(self) -> tuple[type[BaseException], ...]:
        known = app.connection_for_write()
        return (OSError, KombuError, *known.connection_errors, *known.channel_errors)


def message_priority(lane: int) -> int:
    """Return the message priority of a lane: Redis serves 0 first, RabbitMQ the highest."""
    return lane if IS_REDIS else LANES - 1 - lane


class Follower:
    """Runs a piece of work on a thread of its own, soon after each commit that asks for it.

    Requests made while it runs are answered by one more run, so a burst of commits costs a few.
    After work that returns how much it did, and did nothing, the next run is a rest later: others
    did it, or it has to wait for others.
    """

    def __init__(self, work: Callable[[], object], *, rest_seconds: float = 0.0) -> None:
        self._work = work
        self._rest_seconds = rest_seconds
        self._wanted = threading.Event()
        self._lock = threading.Lock()
        self._pid = 0

    def ask(self) -> None:
        """Have the work done soon; never blocks, never raises."""
        if self._pid != os.getpid():
            with self._lock:
                if self._pid != os.getpid():
                    self._wanted = threading.Event()
                    threading.Thread(target=self._run, name="follower", daemon=True).start()
                    self._pid = os.getpid()
        self._wanted.set()

    def ask_on_commit(self) -> None:
        """Have the work done soon after the present transaction commits."""

        # A nested function and robust: see docs/decisions/0002.
        def ask_now() -> None:
            self.ask()

        transaction.on_commit(ask_now, robust=True)

    def _run(self) -> None:
        while True:
            self._wanted.wait()
            self._wanted.clear()
            try:
                if self._work() == 0:
                    time.sleep(self._rest_seconds)
            except Exception:
                logger.exception("follower_failed")
                database.close()


broker = Broker()
