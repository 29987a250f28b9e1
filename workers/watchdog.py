"""Notices a worker that is connected but no longer hears the broker, and has it started again."""

import logging
import os
import signal
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db import InterfaceError, OperationalError, connection

from scale.conf import conf
from scale.dispatch import broker
from scale.log import log_event
from scale.selectors.nodes import has_work

if TYPE_CHECKING:
    from workers.host import Host

logger = logging.getLogger(__name__)

#: What a warm stop may take longer than its grace period before the process is given up.
_MARGIN_SECONDS = 10.0
#: `EX_SOFTWARE`: the supervisor starts the worker again after any code.
DEAF_EXIT_CODE = 70


@dataclass
class Deafness:
    """Decides, from one look after another, whether a worker is deaf."""

    limit_seconds: float
    #: Since when it is called without an answer.
    called_since: float | None = None

    def look(self, *, now: float, last_heard: float, is_called: bool) -> bool:
        """Tell whether messages have waited for the worker, unheard, for the limit.

        `is_called` says that at this moment a message waits that the worker has room for. Looks
        in a row have to say so: one alone may see a message that just arrived.
        """
        if not is_called:
            self.called_since = None
            return False
        if self.called_since is None or last_heard > self.called_since:
            self.called_since = now
        return now - self.called_since >= self.limit_seconds


class Watchdog:
    """Watches a host from a thread of its own, which may wait for the broker."""

    def __init__(self, host: "Host") -> None:
        self._host = host
        self._deafness = Deafness(conf().deaf_seconds)

    def start(self) -> None:
        """Watch from now on."""
        threading.Thread(target=self._run, name="watchdog", daemon=True).start()

    def _run(self) -> None:
        while not self._host.is_stopping:
            time.sleep(conf().deaf_seconds / 5)
            if self.is_deaf():
                log_event(logger, "worker_deaf", logging.ERROR, seconds=conf().deaf_seconds)
                self._end()
                return

    def is_deaf(self) -> bool:
        """Take a look."""
        return self._deafness.look(
            now=time.monotonic(),
            last_heard=self._host.intake.last_heard,
            is_called=self._is_called(),
        )

    def _is_called(self) -> bool:
        """Tell whether a message waits for this worker.

        A broker that is away calls nobody: a worker that starts again would not hear it either.
        """
        host = self._host
        if host.is_stopping or not host.may_start or not host.has_free_slot:
            return False
        try:
            return has_work(host.node_id) and bool(broker.waiting())
        except (OperationalError, InterfaceError):
            connection.close()
            return False

    def _end(self) -> None:
        # Warmly, so that what runs is finished or put back; a loop that hangs does not hear this.
        timer = threading.Timer(
            conf().warm_stop_seconds + _MARGIN_SECONDS, os._exit, [DEAF_EXIT_CODE]
        )
        timer.daemon = True
        timer.start()
        os.kill(os.getpid(), signal.SIGTERM)
