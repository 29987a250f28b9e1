import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.db import OperationalError, connection

from scale.models import ExecutionLog, Job, JobExecution, JobType, Node, Recipe
from scale.services.cancel import cancel_job
from scale.services.feed import feed
from tests.factories import make_job, make_job_type
from tests.races import held
from tests.recipe_factories import make_recipe
from workers import engine, reports
from workers.engine import Engine
from workers.host import Host
from workers.processes.workdir import WorkerDirectory
from workers.slots import Brief
from workers.worker import Worker

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("published")]

SECONDS = 20


@pytest.fixture
def worker(tmp_path: Path, subreaper: None) -> Iterator[Worker]:
    host = Host(identity="w", directory=WorkerDirectory.claim(tmp_path, "w"))
    made = Worker(host, Engine(host))
    yield made
    made.engine.close()
    made.host.close()
    assert not list(tmp_path.iterdir())


def of(command: str, arguments: str = "", **about: object) -> JobType:
    return make_job_type(
        interface={"command": command, "command_arguments": arguments},
        **about,
    )


def queue(job_type: JobType, count: int = 1) -> list[int]:
    """Queue jobs and feed them; return the jobs."""
    jobs = [make_job(job_type).job.pk for _ in range(count)]
    feed()
    return jobs


def call(worker: Worker, messages: int = 1) -> Callable[[], list[bool]]:
    """Let messages arrive; return what waits for them to be answered."""
    answers: list[bool] = []

    def answer() -> None:
        try:
            answers.append(worker.answer(0))
        finally:
            connection.close()

    threads = [threading.Thread(target=answer) for _ in range(messages)]
    for thread in threads:
        thread.start()

    def wait() -> list[bool]:
        for thread in threads:
            thread.join(SECONDS)
        return answers

    return wait


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def outcomes() -> set[tuple[str, str, int | None]]:
    return set(JobExecution.objects.values_list("status", "job__status", "job_exit_code"))


def test_one_message_is_enough_for_all_that_waits(worker: Worker) -> None:
    queue(of("/bin/true"), 10)

    assert call(worker)() == [True]

    assert outcomes() == {("COMPLETED", "COMPLETED", 0)}
    assert JobExecution.objects.filter(post_exit_code=0, worker="w").count() == 10
    assert not JobExecution.objects.exclude(lease_expires=None).exists()


def test_slots_work_side_by_side(worker: Worker) -> None:
    queue(of("/bin/sleep", "0.1"), 6)

    assert call(worker, 3)() == [True] * 3

    assert outcomes() == {("COMPLETED", "COMPLETED", 0)}
    begun = JobExecution.objects.order_by("job_started").values_list("job_started", flat=True)
    ended = JobExecution.objects.order_by("job_completed").values_list("job_completed", flat=True)
    assert begun[2] < ended[0]


def test_directory_is_used_again_and_made_anew_where_somebody_removed_it(
    worker: Worker, tmp_path: Path
) -> None:
    show = of("/bin/sh", f"-c 'pwd >> {tmp_path}/seen'")
    for _ in range(2):
        queue(show)
        assert call(worker)() == [True]
    (spare,) = (tmp_path / "w").glob("brief-*")
    shutil.rmtree(spare)
    (job_id,) = queue(show)

    assert call(worker)() == [True]

    first, second, third = (tmp_path / "seen").read_text().split()
    assert first == second == str(spare / "output") != third
    assert Job.objects.get(pk=job_id).status == "COMPLETED"
    (tmp_path / "seen").unlink()


def test_what_is_printed_in_a_moment_is_kept(worker: Worker) -> None:
    queue(of("/bin/sh", "-c 'echo out; echo err >&2'"))

    call(worker)()

    found = ExecutionLog.objects.values_list("stream", "text")
    assert set(found) == {("stdout", "out\n"), ("stderr", "err\n")}


