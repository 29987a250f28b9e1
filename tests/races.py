"""Running two actors against each other with real transactions, in both orders."""

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from scale.models import JobExecution, Node
from scale.services.claims import Claim
from tests.factories import claim, make_node
from tests.recipe_factories import job_ids, make_recipe, statuses, waiting_execution

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


@contextmanager
def held(rows: QuerySet[Any], *, no_key: bool = True) -> Iterator[None]:
    """Have another session lock rows for the block, as one that never ends its transaction."""
    is_held, is_over = threading.Event(), threading.Event()

    def hold() -> None:
        with own_connection(), transaction.atomic():
            list(rows.select_for_update(no_key=no_key))
            is_held.set()
            is_over.wait(30)

    holder = threading.Thread(target=hold)
    holder.start()
    try:
        assert is_held.wait(30)
        yield
    finally:
        is_over.set()
        holder.join()


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


class Rounds:
    """A recipe that holds, for each round, two parents `p` and `q` and their child `c`."""

    def __init__(self) -> None:
        self.node: Node = make_node()
        parents: dict[str, list[str]] = {}
        for number in range(ROUNDS):
            p, q, c = (f"{letter}{number}" for letter in "pqc")
            parents |= {p: [], q: [], c: [p, q]}
        self.details = make_recipe(parents)
        self.ids = job_ids(self.details)

    def each(self, letter: str) -> list[int]:
        return [self.ids[f"{letter}{number}"] for number in range(ROUNDS)]

    def claims(self, letter: str) -> list[Claim]:
        return [claim(waiting_execution(job_id), node=self.node) for job_id in self.each(letter)]

    def outcomes(self) -> list[tuple[str, str, str]]:
        now = statuses(self.details)
        return [(now[f"p{n}"], now[f"q{n}"], now[f"c{n}"]) for n in range(ROUNDS)]

    def executions(self, letter: str) -> list[list[str]]:
        found: dict[int, list[str]] = {job_id: [] for job_id in self.each(letter)}
        rows = JobExecution.objects.filter(job__in=found).order_by("exe_num")
        for job_id, status in rows.values_list("job", "status"):
            found[job_id].append(status)
        return list(found.values())
