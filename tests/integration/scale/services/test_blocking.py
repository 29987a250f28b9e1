import pytest

from scale.models import Job, Recipe
from scale.services.cancel import cancel_job
from scale.services.completions import complete_execution
from scale.services.executions import fail_execution
from scale.services.requeue import RequeueFilters, requeue_jobs
from tests.factories import claim, report
from tests.recipe_factories import (
    complete,
    fail,
    job_ids,
    make_recipe,
    statuses,
    waiting_execution,
)

pytestmark = pytest.mark.django_db

CHAIN = {"a": [], "b": ["a"], "c": ["b"]}
DIAMOND = {"top": [], "left": ["top"], "right": ["top"], "join": ["left", "right"]}


def requeue(*job_ids):
    return requeue_jobs(filters=RequeueFilters(job_ids=job_ids))


def test_failed_job_blocks_all_its_descendants_and_no_other_branch():
    details = make_recipe(DIAMOND | {"below": ["join"], "aside": ["right"]})
    ids = job_ids(details)
    complete(ids["top"])

    fail(ids["left"])

    assert statuses(details) == {
        "top": "COMPLETED",
        "left": "FAILED",
        "right": "QUEUED",
        "join": "BLOCKED",
        "below": "BLOCKED",
        "aside": "PENDING",
    }
    blocked = Job.objects.get(pk=ids["join"])
    assert blocked.last_status_change == Job.objects.get(pk=ids["left"]).ended
    assert blocked.ended is None


def test_job_that_is_retried_blocks_nothing():
    details = make_recipe(CHAIN)

    fail(job_ids(details)["a"], error="node-lost")

    assert statuses(details) == {"a": "QUEUED", "b": "PENDING", "c": "PENDING"}


def test_blocked_job_stays_when_its_other_parent_completes():
    details = make_recipe(DIAMOND)
    ids = job_ids(details)
    complete(ids["top"])
    fail(ids["left"])

    complete(ids["right"])

    assert statuses(details)["join"] == "BLOCKED"


def test_requeued_parent_frees_its_descendants():
    details = make_recipe(CHAIN)
    ids = job_ids(details)
    fail(ids["a"])

    requeue(ids["a"])

    assert statuses(details) == {"a": "QUEUED", "b": "PENDING", "c": "PENDING"}
    for name in "abc":
        complete(ids[name])
    assert Recipe.objects.get().completed is not None


def test_descendant_of_two_stopped_jobs_is_free_only_after_both():
    details = make_recipe({"x": [], "y": [], "join": ["x", "y"], "below": ["join"]})
    ids = job_ids(details)
    fail(ids["x"])
    cancel_job(job_id=ids["y"])

    requeue(ids["x"])
    assert (statuses(details)["join"], statuses(details)["below"]) == ("BLOCKED", "BLOCKED")

    requeue(ids["y"])
    assert (statuses(details)["join"], statuses(details)["below"]) == ("PENDING", "PENDING")


def test_join_goes_on_when_its_stopped_parent_completes_at_last():
    details = make_recipe(DIAMOND)
    ids = job_ids(details)
    complete(ids["top"])
    fail(ids["left"])
    complete(ids["right"])

    requeue(ids["left"])
    assert statuses(details)["join"] == "PENDING"

    complete(ids["left"])
    assert statuses(details)["join"] == "QUEUED"


def test_canceled_waiting_job_blocks_what_waits_for_it():
    details = make_recipe(CHAIN)
    ids = job_ids(details)

    cancel_job(job_id=ids["b"])

    assert statuses(details) == {"a": "QUEUED", "b": "CANCELED", "c": "BLOCKED"}
    assert Job.objects.get(pk=ids["b"]).num_exes == 0


def test_canceled_waiting_job_is_not_queued_by_its_parent():
    details = make_recipe(CHAIN)
    ids = job_ids(details)
    cancel_job(job_id=ids["b"])

    complete(ids["a"])

    assert statuses(details) == {"a": "COMPLETED", "b": "CANCELED", "c": "BLOCKED"}


def test_requeued_waiting_job_waits_again():
    details = make_recipe(CHAIN)
    ids = job_ids(details)
    cancel_job(job_id=ids["b"])

    answer = requeue_jobs(filters=RequeueFilters(job_ids=[ids["b"]]), priority=1)

    assert [job.status for job in answer.jobs] == ["PENDING"]
    assert statuses(details) == {"a": "QUEUED", "b": "PENDING", "c": "PENDING"}
    job = Job.objects.get(pk=ids["b"])
    assert (job.priority, job.max_tries, job.num_exes, job.ended) == (100, 3, 0, None)


def test_requeued_waiting_job_below_a_failed_one_is_blocked():
    details = make_recipe(CHAIN)
    ids = job_ids(details)
    fail(ids["a"])
    cancel_job(job_id=ids["b"])

    answer = requeue(ids["b"])

    assert [job.status for job in answer.jobs] == ["BLOCKED"]
    assert statuses(details) == {"a": "FAILED", "b": "BLOCKED", "c": "BLOCKED"}


def test_requeued_waiting_job_whose_parents_are_done_is_queued():
    details = make_recipe(CHAIN)
    ids = job_ids(details)
    cancel_job(job_id=ids["b"])
    complete(ids["a"])

    answer = requeue(ids["b"])

    assert [job.status for job in answer.jobs] == ["PENDING"]
    assert statuses(details) == {"a": "COMPLETED", "b": "QUEUED", "c": "PENDING"}


def test_requeue_of_parent_and_child_together_ignores_their_order():
    details = make_recipe(CHAIN)
    ids = job_ids(details)
    fail(ids["a"])
    cancel_job(job_id=ids["c"])
    cancel_job(job_id=ids["b"])

    answer = requeue(ids["c"], ids["b"], ids["a"])

    assert {job.pk: job.status for job in answer.jobs} == {
        ids["a"]: "QUEUED",
        ids["b"]: "PENDING",
        ids["c"]: "PENDING",
    }


def test_requeue_shows_blocked_match_as_pending():
    details = make_recipe(CHAIN)
    fail(job_ids(details)["a"])

    answer = requeue_jobs(filters=RequeueFilters())

    assert [job.status for job in answer.jobs] == ["QUEUED", "PENDING", "PENDING"]


def test_late_report_of_canceled_job_advances_nothing():
    details = make_recipe(CHAIN)
    ids = job_ids(details)
    claimed = claim(waiting_execution(ids["a"]))
    cancel_job(job_id=ids["a"])

    assert not complete_execution(claimed, report())
    assert not fail_execution(claimed, report(error="node-lost"))

    assert statuses(details) == {"a": "CANCELED", "b": "BLOCKED", "c": "BLOCKED"}
