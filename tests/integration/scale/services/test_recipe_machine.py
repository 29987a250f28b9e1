from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from scale.errors import InvalidTransition, NotFound
from scale.models import Job, JobExecution, Recipe
from scale.services.cancel import cancel_job
from scale.services.claims import Claim
from scale.services.completions import complete_execution, complete_in_recipes
from scale.services.executions import fail_execution, release
from scale.services.recipes import queue_new_recipe
from scale.services.requeue import RequeueFilters, requeue_jobs
from tests.factories import claim, make_job_type, make_node, make_workspace, plain_report, report
from tests.recipe_factories import graph, job_ids, make_recipe_type, waiting_execution
from tests.recipe_model import STOPPED, ModelJob, ModelRecipe

# A failure is shrunk for up to five minutes.
pytestmark = [pytest.mark.django_db, pytest.mark.timeout(480)]

OUTPUT = {"output_data": [{"name": "out", "type": "file", "required": False}]}


@st.composite
def acyclic_graphs(draw: st.DrawFn) -> dict[str, set[str]]:
    size = draw(st.integers(1, 6) | st.integers(1, 30))
    names = [f"job {number}" for number in range(size)]
    waits_for = {
        name: draw(st.sets(st.sampled_from(names[:index]), max_size=3)) if index else set()
        for index, name in enumerate(names)
    }
    return {name: waits_for[name] for name in draw(st.permutations(names))}