@pytest.mark.parametrize(
    ("command", "arguments", "outcome"),
    [
        ("/bin/sleep", "0.5", ("COMPLETED", "COMPLETED", 0)),
        ("/bin/false", "", ("FAILED", "FAILED", 1)),
        ("/bin/sh", "-c 'yes | head -c 1000000'", ("COMPLETED", "COMPLETED", 0)),
        ("/bin/sh", "-c 'touch left; mkdir more'", ("COMPLETED", "COMPLETED", 0)),
    ],
)
def test_what_is_not_brief_and_plain_is_left_to_the_slot(
    worker: Worker, command: str, arguments: str, outcome: tuple[str, str, int]
) -> None:
    queue(of(command, arguments, max_tries=1))

    assert call(worker)() == [True]

    assert outcomes() == {outcome}


def test_child_that_is_left_behind_is_ended(worker: Worker, tmp_path: Path) -> None:
    note = tmp_path.parent / f"{tmp_path.name}-child"
    queue(of("/bin/sh", f"-c 'sleep 60 & echo $! > {note}'"))

    call(worker)()

    assert outcomes() == {("COMPLETED", "COMPLETED", 0)}
    with pytest.raises(ProcessLookupError):
        os.kill(int(note.read_text()), 0)


@pytest.mark.parametrize("is_taken", [False, True])
def test_report_for_many_that_fails_is_repeated_by_each_slot(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, is_taken: bool
) -> None:
    queue(of("/bin/true"), 3)
    report = reports.complete_alone
    lost: list[int] = []

    def lose(ended: list, *, waits: bool) -> None:
        lost.append(len(ended))
        if is_taken:
            report(ended, waits=waits)
        raise OperationalError("the answer is lost")

    monkeypatch.setattr(reports, "complete_alone", lose)

    assert call(worker, 2)() == [True, True]

    assert sum(lost) == 3
    assert outcomes() == {("COMPLETED", "COMPLETED", 0)}
    assert JobExecution.objects.count() == 3


