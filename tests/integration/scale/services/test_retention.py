from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from scale.domain.times import now
from scale.models import (
    ExecutionLog,
    Job,
    JobExecution,
    JobLoad,
    Recipe,
    RecipeJob,
    ScaleFile,
    TriggerEvent,
    TriggerRule,
)
from scale.selectors.recipes import RecipeDetails
from scale.services import retention
from scale.services.cancel import cancel_job
from scale.services.completions import complete_execution
from scale.services.logs import LogChanges
from scale.services.retention import Sweep, prune
from tests.factories import claim, make_job, make_job_type, report
from tests.integration.api.rows import complete_file_job, fail_job, make_file_job
from tests.recipe_factories import complete, fail, job_ids, make_recipe

pytestmark = pytest.mark.django_db

DAYS = 10


@pytest.fixture(autouse=True)
def keep(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Keep nothing back but what a test says; each test's sweeps begin anew."""
    for sweep in (retention.JOBS, retention.RECIPES):
        sweep._rewind()

    def set_days(**days: int) -> None:
        names = ("jobs", "logs", "load", "load_minutes")
        limits = {f"keep_{name}_days": days.get(name, 0) for name in names}
        settings.SCALE = replace(settings.SCALE, **limits)

    set_days(jobs=DAYS)
    return set_days


def age(days: float = DAYS + 1) -> None:
    """Make everything so old."""
    then = now() - timedelta(days=days)
    Job.objects.exclude(last_status_change=None).update(last_status_change=then)
    Recipe.objects.update(last_modified=then)
    ExecutionLog.objects.update(created=then)


def finish(job_id: int) -> None:
    execution = JobExecution.objects.get(job=job_id, status="QUEUED")
    log = LogChanges({("stdout", 0): "x"})
    assert complete_execution(claim(execution.pk), report(log=log))


def cancel_all(recipe: RecipeDetails) -> None:
    for job_id in job_ids(recipe).values():
        cancel_job(job_id=job_id)


def test_old_finished_jobs_go_with_all_that_is_theirs() -> None:
    finish(make_job().job.pk)
    fail_job(make_job())
    cancel_job(job_id=make_job().job.pk)
    age()

    assert prune()["jobs"] == 3

    for model in (Job, JobExecution, ExecutionLog, TriggerEvent):
        assert not model.objects.exists()


def test_unfinished_and_younger_jobs_stay() -> None:
    finish(make_job().job.pk)
    age(DAYS - 1)
    waiting, running = make_job(), make_job()
    claim(running.executions[0].pk)
    Job.objects.filter(pk__in=[waiting.job.pk, running.job.pk]).update(
        last_status_change=now() - timedelta(days=DAYS + 1)
    )

    assert prune()["jobs"] == 0

    assert Job.objects.count() == JobExecution.objects.count() == 3


def test_nothing_goes_by_default(keep: Callable[..., None]) -> None:
    keep()
    finish(make_job().job.pk)
    make_recipe({"a": []})
    age(4000)

    assert not any(prune().values())

    assert Job.objects.count() == 2


def test_job_with_products_stays_with_its_records() -> None:
    details = make_file_job()
    complete_file_job(details)
    age()

    assert prune()["jobs"] == 0

    assert ScaleFile.objects.filter(job=details.job).count() == 3
    assert TriggerEvent.objects.filter(pk=details.job.event_id).exists()


def test_event_of_a_rule_stays_since_it_says_that_the_rule_fired() -> None:
    details = make_job()
    finish(details.job.pk)
    TriggerEvent.objects.update(rule=TriggerRule.objects.create(type="PARSE"))
    age()

    assert prune()["jobs"] == 1
    assert TriggerEvent.objects.count() == 1


def test_finished_recipe_goes_as_a_whole() -> None:
    recipe = make_recipe({"a": [], "b": ["a"], "c": ["a"]})
    for name in "abc":
        complete(job_ids(recipe)[name])
    canceled = make_recipe({"a": [], "b": ["a"]})
    cancel_all(canceled)
    age()

    assert prune()["recipes"] == 2

    for model in (Recipe, RecipeJob, Job, JobExecution, TriggerEvent):
        assert not model.objects.exists()


def test_recipe_with_an_unfinished_job_stays_whole() -> None:
    recipe = make_recipe({"a": [], "b": ["a"], "c": []})
    fail(job_ids(recipe)["a"])
    complete(job_ids(recipe)["c"])
    age()

    assert not any(prune().values())

    assert Job.objects.count() == 3
    assert Job.objects.get(pk=job_ids(recipe)["b"]).status == "BLOCKED"


def test_recipe_stays_while_one_job_is_younger() -> None:
    recipe = make_recipe({"a": [], "b": ["a"]})
    for name in "ab":
        complete(job_ids(recipe)[name])
    age()
    Job.objects.filter(pk=job_ids(recipe)["b"]).update(last_status_change=now())

    assert not any(prune().values())
    assert Job.objects.count() == 2


def test_batches_follow_each_other_past_what_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    job_type = make_job_type()
    for _ in range(3):
        make_job(job_type)
    kept = set(Job.objects.values_list("pk", flat=True))
    # Old rows in front that may not go.
    for _ in range(5):
        finish(make_job(job_type).job.pk)
    age()
    Job.objects.filter(pk__in=kept).update(last_status_change=now() - timedelta(days=DAYS + 2))
    sweep = Sweep(
        table="job", alias="j", stamp="last_status_change", free=retention.FREE_JOB, batch=2
    )
    monkeypatch.setattr(retention, "JOBS", sweep)

    assert prune()["jobs"] == 5

    assert set(Job.objects.values_list("pk", flat=True)) == kept


def test_turn_that_took_its_time_leaves_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    finish(make_job().job.pk)
    age()
    monkeypatch.setattr(retention, "TURN_SECONDS", 0.0)

    assert not any(prune().values())


def test_old_logs_go_except_those_of_what_still_runs(keep: Callable[..., None]) -> None:
    keep(logs=DAYS)
    finish(make_job().job.pk)
    running = make_job().executions[0]
    claim(running.pk)
    ExecutionLog.objects.create(execution=running, stream="stdout", seq=0, text="x")
    age()

    assert prune()["logs"] == 1

    assert ExecutionLog.objects.get().execution_id == running.pk
    assert Job.objects.count() == 2


def test_old_load_goes(keep: Callable[..., None]) -> None:
    keep(load=DAYS)
    for days in (DAYS - 1, DAYS + 1):
        JobLoad.objects.create(
            measured=now() - timedelta(days=days),
            pending_count=0,
            queued_count=0,
            running_count=0,
        )

    assert prune()["load"] == 1
    assert JobLoad.objects.count() == 1
