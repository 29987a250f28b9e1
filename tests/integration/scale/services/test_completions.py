"""Completing many executions of recipes in one transaction."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext

from scale.models import ExecutionLog, Job, JobExecution, JobType, Recipe, RecipeJob
from scale.postgresql.statements import is_held
from scale.services import completions
from scale.services.cancel import cancel_job
from scale.services.completions import complete_execution, complete_in_recipes
from scale.services.executions import release
from tests.factories import claim, make_node, plain_report
from tests.races import held
from tests.recipe_factories import job_ids, make_recipe, statuses, waiting_execution

pytestmark = pytest.mark.django_db(transaction=True)

DIAMOND = {"top": [], "left": ["top"], "right": ["top"], "join": ["left", "right"]}


def run(details, *names, node=None):
    """Have one worker claim jobs of a recipe; return their claims with plain reports."""
    node = node or make_node()
    ids = job_ids(details)
    return [(claim(waiting_execution(ids[name]), node=node), plain_report()) for name in names]


def executions(ended):
    return {claimed.execution_id for claimed, _ in ended}


@pytest.mark.parametrize("waits", [True, False])
def test_parents_that_end_together_queue_their_child_once(waits):
    details = make_recipe(DIAMOND)
    complete_in_recipes(run(details, "top"))
    ended = run(details, "left", "right")

    taken = complete_in_recipes(ended, waits=waits)

    assert (taken.kept, taken.held) == (executions(ended), set())
    assert statuses(details)["join"] == "QUEUED"
    assert taken.queued == [waiting_execution(job_ids(details)["join"])]
    assert Recipe.objects.get().unfinished == 1


def test_recipes_end_with_the_last_of_their_jobs():
    node = make_node()
    one, other = make_recipe({"a": [], "b": []}), make_recipe({"a": [], "b": [], "c": []})
    ended = [*run(one, "a", "b", node=node), *run(other, "a", "c", node=node)]
    for number, (_, report) in enumerate(ended):
        report.ended += timedelta(seconds=[5, 3, 4, 9][number])

    complete_in_recipes(ended)

    done = Recipe.objects.get(pk=one.recipe.pk)
    assert (done.completed, done.last_modified) == (ended[0][1].ended, ended[0][1].ended)
    left = Recipe.objects.get(pk=other.recipe.pk)
    assert (left.completed, left.unfinished) == (None, 1)


def test_whole_life_is_recorded():
    details = make_recipe({"a": [], "b": []})
    ended = run(details, "a", "b")
    ended[0][1].log.put["stdout", 0] = "said"

    complete_in_recipes(ended)

    for claimed, report in ended:
        execution = JobExecution.objects.get(pk=claimed.execution_id)
        assert (execution.status, execution.job.status) == ("COMPLETED", "COMPLETED")
        assert (execution.ended, execution.lease_expires) == (report.ended, None)
        assert execution.post_completed == report.steps["post_completed"]
    assert list(ExecutionLog.objects.values_list("execution", "text")) == [
        (ended[0][0].execution_id, "said")
    ]


@pytest.mark.parametrize("waits", [True, False])
def test_lost_execution_is_left_out_and_counts_for_nothing(waits):
    details = make_recipe({"a": [], "b": [], "c": ["a"], "d": ["b"]})
    ended = run(details, "a", "b")
    cancel_job(job_id=job_ids(details)["b"])

    taken = complete_in_recipes(ended, waits=waits)

    assert taken.kept == executions(ended[:1])
    assert statuses(details) == {
        "a": "COMPLETED",
        "b": "CANCELED",
        "c": "QUEUED",
        "d": "BLOCKED",
    }
    assert Recipe.objects.get().unfinished == 3


def test_execution_that_was_put_back_and_taken_anew_is_not_the_first_owners():
    details = make_recipe({"a": [], "b": ["a"]})
    ended = run(details, "a")
    release(ended[0][0])
    again = claim(ended[0][0].execution_id, worker="another")

    assert complete_in_recipes(ended).kept == set()
    assert statuses(details) == {"a": "RUNNING", "b": "PENDING"}
    assert complete_execution(again, plain_report())
    assert RecipeJob.objects.get(node_name="b").unmet == 0


def test_report_whose_answer_was_lost_counts_once():
    details = make_recipe({"a": [], "b": [], "c": ["a", "b"]})
    ended = run(details, "a")
    complete_in_recipes(ended)

    assert complete_in_recipes(ended).kept == executions(ended)
    assert complete_in_recipes(ended).queued == []

    assert RecipeJob.objects.get(node_name="c").unmet == 1
    assert Recipe.objects.get().unfinished == 2


def test_recipe_that_somebody_holds_is_told_again_and_others_are_not_held_up():
    node = make_node()
    busy, free = make_recipe({"a": [], "b": ["a"]}), make_recipe({"a": [], "b": ["a"]})
    of_busy, of_free = run(busy, "a", node=node), run(free, "a", node=node)

    with held(Recipe.objects.filter(pk=busy.recipe.pk)):
        taken = complete_in_recipes([*of_busy, *of_free], waits=False)

    assert (taken.kept, taken.held) == (executions(of_free), executions(of_busy))
    assert statuses(busy) == {"a": "RUNNING", "b": "PENDING"}
    assert complete_in_recipes(of_busy, waits=False).kept == executions(of_busy)
    assert statuses(busy) == {"a": "COMPLETED", "b": "QUEUED"}


def test_type_that_somebody_holds_makes_nobody_wait_for_long():
    details = make_recipe({"a": [], "b": ["a"]})
    ended = run(details, "a")

    with held(JobType.objects.all(), no_key=False), pytest.raises(OperationalError) as raised:
        complete_in_recipes(ended, waits=False)

    assert is_held(raised.value)
    assert statuses(details) == {"a": "RUNNING", "b": "PENDING"}
    assert complete_execution(*ended[0])


def test_job_that_somebody_holds_is_left_to_who_can_wait():
    details = make_recipe({"a": [], "b": []})
    ended = run(details, "a", "b")

    with held(Job.objects.filter(pk=job_ids(details)["a"])):
        taken = complete_in_recipes(ended, waits=False)

    assert (taken.kept, taken.held) == (executions(ended[1:]), set())
    assert statuses(details) == {"a": "RUNNING", "b": "COMPLETED"}


def test_what_makes_many_jobs_ready_is_left_to_who_can_wait(monkeypatch):
    monkeypatch.setattr(completions, "READY_AT_ONCE", 2)
    details = make_recipe({"top": [], "a": ["top"], "b": ["top"], "c": ["top"]})
    ended = run(details, "top")

    taken = complete_in_recipes(ended, waits=False)

    assert (taken.kept, taken.held, taken.queued) == (set(), set(), ())
    assert statuses(details)["top"] == "RUNNING"
    assert complete_execution(*ended[0])
    assert set(statuses(details).values()) == {"COMPLETED", "QUEUED"}


def test_statements_do_not_grow_with_the_number_of_reports():
    def statements(count):
        names = [f"leaf-{number}" for number in range(count)]
        details = make_recipe({**{name: [] for name in names}, "join": names})
        ended = run(details, *names)
        with CaptureQueriesContext(
            connection,
        ) as found:
            complete_in_recipes(ended)
        assert statuses(details)["join"] == "QUEUED"
        return len(found)

    assert statements(2) == statements(20)
