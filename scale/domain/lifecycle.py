"""The statuses of jobs and executions and the changes that are allowed (contract 4.1, 4.3)."""

from collections.abc import Mapping
from enum import StrEnum
from typing import TypeVar


class JobStatus(StrEnum):
    """Where a job is in its life."""

    PENDING = "PENDING"
    BLOCKED = "BLOCKED"
    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    FAILED = "FAILED"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"


class ExecutionStatus(StrEnum):
    """Where one attempt at a job is in its life."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    FAILED = "FAILED"
    COMPLETED = "COMPLETED"
    CANCELED = "CANCELED"


_J = JobStatus
_E = ExecutionStatus

#: From each status of a job, those it may change to.
TRANSITIONS: Mapping[JobStatus, frozenset[JobStatus]] = {
    # FAILED without ever being queued: a recipe job whose data cannot be assembled (4.10).
    _J.PENDING: frozenset({_J.QUEUED, _J.BLOCKED, _J.CANCELED, _J.FAILED}),
    _J.BLOCKED: frozenset({_J.PENDING, _J.CANCELED}),
    _J.QUEUED: frozenset({_J.RUNNING, _J.CANCELED}),
    # QUEUED by the automatic retry: of a retried job FAILED is never seen (4.5).
    _J.RUNNING: frozenset({_J.COMPLETED, _J.FAILED, _J.QUEUED, _J.CANCELED}),
    # PENDING or BLOCKED when a job that was never queued is requeued (4.9).
    _J.FAILED: frozenset({_J.QUEUED, _J.PENDING, _J.BLOCKED, _J.CANCELED}),
    _J.CANCELED: frozenset({_J.QUEUED, _J.PENDING, _J.BLOCKED}),
    _J.COMPLETED: frozenset(),
}

#: From each status of an execution, those it may change to; a finished one is never reused.
EXECUTION_TRANSITIONS: Mapping[ExecutionStatus, frozenset[ExecutionStatus]] = {
    _E.QUEUED: frozenset({_E.RUNNING, _E.CANCELED}),
    # QUEUED when its worker stops before it is done and puts it back.
    _E.RUNNING: frozenset({_E.COMPLETED, _E.FAILED, _E.CANCELED, _E.QUEUED}),
    _E.FAILED: frozenset(),
    _E.COMPLETED: frozenset(),
    _E.CANCELED: frozenset(),
}

#: The statuses in which a job rests until a user acts. Ordered, for it is part of migrations.
FINAL = (_J.COMPLETED, _J.CANCELED, _J.FAILED)

#: The statuses in which an execution stays.
EXECUTION_FINAL = (_E.COMPLETED, _E.CANCELED, _E.FAILED)

Status = TypeVar("Status", JobStatus, ExecutionStatus)


def sources(target: Status) -> frozenset[Status]:
    """Return the statuses from which `target` may be reached."""
    # By type, not by a lookup: JobStatus.QUEUED and ExecutionStatus.QUEUED are equal strings.
    if isinstance(target, JobStatus):
        return frozenset(status for status, allowed in TRANSITIONS.items() if target in allowed)
    return frozenset(
        status for status, allowed in EXECUTION_TRANSITIONS.items() if target in allowed
    )
