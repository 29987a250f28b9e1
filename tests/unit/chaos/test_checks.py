from dataclasses import replace
from pathlib import Path

import pytest

from chaos.evidence import Evidence, Product, is_outcry
from chaos.kinds import Strikes
from tests.unit.chaos.evidence import (
    OTHER,
    START,
    answer,
    empty,
    ended,
    execution,
    fault,
    job,
    program,
    rules,
)


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    """Return what a run of two good jobs leaves."""
    found = empty(tmp_path)
    for number in (1, 2):
        job(found, number)
        execution(found, number, number)
        found.accepted_jobs.append(number)
    return found


def test_good_run_has_no_finding(evidence: Evidence) -> None:
    assert rules(evidence) == []


def test_counts_that_are_off_are_found(evidence: Evidence) -> None:
    evidence.counts = {("sleep", "COMPLETED"): 2}
    assert rules(evidence) == []

    for wrong in ({}, {("sleep", "COMPLETED"): 1}, {("sleep", "COMPLETED"): 2, ("x", "QUEUED"): 1}):
        evidence.counts = wrong
        assert rules(evidence) == ["jobs miscounted"]


def test_accepted_job_that_is_not_there_is_found(evidence: Evidence) -> None:
    evidence.accepted_jobs.append(3)
    evidence.accepted_recipes.append(4)

    assert rules(evidence) == ["accepted job is lost", "accepted recipe is lost"]


@pytest.mark.parametrize("status", ["QUEUED", "RUNNING", "PENDING", "BLOCKED"])
def test_job_that_never_ends_is_found(evidence: Evidence, status: str) -> None:
    job(evidence, 3, status)

    assert rules(evidence) == ["job is not final"]


def test_two_completed_executions_of_a_job_are_found(evidence: Evidence) -> None:
    execution(evidence, 3, 1, queued=START + 3, started=START + 4, ended=START + 5)

    assert rules(evidence) == ["job completed twice"]


def test_execution_after_completion_is_found(evidence: Evidence) -> None:
    execution(evidence, 3, 1, "FAILED", queued=START + 3, started=START + 4, ended=START + 5)

    assert rules(evidence) == ["job and execution disagree", "job ran after it had completed"]


def test_completed_execution_of_canceled_job_is_found(evidence: Evidence) -> None:
    job(evidence, 3, "CANCELED")
    execution(evidence, 3, 3)

    assert rules(evidence) == ["job and execution disagree"]


def test_failed_job_may_be_canceled(evidence: Evidence) -> None:
    job(evidence, 3, "CANCELED")
    execution(evidence, 3, 3, "FAILED")

    assert rules(evidence) == []


def test_tries_above_limit_are_found(evidence: Evidence) -> None:
    job(evidence, 3, "FAILED", max_tries=1)
    execution(evidence, 3, 3, "FAILED")
    execution(evidence, 4, 3, "FAILED", queued=START + 2, started=START + 3, ended=START + 4)

    assert rules(evidence) == ["too many tries"]


def test_overlapping_executions_of_a_job_are_found(evidence: Evidence) -> None:
    job(evidence, 3, "FAILED")
    execution(evidence, 3, 3, "FAILED")
    execution(evidence, 4, 3, "FAILED", queued=START + 1.5)

    assert rules(evidence) == ["executions overlap"]


def test_missing_execution_is_found(evidence: Evidence) -> None:
    evidence.jobs[1] = replace(evidence.jobs[1], num_exes=2)

    assert rules(evidence) == ["executions miscounted"]


def test_more_running_than_cap_is_found(evidence: Evidence) -> None:
    evidence.caps = {"capped": 1}
    for number in (3, 4):
        job(evidence, number, type="capped")
        execution(evidence, number, number, ended=START + 3)

    assert rules(evidence) == ["cap exceeded"]


def test_second_process_of_execution_is_found(evidence: Evidence) -> None:
    program(evidence, 1, at=START + 1.2)
    ended(evidence, 1, at=START + 2)

    assert rules(evidence) == ["execution ran twice"]


def test_second_process_after_stop_of_worker_is_allowed(evidence: Evidence) -> None:
    evidence.diary.stopped_worker_pids.add(4711)
    program(evidence, 1, worker=OTHER, at=START + 1.2)
    ended(evidence, 1, at=START + 2)
    evidence.executions[1] = replace(evidence.executions[1], worker=OTHER)

    assert rules(evidence) == []


def test_second_process_of_released_execution_beside_the_first_is_found(
    evidence: Evidence,
) -> None:
    evidence.released.add(1)
    program(evidence, 1, at=START + 1.2, alone=False)
    ended(evidence, 1, at=START + 2)

    assert rules(evidence) == ["execution ran twice at a time"]


def test_process_of_another_worker_than_the_owner_is_found(evidence: Evidence) -> None:
    evidence.executions[1] = replace(evidence.executions[1], worker=OTHER)

    assert rules(evidence) == ["execution ran under a stranger"]


def test_process_of_unclaimed_execution_is_found(evidence: Evidence) -> None:
    job(evidence, 3, "CANCELED")
    execution(evidence, 3, 3, "CANCELED", started=None, worker=None)
    program(evidence, 3)

    assert rules(evidence) == ["execution ran under a stranger"]


