"""What beat does when it is told to stop."""

import logging
import os
import signal
from typing import Any

from celery import signals

from scale.log import log_event

logger = logging.getLogger(__name__)

#: A tick that waits for a server that does not answer is not waited for any longer.
LIMIT_SECONDS = 5


@signals.beat_init.connect
def stop_between_ticks(sender: Any, **_: Any) -> None:
    """Have SIGTERM and SIGINT end beat after the tick it is in.

    Celery's own handler writes to the database in the middle of whatever was interrupted; when that
    is a query, it waits for ever for the connection's lock, which the query holds.
    """

    def stop(number: int, _frame: object) -> None:
        log_event(logger, "beat_stopping", signal=signal.Signals(number).name)
        signal.alarm(LIMIT_SECONDS)
        sender.stop()

    def give_up(_number: int, _frame: object) -> None:
        os._exit(0)

    signal.signal(signal.SIGALRM, give_up)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
