"""What the peers share: queue so many tasks, start the workers, watch them get done."""

from collections.abc import Callable, Mapping

import redis

from bench.figures import steady_rate
from bench.lab import PEERS, Lab
from bench.postgres import Database
from bench.watch import watch
from launcher.fleet import Fleet


class Peer:
    """A task queue of others, run by its own worker processes."""

    name: str
    #: Also what its processes are called.
    key: str
    #: Whether it loses no queued or taken task when one of its processes crashes.
    is_durable: bool
    #: How it is set up.
    settings: str
    #: The database of its results.
    database: str

    def __init__(self, lab: Lab) -> None:
        raise NotImplementedError

    def _set_up(
        self, lab: Lab, *, environment: Mapping[str, str], commands: Mapping[str, str]
    ) -> None:
        self.lab = lab
        self.environment = dict(environment)
        self.commands = {f"{self.key}-{name}": words for name, words in commands.items()}
        self.fleet: Fleet = lab.fleet(
            self.environment | {"PYTHONPATH": str(PEERS), "PYTHONUNBUFFERED": "1"}, self.commands
        )

    def start(self) -> None:
        """Start the workers."""
        self.fleet.start(*self.commands)

    def stop(self) -> None:
        """Stop the workers."""
        self.fleet.stop()

    def enqueue(self, count: int) -> None:
        """Queue tasks that spawn `/bin/true`."""
        raise NotImplementedError

    def done(self) -> int:
        """Return how many tasks were ever done, as others can see."""
        raise NotImplementedError

    def drain(self) -> float:
        """Return the tasks done a second, all queued beforehand."""
        jobs = self.lab.options.jobs
        before = self.done()
        self.enqueue(jobs)
        self.start()
        try:
            return steady_rate(watch(lambda: self.done() - before, jobs), jobs)
        finally:
            self.stop()


def counter(database: str, query: str) -> Callable[[], int]:
    """Return a function that counts by a query, on a connection of its own."""
    link = Database(database)
    return lambda: int(link.value(query))


def unacknowledged(url: str) -> Callable[[], int]:
    """Return a function that tells how many tasks of Celery wait in Redis or are under way."""
    client = redis.Redis.from_url(url)

    def count() -> int:
        pipe = client.pipeline()
        pipe.llen("celery")
        pipe.hlen("unacked")
        return sum(pipe.execute())

    return count
