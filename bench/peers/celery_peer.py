"""Celery as a peer: `PEER_BROKER` and, for stored results, `PEER_RESULTS`.

`celery_peer.py enqueue N | pickup N | chain N | chord N`; a worker is `celery -A celery_peer`.
"""

import json
import os
import sys
import time

# Imported before the pool forks: only then does each child keep a connection for its results.
import celery.backends.database  # noqa: F401
import redis
from celery import Celery, chain, chord
from work import spawn

app = Celery(
    "celery_peer", broker=os.environ["PEER_BROKER"], backend=os.environ.get("PEER_RESULTS")
)
app.conf.update(
    task_ignore_result="PEER_RESULTS" not in os.environ,
    task_acks_late=True,
    worker_send_task_events=False,
    task_send_sent_event=False,
    broker_connection_retry_on_startup=True,
    broker_pool_limit=None,
    result_chord_retry_interval=0.1,
)
client = redis.Redis.from_url(os.environ["PEER_BROKER"])


@app.task
def run():
    """Spawn."""
    spawn()


@app.task
def run_and_tell():
    """Spawn and return when that was done."""
    spawn()
    return time.time()


@app.task
def tell(key):
    """Say when this began."""
    client.rpush(key, time.time())


def enqueue(count):
    """Queue so many tasks."""
    with app.producer_pool.acquire() as producer:
        for _ in range(count):
            run.apply_async(producer=producer)


def pickup(count):
    """Print the milliseconds from the call to the task's body, one at a time, idle between."""
    found = []
    for _ in range(1 + count):
        time.sleep(0.05)
        called = time.time()
        tell.apply_async(("told",))
        _, said = client.blpop("told", timeout=30)
        found.append((float(said) - called) * 1000)
    print(json.dumps(found[1:]))  # the first opened the connections


def chained(count):
    """Print the milliseconds per step of a chain."""
    steps = chain(*[run.si() for _ in range(count - 1)], run_and_tell.si())
    begun = time.time()
    ended = steps.apply_async().get(timeout=300, interval=0.1)
    print((ended - begun) * 1000 / count)


def fanned(count):
    """Print the seconds of a chord, from the call to the end of its body."""
    begun = time.time()
    ended = chord([run.si() for _ in range(count)], run_and_tell.si())().get(
        timeout=300, interval=0.1
    )
    print(ended - begun)


if __name__ == "__main__":
    ACTIONS = {"enqueue": enqueue, "pickup": pickup, "chain": chained, "chord": fanned}
    ACTIONS[sys.argv[1]](int(sys.argv[2]))
