"""Procrastinate: queue, results and events in PostgreSQL alone."""

from bench.contenders.base import Peer, counter
from bench.lab import PEERS, Lab

#: Tasks at a time per worker process, on threads; one is slower by a third, two and eight a little.
CONCURRENCY = 4
COUNT = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'succeeded'"


class Procrastinate(Peer):
    """Queued in batches, listening for new jobs."""

    name, key, is_durable = "procrastinate", "procrastinate", True
    settings = f"{CONCURRENCY} tasks at a time per process, queued by batch_defer"

    def __init__(self, lab: Lab, *, concurrency: int = CONCURRENCY) -> None:
        self.database = lab.database(self.key)
        command = f"exec {lab.python} {PEERS / 'procrastinate_peer.py'} work {concurrency}"
        self._set_up(
            lab,
            environment={"PEER_DATABASE": self.database},
            commands={f"{n}": command for n in range(lab.options.processes)},
        )
        lab.peer("procrastinate_peer.py", "schema", 0, **self.environment)
        self.done = counter(self.database, COUNT)  # type: ignore[method-assign]

    def enqueue(self, count: int) -> None:
        """Queue tasks that spawn `/bin/true`."""
        self.lab.peer("procrastinate_peer.py", "enqueue", count, **self.environment)
