from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import F

from scale.errors import InvalidTransition, NotFound
from scale.models import Job, JobExecution, JobType, Recipe
from scale.services.cancel import cancel_job
from scale.services.claims import Claim, claim_executions
from scale.services.completions import complete_execution, complete_in_recipes
from scale.services.executions import fail_execution, fail_lost_executions, release
from scale.services.feed import feed
from scale.services.requeue import RequeueFilters, requeue_jobs
from tests.factories import (
    claim,
    make_job,
    make_job_type,
    make_node,
    plain_report,
    report,
    try_claim,
)
from tests.races import ROUNDS, Act, Rounds, held, race
from tests.recipe_factories import complete, fail, job_ids, make_recipe, waiting_execution

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def rounds() -> Rounds:
    return Rounds()


def completing(claimed: Claim) -> Act:
    return lambda: complete_execution(claimed, report())


def complete_all(claims: list[Claim], *, waits: bool = True) -> set[int]:
    """Report many together as a worker does, until nobody else is busy with their recipes."""
    ended = [(claimed, plain_report()) for claimed in claims]
    while True:
        taken = complete_in_recipes(ended, waits=waits)
        if not taken.held:
            return set(taken.kept)


def failing(claimed: Claim, error: str = "algorithm-unknown") -> Act:
    return lambda: fail_execution(claimed, report(error=error))


def canceling(job_id: int) -> Act:
    def cancel() -> bool:
        try:
            cancel_job(job_id=job_id)
        except InvalidTransition:
            return False
        return True

    return cancel


def requeueing(job_id: int) -> Act:
    return lambda: requeue_jobs(filters=RequeueFilters(job_ids=[job_id])).jobs[0].status


def run(first: list[Act], second: list[Act]) -> list[tuple[object, object]]:
    return race(zip(first, second, strict=True))


def all_of(act: Callable[..., Act], things: list) -> list[Act]:
    return [act(thing) for thing in things]


def test_two_parents_finishing_at_once_queue_their_child_once(rounds):
    answers = run(all_of(completing, rounds.claims("p")), all_of(completing, rounds.claims("q")))

    assert set(answers) == {(True, True)}
    assert set(rounds.outcomes()) == {("COMPLETED", "COMPLETED", "QUEUED")}
    assert rounds.executions("c") == [["QUEUED"]] * ROUNDS


@pytest.mark.parametrize("waits", [True, False])
def test_reports_for_many_at_once_count_each_parent_once(rounds, waits):
    def finishing(letter: str) -> list[Act]:
        claims = rounds.claims(letter)
        return [lambda some=claims[n::10]: complete_all(some, waits=waits) for n in range(10)]

    run(finishing("p"), finishing("q"))

    assert set(rounds.outcomes()) == {("COMPLETED", "COMPLETED", "QUEUED")}
    assert rounds.executions("c") == [["QUEUED"]] * ROUNDS
    assert Recipe.objects.get().unfinished == ROUNDS


def test_report_for_many_against_one_of_them_canceled(rounds):
    claims = rounds.claims("p")
    kept = []

    def finishing(some: list[Claim]) -> Act:
        return lambda: kept.extend(complete_all(some))

    pairs = [claims[n : n + 2] for n in range(0, ROUNDS, 2)]
    answers = run(all_of(finishing, pairs), all_of(canceling, rounds.each("p")[::2]))

    assert {canceled for _, canceled in answers} == {True, False}
    canceled = {pair[0].execution_id for pair, (_, won) in zip(pairs, answers, strict=True) if won}
    assert set(kept) == {claimed.execution_id for claimed in claims} - canceled
    assert Recipe.objects.get().unfinished == 3 * ROUNDS - len(kept)


