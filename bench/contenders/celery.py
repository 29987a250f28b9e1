"""Celery on Redis: with results in PostgreSQL it is a peer, without any it is a limit."""

import json

from bench.contenders.base import Peer, counter, queue_length
from bench.lab import Lab

COUNT = "SELECT count(*) FROM celery_taskmeta WHERE status = 'SUCCESS'"


class Celery(Peer):
    """Celery's prefork pool; acknowledges late, as whoever must not lose work does."""

    def __init__(self, lab: Lab, *, environment: dict[str, str]) -> None:
        command = (
            f"exec {lab.python} -m celery --app=celery_peer worker --loglevel=WARNING"
            " --pool=prefork --concurrency=1 --optimization=fair --without-gossip --without-mingle"
            f" --without-heartbeat --hostname={self.key}-%s@%%h"
        )
        processes = range(lab.options.processes)
        super().__init__(
            lab, environment=environment, commands={f"{n}": command % n for n in processes}
        )

    def enqueue(self, count: int) -> None:
        """Queue tasks that spawn `/bin/true`."""
        self.lab.peer("celery_peer.py", "enqueue", count, **self.environment)

    def pickups(self, count: int) -> list[float]:
        """Return the milliseconds from each call to its task's body."""
        said = self.lab.peer("celery_peer.py", "pickup", count, **self.environment)
        found: list[float] = json.loads(said)
        return found

    def chain(self, count: int) -> float:
        """Return the milliseconds per step of a chain."""
        return float(self.lab.peer("celery_peer.py", "chain", count, **self.environment))

    def chord(self, count: int) -> float:
        """Return the seconds of a chord."""
        return float(self.lab.peer("celery_peer.py", "chord", count, **self.environment))


class CeleryStored(Celery):
    """With results in PostgreSQL, each pool process keeping its connection."""

    name, key = "Celery + Redis + PostgreSQL", "celery-stored"

    def __init__(self, lab: Lab) -> None:
        database = lab.database("celery")
        results = "db+postgresql" + database.removeprefix("postgres")
        super().__init__(lab, environment={"PEER_BROKER": lab.redis(1), "PEER_RESULTS": results})
        # The table is made with the first result.
        self.chain_of_one()
        self.done = counter(database, COUNT)  # type: ignore[method-assign]

    def chain_of_one(self) -> None:
        """Run one task, so that everything it needs is made."""
        self.start()
        self.chain(1)
        self.stop()


class CeleryPlain(Celery):
    """Without results: nothing is recorded of what was done."""

    name, key = "limit: Celery + Redis, nothing recorded", "celery-plain"

    def __init__(self, lab: Lab) -> None:
        broker = lab.redis(2)
        super().__init__(lab, environment={"PEER_BROKER": broker})
        self._waiting = queue_length(broker, "celery")
        self._queued = 0

    def enqueue(self, count: int) -> None:
        """Queue tasks that spawn `/bin/true`."""
        super().enqueue(count)
        self._queued += count

    def done(self) -> int:
        """Return how many have left the queue: a few of them are still under way."""
        return self._queued - self._waiting()
