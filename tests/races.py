"""Running two actors against each other with real transactions, in both orders."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection

Act = Callable[[], Any]

#: How often each race is run; a soak run sets a few hundred.
ROUNDS = int(os.environ.get("RACE_ROUNDS", "30"))


@contextmanager
def own_connection() -> Iterator[None]:
    """Give a thread its own connection, which notices a deadlock soon."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET deadlock_timeout = '20ms'")
        yield
    finally:
        connection.close()


def race(rounds: Iterable[tuple[Act, Act]]) -> list[tuple[Any, Any]]:
    """Let two threads act round by round; return what each act returned.

    Every third round both act at once; in the others the one waits for the other, in turn, so
    that both orders certainly happen. What a thread raises is raised here.
    """
    rounds = list(rounds)
    barrier = threading.Barrier(2)
    done = [[threading.Event(), threading.Event()] for _ in rounds]
    results: list[list[Any]] = [[None, None] for _ in rounds]
    raised: list[BaseException] = []

    def run(actor: int) -> None:
        try:
            with own_connection():
                for number, acts in enumerate(rounds):
                    barrier.wait(timeout=30)
                    if number % 3 == 1 + actor:
                        assert done[number][1 - actor].wait(timeout=30)
                    results[number][actor] = acts[actor]()
                    done[number][actor].set()
        except BaseException as exc:  # noqa: BLE001 -- raised again below
            raised.append(exc)
            barrier.abort()

    run_together([lambda: run(0), lambda: run(1)])
    for exc in sorted(raised, key=lambda exc: isinstance(exc, threading.BrokenBarrierError)):
        raise exc
    return [(first, second) for first, second in results]


def run_together(acts: Iterable[Act]) -> None:
    """Run each act on a thread of its own and wait for all."""
    threads = [threading.Thread(target=act) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
