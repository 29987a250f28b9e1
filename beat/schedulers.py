"""Beat's scheduler: the timetable in the database, which is waited for."""

import logging
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import InterfaceError, OperationalError, connection
from django_celery_beat.schedulers import DatabaseScheduler

from scale.log import log_event

logger = logging.getLogger(__name__)

RETRY_SECONDS = 1.0


class PatientScheduler(DatabaseScheduler):  # type: ignore[misc]
    """Reads the timetable as soon as the database is there; otherwise beat would end."""

    def setup_schedule(self) -> None:
        """Read the timetable, however long the database is away; a signal ends beat meanwhile."""
        with _signals_end_it():
            while True:
                try:
                    # What failed half-way is not taken for read.
                    self._initial_read = True
                    super().setup_schedule()
                except (OperationalError, InterfaceError) as exc:
                    reason = str(exc).split("\n")[0]
                    log_event(logger, "database_away", logging.WARNING, reason=reason)
                    connection.close()
                    time.sleep(RETRY_SECONDS)
                else:
                    return


@contextmanager
def _signals_end_it() -> Iterator[None]:
    """Let SIGTERM and SIGINT end the process: Celery's handlers would set up once more first."""
    numbers = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(number, signal.SIG_DFL) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
