import pytest

from scale.domain.lifecycle import (
    EXECUTION_FINAL,
    EXECUTION_TRANSITIONS,
    FINAL,
    TRANSITIONS,
    ExecutionStatus,
    JobStatus,
    sources,
)


def test_every_status_has_its_row():
    assert set(TRANSITIONS) == set(JobStatus)
    assert set(EXECUTION_TRANSITIONS) == set(ExecutionStatus)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (JobStatus.QUEUED, "PENDING FAILED CANCELED RUNNING"),
        (JobStatus.RUNNING, "QUEUED"),
        (JobStatus.COMPLETED, "RUNNING"),
        (JobStatus.FAILED, "RUNNING PENDING"),
        (JobStatus.CANCELED, "PENDING BLOCKED QUEUED RUNNING FAILED"),
        (JobStatus.BLOCKED, "PENDING FAILED CANCELED"),
        (JobStatus.PENDING, "BLOCKED FAILED CANCELED"),
    ],
)
def test_job_status_is_reached_only_from_its_sources(target, expected):
    assert sources(target) == set(expected.split())
    assert {type(status) for status in sources(target)} == {JobStatus}


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (ExecutionStatus.RUNNING, "QUEUED"),
        (ExecutionStatus.COMPLETED, "RUNNING"),
        (ExecutionStatus.FAILED, "RUNNING"),
        (ExecutionStatus.CANCELED, "QUEUED RUNNING"),
    ],
)
def test_execution_status_is_reached_only_from_its_sources(target, expected):
    assert sources(target) == set(expected.split())
    assert {type(status) for status in sources(target)} == {ExecutionStatus}


def test_completed_job_stays_completed():
    assert TRANSITIONS[JobStatus.COMPLETED] == frozenset()


def test_execution_leaves_no_final_status():
    leaving = {status for status, targets in EXECUTION_TRANSITIONS.items() if targets}

    assert leaving == set(ExecutionStatus) - set(EXECUTION_FINAL)


def test_final_jobs_rest_until_a_user_acts():
    assert set(FINAL) == {JobStatus.FAILED, JobStatus.COMPLETED, JobStatus.CANCELED}
    assert all(JobStatus.RUNNING not in TRANSITIONS[status] for status in FINAL)
