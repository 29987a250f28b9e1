import random
import threading

import pytest

from scale.errors import InvalidTransition, NotFound
from scale.models import Job, JobExecution, Recipe, RecipeEdge
from scale.services.cancel import cancel_job
from scale.services.claims import Claim
from scale.services.completions import complete_execution, complete_in_recipes
from scale.services.executions import (
    Report,
    fail_execution,
    fail_lost_executions,
    release,
    renew_leases,
)
from scale.services.requeue import RequeueFilters, requeue_jobs
from tests.factories import make_job, make_node, plain_report, report, try_claim
from tests.races import ROUNDS, own_connection, run_together
from tests.recipe_factories import make_recipe

pytestmark = pytest.mark.django_db(transaction=True)

GRAPH = {"a": [], "b": [], "c": ["a"], "d": ["a", "b"], "e": ["c", "d"], "f": ["e"]}
ACTORS = 4
STOPPED = {"FAILED", "CANCELED"}


class Actor:
    """Does at random what users and workers do, to whatever job there is."""

    def __init__(self, seed: int, node_id: int, jobs: list[int]) -> None:
        self.random = random.Random(seed)  # noqa: S311 -- repeatable
        self.node_id = node_id
        self.jobs = jobs
        self.worker = f"worker {seed}"
        self.claims: list[Claim] = []

    def act(self) -> None:
        act = self.random.choice(
            [self.claim, self.claim, self.finish, self.finish, self.cancel, self.requeue]
        )
        act()
        self.random.choice([self.renew, fail_lost_executions, lambda: None])()

    def claim(self) -> None:
        waiting = JobExecution.objects.filter(status="QUEUED").values_list("pk", flat=True)
        if found := list(waiting):
            claimed = try_claim(self.random.choice(found), node_id=self.node_id, worker=self.worker)
            self.claims += [claimed] if claimed else []

    def finish(self) -> None:
        if self.claims:
            claimed = self.random.choice(self.claims)
            self.random.choice(
                [
                    lambda: complete_execution(claimed, report()),
                    lambda: complete_in_recipes(self.ended(), waits=False),
                    lambda: complete_in_recipes(self.ended()),
                    lambda: fail_execution(claimed, report(error="node-lost")),
                    lambda: fail_execution(claimed, report(error="algorithm-unknown")),
                    lambda: release(claimed),
                ]
            )()

    def ended(self) -> list[tuple[Claim, Report]]:
        in_recipes = [claimed for claimed in self.claims if claimed.recipe_id is not None]
        self.random.shuffle(in_recipes)
        return [(claimed, plain_report()) for claimed in in_recipes[:5]]

    def cancel(self) -> None:
        try:
            cancel_job(job_id=self.random.choice(self.jobs))
        except InvalidTransition:
            return

    def requeue(self) -> None:
        some = self.random.sample(self.jobs, k=self.random.randint(1, len(self.jobs)))
        try:
            requeue_jobs(
                filters=RequeueFilters(job_ids=some), priority=self.random.choice([1, 900])
            )
        except NotFound:
            return

    def renew(self) -> None:
        renew_leases(
            worker=self.worker, execution_ids=[claimed.execution_id for claimed in self.claims]
        )


def parents_of_jobs() -> dict[int, set[int]]:
    parents: dict[int, set[int]] = {}
    for child, parent in RecipeEdge.objects.values_list("child__job", "parent__job"):
        parents.setdefault(child, set()).add(parent)
    return parents


def ancestors(job_id: int, parents: dict[int, set[int]]) -> set[int]:
    direct = parents.get(job_id, set())
    return direct.union(*(ancestors(parent, parents) for parent in direct))


def test_random_actors_never_deadlock_and_leave_no_recipe_stuck():
    node = make_node()
    for _ in range(3):
        make_recipe(GRAPH)
        make_job()
    jobs = list(Job.objects.order_by("pk").values_list("pk", flat=True))
    raised: list[BaseException] = []
    start = threading.Barrier(ACTORS)

    def run(seed: int) -> None:
        try:
            with own_connection():
                actor = Actor(seed, node.pk, jobs)
                start.wait(timeout=30)
                for _ in range(2 * ROUNDS):
                    actor.act()
        except BaseException as exc:  # noqa: BLE001 -- raised again below
            raised.append(exc)

    run_together([lambda seed=seed: run(seed) for seed in range(ACTORS)])

    for exc in raised:
        raise exc
    status = dict(Job.objects.values_list("pk", "status"))
    parents = parents_of_jobs()
    for job_id, now in status.items():
        above = {status[one] for one in ancestors(job_id, parents)}
        direct = {status[one] for one in parents.get(job_id, ())}
        if now == "PENDING":
            assert not above & STOPPED
            assert direct - {"COMPLETED"}
        elif now == "BLOCKED":
            assert above & STOPPED
        elif now not in STOPPED:
            assert direct <= {"COMPLETED"}
    for recipe in Recipe.objects.all():
        left = Job.objects.filter(recipe_job__recipe=recipe).exclude(status="COMPLETED").count()
        assert (recipe.unfinished, recipe.completed is None) == (left, left > 0)
    assert not (
        JobExecution.objects.filter(status__in=["QUEUED", "RUNNING"])
        .exclude(job__status__in=["QUEUED", "RUNNING"])
        .exists()
    )
