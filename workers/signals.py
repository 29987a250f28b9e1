"""What Celery's worker does at its start and stop, for the `jobs` queue."""

import logging
from typing import Any

from celery import signals

from scale.conf import conf
from scale.dispatch import JOBS_QUEUE
from scale.log import log_event
from workers import worker
from workers.checks import warn_of_consumer_timeout
from workers.processes.lifeline import abandon, watch_guardian

logger = logging.getLogger(__name__)


@signals.celeryd_after_setup.connect
def start_host(instance: Any, **_: Any) -> None:
    """Never outlive the guardian; for the queue of jobs, become a node before messages arrive.

    Raises:
        SystemExit: it cannot become one. Of any other exception Celery would make a line in the
            log, and go on to throw away the messages that others could act on.
    """
    watch_guardian(abandon)
    if JOBS_QUEUE in instance.app.amqp.queues.consume_from:
        try:
            worker.open_worker()
        except Exception as exc:
            logger.exception("worker_not_opened")
            raise SystemExit(1) from exc


@signals.worker_ready.connect
def watch_intake(sender: Any, **_: Any) -> None:
    """Let the host open and close what Celery's consumer, the sender, takes from the queue."""
    worker.attach_consumer(sender)
    if JOBS_QUEUE in sender.app.amqp.queues.consume_from:
        warn_of_consumer_timeout(sender.connection.connection)


@signals.worker_shutting_down.connect
def stop_host(sig: str, how: str, **_: Any) -> None:
    """Stop warmly: no new executions, what outlives the grace period goes back on the queue."""
    log_event(logger, "worker_stopping", signal=sig, how=how)
    worker.stop_worker(grace_seconds=conf().warm_stop_seconds)


@signals.worker_shutdown.connect
def close_host(**_: Any) -> None:
    """Remove the work directory, after the last execution."""
    worker.close_worker()