class RecipeMachine(RuleBasedStateMachine):
    """Does to a recipe what users and workers may do, and compares it with the model."""

    def __init__(self) -> None:
        super().__init__()
        self.sandbox = transaction.atomic()
        # Not to be taken for a transaction that a service forgot to end.
        self.sandbox._from_testcase = True
        self.sandbox.__enter__()

    def teardown(self) -> None:
        transaction.set_rollback(True)
        self.sandbox.__exit__(None, None, None)

    @initialize(parents=acyclic_graphs(), draws=st.data())
    def create(self, parents: dict[str, set[str]], draws: st.DataObject) -> None:
        with_output = {name for name in sorted(parents) if draws.draw(st.booleans())}
        self.model = ModelRecipe(parents, with_output)
        self.node = make_node()
        self.workspace = make_workspace()
        writer = make_job_type(interface=OUTPUT)
        definition = graph(parents, make_job_type())
        for job in definition["jobs"]:
            if job["name"] in with_output:
                job["job_type"] = {"name": writer.name, "version": writer.version}
        self.recipe = queue_new_recipe(
            recipe_type_id=make_recipe_type(definition).pk,
            recipe_data={"workspace_id": self.workspace.pk},
            user="tester",
        )
        self.ids = job_ids(self.recipe)
        #: Every claim ever made, with the place of its execution among those of its job.
        self.claims: list[tuple[str, int, Claim]] = []
        #: The last claim of each execution.
        self.owners: dict[int, Claim] = {}
        self.completed: Any = None
        if draws.draw(st.booleans()):
            self.switch_workspace()

    def _in(self, *wanted: str) -> list[str]:
        return [name for name, job in self.model.jobs.items() if job.status in wanted]

    @precondition(lambda self: self._in("QUEUED"))
    @rule(draws=st.data())
    def start(self, draws: st.DataObject) -> None:
        name = draws.draw(st.sampled_from(self._in("QUEUED")))
        self._start(name)

    def _start(self, name: str, worker: str | None = None) -> Claim:
        claimed = claim(
            waiting_execution(self.ids[name]),
            node=self.node,
            worker=worker or f"worker {len(self.claims)}",
        )
        self.model.start(name)
        self.claims.append((name, self.model.jobs[name].num_exes - 1, claimed))
        self.owners[claimed.execution_id] = claimed
        return claimed

    @rule(count=st.integers(1, 30))
    def work(self, count: int) -> None:
        for _ in range(count):
            if names := self._in("QUEUED"):
                assert complete_execution(self._start(names[0]), report())
                self.model.complete(names[0])

    def _is_owner(self, name: str, position: int, claimed: Claim) -> bool:
        is_running = self.model.jobs[name].executions[position] == "RUNNING"
        # An execution that was put back and taken anew is owned by its last claim alone.
        return is_running and self.owners[claimed.execution_id] is claimed

    def _any_claim(self, draws: st.DataObject) -> tuple[str, Claim, bool]:
        running = [one for one in self.claims if self._is_owner(*one)]
        # As often one that is done with: its report comes late, or twice.
        name, position, claimed = draws.draw(
            st.sampled_from(running or self.claims) | st.sampled_from(self.claims)
        )
        return name, claimed, self._is_owner(name, position, claimed)

    @precondition(lambda self: self.claims)
    @rule(draws=st.data())
    def complete(self, draws: st.DataObject) -> None:
        name, claimed, is_owner = self._any_claim(draws)
        assert complete_execution(claimed, report()) == is_owner
        if is_owner:
            self.model.complete(name)

    @precondition(lambda self: self._in("QUEUED"))
    @rule(draws=st.data(), waits=st.booleans())
    def work_together(self, draws: st.DataObject, waits: bool) -> None:
        names = draws.draw(st.lists(st.sampled_from(self._in("QUEUED")), unique=True, min_size=1))
        ended = {name: (self._start(name, "worker of many"), plain_report()) for name in names}
        for name in draws.draw(st.sets(st.sampled_from(names))):
            self.model.cancel(name)
            cancel_job(job_id=self.ids[name])
        running = [name for name in names if self.model.jobs[name].status == "RUNNING"]
        for _ in range(2):
            taken = complete_in_recipes(list(ended.values()), waits=waits)
            assert taken.kept == {ended[name][0].execution_id for name in running}
            if not waits:  # then what was told before is not looked for
                break
        for name in running:
            self.model.complete(name)

    @precondition(lambda self: self.claims)
    @rule(draws=st.data(), is_system=st.booleans())
    def fail(self, draws: st.DataObject, is_system: bool) -> None:
        name, claimed, is_owner = self._any_claim(draws)
        error = "node-lost" if is_system else "algorithm-unknown"
        assert fail_execution(claimed, report(error=error)) == is_owner
        if is_owner:
            self.model.fail(name, is_system=is_system)

    @precondition(lambda self: self._in("RUNNING"))
    @rule(draws=st.data(), is_taken_anew=st.booleans())
    def put_back(self, draws: st.DataObject, is_taken_anew: bool) -> None:
        name, claimed, is_owner = self._any_claim(draws)
        assert release(claimed) == is_owner
        if is_owner:
            self.model.release(name)
            if is_taken_anew:
                self._start(name)

    @rule(draws=st.data())
    def cancel(self, draws: st.DataObject) -> None:
        name = draws.draw(st.sampled_from(sorted(self.model.jobs)))
        if self.model.cancel(name):
            cancel_job(job_id=self.ids[name])
        else:
            with pytest.raises(InvalidTransition):
                cancel_job(job_id=self.ids[name])

    @rule(draws=st.data(), priority=st.sampled_from([None, 1, 500]))
    def requeue(self, draws: st.DataObject, priority: int | None) -> None:
        names = draws.draw(st.sets(st.sampled_from(sorted(self.model.jobs)), min_size=1))
        answer = requeue_jobs(
            filters=RequeueFilters(job_ids=[self.ids[name] for name in names]), priority=priority
        )
        shown = {job.pk: job.status for job in answer.jobs}
        expected = self.model.requeue(names, priority)
        assert shown == {self.ids[name]: status for name, status in expected.items()}

    @precondition(lambda self: self._in(*STOPPED))
    @rule(status=st.sampled_from(STOPPED))
    def requeue_by_status(self, status: str) -> None:
        filters = RequeueFilters(status=status, job_ids=sorted(self.ids.values()))
        if names := self._in(status):
            requeue_jobs(filters=filters)
            self.model.requeue(names, None)
        else:
            with pytest.raises(NotFound):
                requeue_jobs(filters=filters)

    @rule()
    def switch_workspace(self) -> None:
        self.model.has_workspace = self.workspace.is_active = not self.workspace.is_active
        self.workspace.save(update_fields=["is_active"])

    @invariant()
    def recipe_is_as_it_must_be(self) -> None:
        jobs = Job.objects.in_bulk(self.ids.values())
        self._is_as_in_the_model(jobs)
        self._runs_nothing_too_early_and_is_not_stuck(
            {name: jobs[job_id].status for name, job_id in self.ids.items()}
        )
        self._is_completed_when_all_its_jobs_are_and_stays_so()

    def _is_as_in_the_model(self, jobs: dict[int, Job]) -> None:
        executions: dict[int, list[str]] = {job_id: [] for job_id in jobs}
        rows = JobExecution.objects.filter(job__in=jobs).order_by("exe_num")
        for job_id, status in rows.values_list("job", "status"):
            executions[job_id].append(status)
        real = {
            name: ModelJob(
                parents=self.model.jobs[name].parents,
                has_output=self.model.jobs[name].has_output,
                status=jobs[job_id].status,
                num_exes=jobs[job_id].num_exes,
                max_tries=jobs[job_id].max_tries,
                priority=jobs[job_id].priority,
                executions=executions[job_id],
            )
            for name, job_id in self.ids.items()
        }
        assert real == self.model.jobs

    def _runs_nothing_too_early_and_is_not_stuck(self, status: dict[str, str]) -> None:
        for name, job in self.model.jobs.items():
            parents = {status[parent] for parent in job.parents}
            above = {status[one] for one in self.model.ancestors(name)}
            if status[name] in ("QUEUED", "RUNNING", "COMPLETED"):
                assert parents <= {"COMPLETED"}
            if status[name] == "PENDING":
                assert not above & set(STOPPED)
                assert parents - {"COMPLETED"}
            if status[name] == "BLOCKED":
                assert above & set(STOPPED)

    def _is_completed_when_all_its_jobs_are_and_stays_so(self) -> None:
        recipe = Recipe.objects.get(pk=self.recipe.recipe.pk)
        assert (recipe.completed is not None) == self.model.is_completed
        assert self.completed in (None, recipe.completed)
        self.completed = recipe.completed


def test_recipe_does_what_the_model_says():
    run_state_machine_as_test(
        RecipeMachine,
        settings=settings(
            max_examples=25,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