def test_completion_without_end_of_program_is_found(evidence: Evidence) -> None:
    del evidence.journal.ends[1]

    assert rules(evidence) == ["completed without its program"]


def test_completion_of_failed_program_is_found(evidence: Evidence) -> None:
    evidence.journal.ends[1] = [replace(evidence.journal.ends[1][0], code=3)]

    assert rules(evidence) == ["completed without its program"]


def test_program_that_goes_on_after_cancel_is_found(evidence: Evidence) -> None:
    job(evidence, 3, "CANCELED")
    execution(evidence, 3, 3, "CANCELED")
    ended(evidence, 3, at=START + 30)
    assert rules(evidence) == ["program ran on"]

    fault(evidence, 5, 10)
    assert rules(evidence) == []


def test_product_without_file_and_file_without_product_are_found(evidence: Evidence) -> None:
    evidence.products = [
        Product(id=1, path="a", size=5, execution_id=1, is_published=True),
        Product(id=2, path="b", size=5, execution_id=1, is_published=True),
    ]
    evidence.files = {"a": 5, "c": 5}

    assert rules(evidence) == ["product without its file", "file without a record"]


def test_product_of_failed_execution_is_found(evidence: Evidence) -> None:
    job(evidence, 3, "FAILED")
    execution(evidence, 3, 3, "FAILED")
    evidence.products = [Product(id=1, path="a", size=5, execution_id=3, is_published=True)]
    evidence.files = {"a": 5}

    assert rules(evidence) == ["product without completion"]


def test_outcries_are_found(evidence: Evidence) -> None:
    evidence.outcries.append("worker: Unrecoverable error: AttributeError()")

    assert rules(evidence) == ["unexpected error"]


@pytest.mark.parametrize(
    ("line", "is_found"),
    [
        ("CRITICAL celery.worker Unrecoverable error: AttributeError('x')", True),
        ("CRITICAL celery.beat beat raised exception <class 'OperationalError'>: Opera", True),
        ("ERROR celery.app.trace Task sleep 1.0[6a] raised unexpected: IntegrityError('x')", True),
        ("ERROR celery.app.trace Task beat.feed[6a] raised unexpected: OperationalError('x", False),
        ("ERROR celery.app.trace Task beat.feed[6a] raised unexpected: InterfaceError('x", False),
        (
            "ERROR celery.app.trace Task sleep 1.0[6a] raised unexpected: OperationalError('x')",
            True,
        ),
        ("ERROR workers.engine engine_failed", True),
        ("ERROR scale.workers worker_deaf seconds=20", True),
        ("INFO celery.app.trace Task sleep 1.0[6a] succeeded in 1.4 s: None", False),
    ],
)
def test_outcry_is_known_from_a_line_of_a_log(line: str, is_found: bool) -> None:
    assert is_outcry(line) is is_found


def test_leftovers_exits_and_slow_recoveries_are_found(evidence: Evidence) -> None:
    evidence.left_over.append("3 messages")
    evidence.diary.exits.append("beat")
    evidence.diary.remarks.append("fault 1: 70 s")

    assert rules(evidence) == ["left over", "process ended by itself", "took too long"]


@pytest.mark.parametrize(
    ("status", "strikes", "rule"),
    [
        (500, Strikes.DATABASE, "server error"),
        (502, Strikes.WEB, "server error"),
        (503, Strikes.WEB, "server error"),
        (503, Strikes.DATABASE, None),
        (None, Strikes.ORDER, "request without an answer"),
        (None, Strikes.WEB, None),
        (None, Strikes.DATABASE, None),
        (404, Strikes.DATABASE, "request refused"),
    ],
)
def test_answers_during_fault_are_judged(
    evidence: Evidence, status: int | None, strikes: Strikes, rule: str | None
) -> None:
    fault(evidence, -1, 1, strikes)
    answer(evidence, "GET", "/jobs/1/" if status != 404 else "/jobs/", status)

    assert rules(evidence) == ([rule] if rule else [])


def test_slow_answer_is_found(evidence: Evidence) -> None:
    answer(evidence, "POST", "/queue/new-job/", 201, seconds=16.0)

    assert rules(evidence) == ["slow answer"]


def test_cancel_that_did_not_last_is_found(evidence: Evidence) -> None:
    answer(evidence, "PATCH", "/jobs/1/", 200)
    assert rules(evidence) == ["cancel was undone"]

    answer(evidence, "POST", "/queue/requeue-jobs/", None, begun=START + 1)
    fault(evidence, 0, 5, Strikes.WEB)
    assert rules(evidence) == []


def test_cancel_of_ended_job_may_be_refused(evidence: Evidence) -> None:
    answer(evidence, "PATCH", "/jobs/1/", 400)
    answer(evidence, "POST", "/queue/requeue-jobs/", 404)

    assert rules(evidence) == []


def test_requeue_that_did_not_last_is_found(evidence: Evidence) -> None:
    row = {"id": 1, "status": "QUEUED", "num_exes": 2}
    answer(evidence, "POST", "/queue/requeue-jobs/", 200, summary={"results": [row]})

    assert rules(evidence) == ["requeue was undone"]
