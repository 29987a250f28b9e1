"""This worker process: its identity, its node, what it runs now, and its sign of life."""

import logging
import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection

from scale.conf import MIB, conf
from scale.log import log_event
from scale.services.claims import Claim
from scale.services.executions import renew_leases
from scale.services.nodes import beat_node, register_node
from workers.intake import Intake
from workers.processes import tree
from workers.processes.workdir import WorkerDirectory

logger = logging.getLogger(__name__)

T = TypeVar("T")

#: The database is away, or the connection is broken.
DATABASE_AWAY = (OperationalError, InterfaceError)
RETRY_SECONDS = 1.0


@dataclass(slots=True)
class Run:
    """An execution under way in this process."""

    claim: Claim
    #: Whether the program must end: the lease is lost, or the worker stops.
    is_ending: bool = False
    #: Canceled, or taken away after the lease ran out: nothing may be reported.
    is_lost: bool = False


class Host:
    """What the slots of one worker process share."""

    def __init__(self, *, identity: str, directory: WorkerDirectory) -> None:
        self.identity = identity
        self.directory = directory.path
        self._directory = directory
        self.is_stopping = False
        self.intake = Intake()
        self._runs: dict[int, Run] = {}
        self._held = 0
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        node = self.until_back(lambda: register_node(worker=identity, disk_mib=self._disk_mib()))
        self.node_id = node.pk
        self.note_may_start(node.is_active and not node.is_paused)
        self._pulse = threading.Thread(target=self._beat, name="heartbeat", daemon=True)
        self._pulse.start()

    def begin(self, claim: Claim) -> Run:
        """Enter an execution, so that its lease is renewed."""
        run = Run(claim)
        with self._lock:
            self._runs[claim.execution_id] = run
        return run

    def finish(self, run: Run) -> None:
        """Forget an execution."""
        with self._lock:
            self._runs.pop(run.claim.execution_id, None)

    def note_held(self, change: int) -> None:
        """Note that one more message is held, or one fewer."""
        with self._lock:
            self._held += change

    @property
    def has_free_slot(self) -> bool:
        """Tell whether there is room for another message."""
        return self._held < conf().worker_concurrency

    def note_may_start(self, told: bool) -> None:
        """Take messages or leave them, by whether this node may start executions."""
        self.may_start = told
        self.intake.set(is_open=told)

    def stop(self, *, grace_seconds: float) -> None:
        """Start nothing more; what still runs after the grace period goes back on the queue."""
        self.is_stopping = True
        timer = threading.Timer(grace_seconds, self._end_runs)
        timer.daemon = True
        timer.start()

    def close(self) -> None:
        """Remove the work directory: nothing runs any more."""
        self._stopped.set()
        self._pulse.join()
        with suppress(OSError):
            self._directory.release()

    def until_back(self, call: Callable[[], T]) -> T:
        """Return what `call` returns, repeating it while the database is away."""
        return until_back(call, self._stopped)

    def reconnect(self) -> None:
        """Have this thread open a new connection at its next query."""
        connection.close()

    def _end_runs(self) -> None:
        for run in self._snapshot():
            run.is_ending = True

    def _snapshot(self) -> list[Run]:
        with self._lock:
            return list(self._runs.values())

    def _disk_mib(self) -> float:
        return shutil.disk_usage(self.directory).total / MIB

    def _beat(self) -> None:
        beats = 0
        while not self._stopped.wait(conf().heartbeat_seconds):
            try:
                self._renew()
                tree.reap_orphans()
                # More often while paused, so that unpausing is noticed soon.
                if beats % (10 if self.may_start else 2) == 0:
                    told = beat_node(node_id=self.node_id, disk_mib=self._disk_mib())
                    self.note_may_start(told)
                beats += 1
            except DATABASE_AWAY:
                connection.close()
            except Exception:
                logger.exception("heartbeat_failed")
                connection.close()
        connection.close()

    def _renew(self) -> None:
        runs = self._snapshot()
        if not runs:
            return
        kept = renew_leases(
            worker=self.identity, execution_ids=[run.claim.execution_id for run in runs]
        )
        for run in runs:
            if run.claim.execution_id not in kept:
                run.is_lost = True
                run.is_ending = True


def until_back(call: Callable[[], T], stopped: threading.Event) -> T:
    """Return what `call` returns, repeating it while the database is away."""
    while True:
        try:
            return call()
        except DATABASE_AWAY as exc:
            log_event(logger, "database_away", logging.WARNING, reason=str(exc).split("\n")[0])
            connection.close()
            stopped.wait(RETRY_SECONDS)
