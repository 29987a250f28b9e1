"""What this worker process is for the queue `jobs`: a host with an engine, from start to stop."""

import logging
import threading
from dataclasses import dataclass
from typing import Any

from scale.collector import ease_collector
from scale.conf import conf
from scale.log import log_event
from workers.engine import Engine
from workers.host import Host, until_back
from workers.processes import prctl
from workers.processes.identity import Identity
from workers.processes.leftovers import clear_leftovers
from workers.processes.workdir import WorkerDirectory
from workers.remains import settle_dead
from workers.watchdog import Watchdog

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Worker:
    """A host and its engine."""

    host: Host
    engine: Engine

    def answer(self, execution_id: int) -> bool:
        """Run what waits, such as the execution that a message names, until nothing does.

        Returns False, once no more messages come, if this node may start nothing now: the message
        is for another one.
        """
        self.host.intake.heard()
        if self.engine.lend(execution_id):
            return True
        self.host.intake.wait_until_closed()
        return False


_worker: Worker | None = None


def open_worker() -> None:
    """Make this process a host for executions: a node, with a work directory and an identity."""
    global _worker
    prctl.become_subreaper()
    identity = Identity.of_this_process(conf().hostname)
    waiting = threading.Event()
    cleared = clear_leftovers(
        conf().work_dir,
        identity,
        settle=lambda directory: until_back(lambda: settle_dead(directory), waiting),
    )
    if any(cleared):
        log_event(
            logger,
            "leftovers_cleared",
            logging.WARNING,
            ended=cleared.ended,
            removed=cleared.removed,
            kept=cleared.kept,
        )
    directory = WorkerDirectory.claim(conf().work_dir, str(identity))
    host = Host(identity=str(identity), directory=directory)
    ease_collector()
    _worker = Worker(host, Engine(host))


def current_worker() -> Worker:
    """Return what this process is.

    Raises:
        RuntimeError: the process does not serve the `jobs` queue.
    """
    if _worker is None:
        raise RuntimeError("This process was not set up to run executions.")
    return _worker


def attach_consumer(consumer: Any) -> None:
    """Open and close what Celery's consumer takes from the queue, if this process is a host."""
    if _worker is not None:
        _worker.host.intake.attach(consumer)
        Watchdog(_worker.host).start()


def stop_worker(*, grace_seconds: float) -> None:
    """Stop warmly, if this process is a host."""
    if _worker is not None:
        _worker.host.stop(grace_seconds=grace_seconds)
        _worker.engine.wake()


def close_worker() -> None:
    """Leave nothing behind, if this process is a host."""
    if _worker is not None:
        _worker.engine.close()
        _worker.host.close()