def test_job_that_somebody_holds_does_not_hold_up_the_others(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(engine, "BRIEF_SECONDS", SECONDS)
    gate = tmp_path.parent / f"{tmp_path.name}-gate"
    (busy,) = queue(of("/bin/sh", f"-c 'until [ -e {gate} ]; do sleep 0.01; done'"))
    wait = call(worker)
    until(lambda: Job.objects.get(pk=busy).status == "RUNNING")

    with held(Job.objects.filter(pk=busy)):
        gate.touch()
        others = queue(of("/bin/true"), 3)
        assert call(worker)() == [True]
        statuses = Job.objects.order_by("pk").values_list("status", flat=True)
        assert list(statuses) == ["RUNNING", *["COMPLETED"] * len(others)]

    assert wait() == [True]
    assert outcomes() == {("COMPLETED", "COMPLETED", 0)}


FAN = {"top": [], "a": ["top"], "b": ["top"], "c": ["top"], "join": ["a", "b", "c"]}


def test_recipe_needs_one_message_if_one_worker_runs_it(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BRIEF_SECONDS", SECONDS)  # however busy the machine is
    fed: list[None] = []
    monkeypatch.setattr(engine.feeder, "ask", lambda: fed.append(None))
    make_recipe({"a": [], "b": ["a"], "c": ["b"], "d": ["c"]}, job_type=of("/bin/true"))
    feed()
    fed.clear()

    assert call(worker)() == [True]

    assert outcomes() == {("COMPLETED", "COMPLETED", 0)}
    assert JobExecution.objects.filter(dispatched=None).count() == 3
    assert fed == []


def test_what_this_worker_cannot_claim_of_what_it_made_ready_is_fed(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BRIEF_SECONDS", SECONDS)  # however busy the machine is
    fed: list[None] = []
    monkeypatch.setattr(engine.feeder, "ask", lambda: fed.append(None))
    make_recipe(FAN, job_type=of("/bin/true"))
    feed()
    fed.clear()

    call(worker)()

    statuses = Job.objects.order_by("pk").values_list("status", flat=True)
    assert (len(fed), list(statuses)[:2]) == (1, ["COMPLETED", "COMPLETED"])
    assert "QUEUED" in statuses


def test_recipe_that_somebody_holds_does_not_hold_up_the_others(
    worker: Worker, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(engine, "BRIEF_SECONDS", SECONDS)
    gate = tmp_path.parent / f"{tmp_path.name}-gate"
    waiting = of("/bin/sh", f"-c 'until [ -e {gate} ]; do sleep 0.01; done'")
    busy = make_recipe({"a": [], "b": []}, job_type=waiting)
    feed()
    wait = call(worker, 2)
    until(lambda: Job.objects.filter(status="RUNNING").count() == 2)

    with held(Recipe.objects.filter(pk=busy.recipe.pk)):
        gate.touch()
        others = queue(of("/bin/true"), 3)
        assert call(worker)() == [True]
        statuses = Job.objects.order_by("pk").values_list("status", flat=True)
        assert list(statuses) == ["RUNNING"] * 2 + ["COMPLETED"] * len(others)

    assert wait() == [True, True]
    assert outcomes() == {("COMPLETED", "COMPLETED", 0)}
    assert Recipe.objects.get().completed


def test_report_on_a_recipe_that_is_busy_for_a_moment_stays_with_the_engine(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BRIEF_SECONDS", SECONDS)  # however busy the machine is
    monkeypatch.setattr(reports, "HELD_SECONDS", SECONDS)
    left: list[Brief] = []
    monkeypatch.setattr(Brief, "pass_on", left.append)
    recipe = make_recipe({"a": [], "b": []}, job_type=of("/bin/true"))
    feed()

    with held(Recipe.objects.filter(pk=recipe.recipe.pk)):
        wait = call(worker, 2)
        until(lambda: Job.objects.filter(status="RUNNING").count() == 2)
        time.sleep(0.2)

    assert wait() == [True, True]
    assert left == []
    assert outcomes() == {("COMPLETED", "COMPLETED", 0)}


def test_claim_that_fails_is_repeated(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    queue(of("/bin/true"))
    claim = engine.claim_executions
    failures = iter([OperationalError("the database is away")])

    def fail_once(**wanted: object) -> object:
        for failure in failures:
            raise failure
        return claim(**wanted)

    monkeypatch.setattr(engine, "claim_executions", fail_once)

    assert call(worker)() == [True]

    assert outcomes() == {("COMPLETED", "COMPLETED", 0)}


def test_canceled_program_is_ended_and_the_slot_goes_on(worker: Worker) -> None:
    (job,) = queue(of("/bin/sleep", "60"))
    wait = call(worker)
    until(lambda: Job.objects.get(pk=job).status == "RUNNING")
    queue(of("/bin/true"))

    cancel_job(job_id=job)

    assert wait() == [True]
    assert outcomes() == {("CANCELED", "CANCELED", None), ("COMPLETED", "COMPLETED", 0)}


def test_message_is_for_others_while_the_node_is_paused(worker: Worker) -> None:
    queue(of("/bin/true"))
    Node.objects.update(is_paused=True)

    assert call(worker)() == [False]

    assert set(Job.objects.values_list("status", flat=True)) == {"QUEUED"}


def test_message_is_for_others_once_the_worker_stops(worker: Worker) -> None:
    queue(of("/bin/true"))
    worker.host.stop(grace_seconds=5)

    assert call(worker)() == [False]

    assert set(Job.objects.values_list("status", flat=True)) == {"QUEUED"}


def test_stopping_worker_puts_back_what_outlasts_its_grace(worker: Worker) -> None:
    (job,) = queue(of("/bin/sleep", "60"))
    wait = call(worker)
    until(lambda: Job.objects.get(pk=job).status == "RUNNING")

    worker.host.stop(grace_seconds=0.1)

    assert wait() == [False]
    execution = JobExecution.objects.get(job=job)
    assert (execution.status, execution.job.num_exes) == ("QUEUED", 1)
