"""What a worker says at its start about a broker that does not suit its jobs."""

import logging
from typing import Any

from django.db import InterfaceError, OperationalError, connection

from scale.log import log_event
from scale.queues import waits_long
from scale.selectors.job_types import get_longest_timeout

logger = logging.getLogger(__name__)

#: RabbitMQ's default; what a server is set to it does not tell.
CONSUMER_TIMEOUT_SECONDS = 1800


def warn_of_consumer_timeout(broker: Any) -> None:
    """Warn if jobs may take longer than RabbitMQ lets their messages be unacknowledged.

    When it strikes, the worker reconnects and the job goes on, but all its messages come again.
    """
    if waits_long(broker):
        return
    try:
        longest = get_longest_timeout()
    except (OperationalError, InterfaceError):
        connection.close()
        return
    if longest is None or longest >= CONSUMER_TIMEOUT_SECONDS:
        log_event(
            logger,
            "consumer_timeout_may_strike",
            logging.WARNING,
            longest_job_seconds=longest or "unlimited",
            remedy="raise consumer_timeout in rabbitmq.conf above it",
        )
