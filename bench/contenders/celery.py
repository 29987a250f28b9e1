"""Celery on Redis: with results in PostgreSQL it is a peer, without any it is a limit."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from bench.contenders.base import Peer, counter, unacknowledged
from bench.lab import Lab

#: Only the prefork pool keeps the connection for its results from one task to the next.
POOL = "prefork"
#: Tasks at a time per worker process: as many as Scale has; four are slower.
CONCURRENCY = 2
#: Its documentation advises many for short tasks; 64 makes no difference here.
PREFETCH = 16
#: So many that each of the workers gets some.
WARM_TASKS = 20
COUNT = "SELECT count(*) FROM celery_taskmeta WHERE status = 'SUCCESS'"


class Celery(Peer):
    """Acknowledges late, as whoever must not lose work does."""

    settings = (
        f"{POOL} pool, {CONCURRENCY} tasks at a time per process; prefetch multiplier {PREFETCH},"
        " acknowledges late, no gossip, mingle, heartbeat or events"
    )

    def _set_up_with(self, lab: Lab, *, environment: dict[str, str]) -> None:
        command = (
            f"exec {lab.python} -m celery --app=celery_peer worker --loglevel=WARNING"
            f" --pool={POOL} --concurrency={CONCURRENCY} --prefetch-multiplier={PREFETCH}"
            " --optimization=fair"
            f" --without-gossip --without-mingle --without-heartbeat --hostname={self.key}-%s@%%h"
        )
        processes = range(lab.options.processes)
        self._set_up(
            lab, environment=environment, commands={f"{n}": command % n for n in processes}
        )

    def enqueue(self, count: int) -> None:
        """Queue tasks that spawn `/bin/true`."""
        self.lab.peer("celery_peer.py", "enqueue", count, **self.environment)

    def idle_pickups(self, count: int) -> list[float]:
        """Return the milliseconds from each call to its task's body, the workers idle between."""
        with self._running():
            said = self.lab.peer("celery_peer.py", "pickup", count, **self.environment)
        found: list[float] = json.loads(said)
        return found

    def chain(self, count: int) -> float:
        """Return the milliseconds per step of a chain."""
        with self._running():
            return float(self.lab.peer("celery_peer.py", "chain", count, **self.environment))

    def chord(self, count: int) -> float:
        """Return the seconds of a chord."""
        with self._running():
            return float(self.lab.peer("celery_peer.py", "chord", count, **self.environment))

    @contextmanager
    def _running(self) -> Iterator[None]:
        """Run the workers for the block, which begins when all of them have done something."""
        self.start()
        try:
            self.lab.peer("celery_peer.py", "pickup", WARM_TASKS, **self.environment)
            yield
        finally:
            self.stop()


class CeleryStored(Celery):
    """With results in PostgreSQL, each pool process keeping its connection."""

    name, key, is_durable = "Celery + Redis + PostgreSQL", "celery-stored", True

    def __init__(self, lab: Lab) -> None:
        self.database = lab.database("celery")
        results = "db+postgresql" + self.database.removeprefix("postgres")
        self._set_up_with(lab, environment={"PEER_BROKER": lab.redis(1), "PEER_RESULTS": results})
        self.chain(1)  # the table is made with the first result
        self.done = counter(self.database, COUNT)  # type: ignore[method-assign]


class CeleryPlain(Celery):
    """Without results: nothing is recorded of what was done."""

    name, key, is_durable = "limit: Celery + Redis, nothing recorded", "celery-plain", False

    def __init__(self, lab: Lab) -> None:
        broker = lab.redis(2)
        self._set_up_with(lab, environment={"PEER_BROKER": broker})
        self._unfinished = unacknowledged(broker)
        self._queued = 0

    def enqueue(self, count: int) -> None:
        """Queue tasks that spawn `/bin/true`."""
        super().enqueue(count)
        self._queued += count

    def done(self) -> int:
        """Return how many were acknowledged, which happens when they are done."""
        return self._queued - self._unfinished()