def test_recipe_whose_last_two_jobs_finish_at_once_completes():
    node = make_node()
    recipes = [make_recipe({"a": [], "b": []}) for _ in range(ROUNDS // 2)]
    claims = [
        [claim(waiting_execution(job_id), node=node) for job_id in job_ids(recipe).values()]
        for recipe in recipes
    ]

    run([completing(a) for a, _ in claims], [completing(b) for _, b in claims])

    assert not Recipe.objects.filter(completed=None).exists()
    assert set(Recipe.objects.values_list("unfinished", flat=True)) == {0}


def test_parent_finishing_against_other_parent_failing_blocks_child(rounds):
    run(all_of(completing, rounds.claims("p")), all_of(failing, rounds.claims("q")))

    assert set(rounds.outcomes()) == {("COMPLETED", "FAILED", "BLOCKED")}


def test_two_parents_failing_at_once_block_their_child(rounds):
    run(all_of(failing, rounds.claims("p")), all_of(failing, rounds.claims("q")))

    assert set(rounds.outcomes()) == {("FAILED", "FAILED", "BLOCKED")}


def test_parent_finishing_against_child_canceled(rounds):
    for job_id in rounds.each("q"):
        complete(job_id, node=rounds.node)

    run(all_of(completing, rounds.claims("p")), all_of(canceling, rounds.each("c")))

    assert set(rounds.outcomes()) == {("COMPLETED", "COMPLETED", "CANCELED")}
    executions = rounds.executions("c")
    assert [] in executions
    assert ["CANCELED"] in executions
    assert all(one in ([], ["CANCELED"]) for one in executions)


def test_parent_finishing_against_canceled_child_requeued(rounds):
    for job_id in rounds.each("q"):
        complete(job_id, node=rounds.node)
    for job_id in rounds.each("c"):
        cancel_job(job_id=job_id)

    run(all_of(completing, rounds.claims("p")), all_of(requeueing, rounds.each("c")))

    assert set(rounds.outcomes()) == {("COMPLETED", "COMPLETED", "QUEUED")}
    assert rounds.executions("c") == [["QUEUED"]] * ROUNDS


def test_parent_finishing_against_failed_parent_requeued(rounds):
    for job_id in rounds.each("p"):
        fail(job_id, node=rounds.node)

    run(all_of(completing, rounds.claims("q")), all_of(requeueing, rounds.each("p")))

    assert set(rounds.outcomes()) == {("QUEUED", "COMPLETED", "PENDING")}
    assert rounds.executions("p") == [["FAILED", "QUEUED"]] * ROUNDS


def test_parent_failing_against_other_failed_parent_requeued(rounds):
    for job_id in rounds.each("p"):
        fail(job_id, node=rounds.node)

    run(all_of(failing, rounds.claims("q")), all_of(requeueing, rounds.each("p")))

    assert set(rounds.outcomes()) == {("QUEUED", "FAILED", "BLOCKED")}


def test_finishing_against_canceling_the_same_job_has_one_winner(rounds):
    answers = run(all_of(completing, rounds.claims("p")), all_of(canceling, rounds.each("p")))

    assert set(answers) == {(True, False), (False, True)}
    expected = {
        (True, False): ("COMPLETED", "QUEUED", "PENDING"),
        (False, True): ("CANCELED", "QUEUED", "BLOCKED"),
    }
    assert rounds.outcomes() == [expected[answer] for answer in answers]


def test_finishing_against_canceling_a_job_outside_recipes_has_one_winner():
    node = make_node()
    jobs = [make_job() for _ in range(ROUNDS)]
    claims = [claim(job.executions[0].pk, node=node) for job in jobs]

    answers = run(all_of(completing, claims), [canceling(job.job.pk) for job in jobs])

    assert set(answers) == {(True, False), (False, True)}
    now = dict(Job.objects.values_list("pk", "status"))
    expected = {(True, False): "COMPLETED", (False, True): "CANCELED"}
    assert [now[job.job.pk] for job in jobs] == [expected[answer] for answer in answers]
    assert not JobExecution.objects.exclude(status=F("job__status")).exists()


@pytest.mark.parametrize("error", ["algorithm-unknown", "node-lost"])
def test_failing_against_canceling_the_same_job_ends_canceled(rounds, error):
    claims = rounds.claims("p")

    run([failing(claimed, error) for claimed in claims], all_of(canceling, rounds.each("p")))

    assert set(rounds.outcomes()) == {("CANCELED", "QUEUED", "BLOCKED")}
    later = [] if error == "algorithm-unknown" else ["CANCELED"]
    assert all(one in (["CANCELED"], ["FAILED", *later]) for one in rounds.executions("p"))


def test_claiming_against_canceling_ends_canceled(rounds):
    node = rounds.node.pk

    def claiming(job_id: int) -> Act:
        execution = waiting_execution(job_id)
        return lambda: try_claim(execution, node_id=node, worker="w")

    answers = run(all_of(claiming, rounds.each("p")), all_of(canceling, rounds.each("p")))

    assert {canceled for _, canceled in answers} == {True}
    assert {claimed is None for claimed, _ in answers} == {True, False}
    assert set(rounds.outcomes()) == {("CANCELED", "QUEUED", "BLOCKED")}
    assert rounds.executions("p") == [["CANCELED"]] * ROUNDS


def test_claiming_twice_at_once_gives_one_claim(rounds):
    executions = [waiting_execution(job_id) for job_id in rounds.each("p")]

    def claiming(worker: str) -> list[Act]:
        return [
            lambda pk=pk: try_claim(pk, node_id=rounds.node.pk, worker=worker) for pk in executions
        ]

    answers = run(claiming("one"), claiming("another"))

    assert {(one is None) + (other is None) for one, other in answers} == {1}


def test_finishing_twice_at_once_counts_once(rounds):
    claims = rounds.claims("p")
    later = [report() for _ in claims]
    for item in later:
        item.ended += timedelta(seconds=1)

    answers = run(
        all_of(completing, claims),
        [lambda pair=pair: complete_execution(*pair) for pair in zip(claims, later, strict=True)],
    )

    assert set(answers) == {(True, False), (False, True)}
    assert Recipe.objects.get().unfinished == 2 * ROUNDS


def test_finishing_against_lost_lease_has_one_winner(rounds):
    claims = rounds.claims("p")
    JobExecution.objects.filter(status="RUNNING").update(
        lease_expires=F("started") - timedelta(hours=1)
    )

    answers = run(all_of(completing, claims), [fail_lost_executions] * ROUNDS)

    assert answers[0][0] or answers[0][1]
    for (kept, _), statuses_of_job in zip(answers, rounds.executions("p"), strict=True):
        assert statuses_of_job == (["COMPLETED"] if kept else ["FAILED", "QUEUED"])


def test_releasing_against_canceling_ends_canceled(rounds):
    claims = rounds.claims("p")

    run(
        [lambda claimed=claimed: release(claimed) for claimed in claims],
        all_of(canceling, rounds.each("p")),
    )

    assert rounds.executions("p") == [["CANCELED"]] * ROUNDS


def test_requeueing_twice_at_once_queues_once(rounds):
    for job_id in rounds.each("p"):
        fail(job_id, node=rounds.node)

    answers = run(all_of(requeueing, rounds.each("p")), all_of(requeueing, rounds.each("p")))

    assert set(answers) == {("QUEUED", "QUEUED")}
    assert rounds.executions("p") == [["FAILED", "QUEUED"]] * ROUNDS


def test_requeueing_against_canceling_ends_as_the_last_one_says(rounds):
    for job_id in rounds.each("p"):
        fail(job_id, node=rounds.node)

    run(all_of(requeueing, rounds.each("p")), all_of(canceling, rounds.each("p")))

    assert set(rounds.outcomes()) == {
        ("QUEUED", "QUEUED", "PENDING"),
        ("CANCELED", "QUEUED", "BLOCKED"),
    }
    assert all(
        one in (["FAILED", "QUEUED"], ["FAILED", "CANCELED"]) for one in rounds.executions("p")
    )


def test_requeueing_everything_twice_at_once_queues_each_once(rounds):
    for job_id in rounds.each("p"):
        fail(job_id, node=rounds.node)
    every = RequeueFilters(status="FAILED")

    def requeueing_all() -> int:
        try:
            return requeue_jobs(filters=every).count
        except NotFound:
            return 0

    answers = race([(requeueing_all, requeueing_all)] * 3)

    assert ROUNDS in answers[0]
    assert rounds.executions("p") == [["FAILED", "QUEUED"]] * ROUNDS


def test_claims_of_two_workers_at_once_share_all_that_waits(published):
    node = make_node().pk
    jobs = [make_job().job.pk for _ in range(4 * ROUNDS)]
    feed()

    def claiming(worker: str) -> Act:
        return lambda: len(claim_executions(count=2, node_id=node, worker=worker).claims)

    answers = run([claiming("one")] * ROUNDS, [claiming("another")] * ROUNDS)

    assert answers == [(2, 2)] * ROUNDS
    assert Job.objects.filter(pk__in=jobs, status="RUNNING").count() == len(jobs)


def test_type_that_somebody_edits_holds_up_nothing_else(published):
    node = make_node().pk
    capped = make_job_type(priority=1, max_scheduled=5)
    make_job(capped)
    other = make_job().executions[0].pk
    feed()

    with held(JobType.objects.filter(pk=capped.pk)):
        found = claim_executions(count=2, node_id=node, worker="w")

    assert [one.execution_id for one in found.claims] == [other]
