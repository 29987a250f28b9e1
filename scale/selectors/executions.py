"""Reading job executions."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from scale.domain.lifecycle import EXECUTION_FINAL, ExecutionStatus
from scale.errors import NotFound
from scale.models import ExecutionLog, Job, JobExecution, JobType, Node
from scale.selectors.filters import narrow, narrow_types, unshown
from scale.selectors.job_types import LARGE as JOB_TYPE_LARGE
from scale.selectors.job_types import with_job_type
from scale.selectors.jobs import ERROR_HIDDEN, EXECUTION_HIDDEN, LARGE

_JOB_SHOWN = ("job_type", "job_type_rev", "event", "error", "status", "priority", "num_exes")
_HIDDEN = (
    *EXECUTION_HIDDEN,
    *unshown("job", Job, *_JOB_SHOWN),
    *unshown("node", Node, "hostname", "port", "slave_id"),
    *ERROR_HIDDEN,
)
#: What an execution and its job have in common.
_JOBS_OWN = re.compile(r"(-?)job__(job_type(?:__.+)?$|priority$)")
_DETAILS_LARGE = (
    *(f"job__{name}" for name in LARGE),
    *(f"job__job_type__{name}" for name in JOB_TYPE_LARGE),
)


@dataclass(frozen=True, slots=True)
class ExecutionLogs:
    """What an execution's steps printed so far; None where nothing was."""

    execution: JobExecution
    stdout: str | None
    stderr: str | None

    @property
    def is_finished(self) -> bool:
        """Tell whether no more output can come."""
        return self.execution.status in EXECUTION_FINAL


def list_executions(
    *,
    started: datetime | None = None,
    ended: datetime | None = None,
    status: str | None = None,
    job_type_id: Sequence[int] | None = None,
    job_type_name: Sequence[str] | None = None,
    job_type_category: Sequence[str] | None = None,
    node_id: Sequence[int] | None = None,
) -> QuerySet[JobExecution]:
    """Return executions as lists show them, by last_modified between started and ended (2.6)."""
    rows = narrow(
        JobExecution.objects.select_related("job", "node", "error")
        .prefetch_related(with_job_type("job__job_type"))
        .defer(*_HIDDEN),
        last_modified__gte=started,
        last_modified__lte=ended,
        status=status,
        job_type__in=job_type_id,
        node__in=node_id,
    )
    return narrow_types(
        rows, JobType, "job_type", name__in=job_type_name, category__in=job_type_category
    )


def order_executions(rows: QuerySet[JobExecution], order: Sequence[str]) -> QuerySet[JobExecution]:
    """Return executions in an order; type and priority of their jobs are read off themselves."""
    return rows.order_by(*(_JOBS_OWN.sub(r"\1\2", name) for name in order))


def get_execution_details(execution_id: int) -> JobExecution:
    """Return an execution with its job as lists show it, its node, error and results.

    Raises:
        NotFound: there is no such execution.
    """
    execution = (
        JobExecution.objects.select_related(
            "job__job_type", "job__job_type_rev", "job__event", "job__error", "node", "error"
        )
        .defer(*_DETAILS_LARGE)
        .filter(pk=execution_id)
        .first()
    )
    if execution is None:
        raise NotFound(f"There is no job execution {execution_id}.")
    return execution


def get_execution_logs(execution_id: int) -> ExecutionLogs:
    """Return what an execution printed so far, its steps' output one after the other (2.6).

    Raises:
        NotFound: there is no such execution.
    """
    execution = list_executions().filter(pk=execution_id).first()
    if execution is None:
        raise NotFound(f"There is no job execution {execution_id}.")
    texts: dict[str, list[str]] = {}
    chunks = ExecutionLog.objects.filter(execution=execution_id).order_by("seq")
    for stream, text in chunks.values_list("stream", "text"):
        texts.setdefault(stream, []).append(text)
    streams = {stream: "".join(parts) for stream, parts in texts.items()}
    return ExecutionLogs(
        execution,
        streams.get(ExecutionLog.Stream.STDOUT),
        streams.get(ExecutionLog.Stream.STDERR),
    )


def find_latest_executions(job_ids: Iterable[int]) -> dict[int, JobExecution]:
    """Return the newest execution of each job that has one, by job id."""
    newest = (
        JobExecution.objects.filter(job__in=list(job_ids))
        .defer(*EXECUTION_HIDDEN)
        .order_by("job_id", "-exe_num")
        .distinct("job_id")
    )
    return {execution.job_id: execution for execution in newest}


def find_outcomes(worker: str, execution_ids: Iterable[int]) -> dict[int, bool]:
    """Return, for those executions that a worker was the last to own, whether they COMPLETED."""
    rows = JobExecution.objects.filter(pk__in=list(execution_ids), worker=worker)
    return {
        pk: status == ExecutionStatus.COMPLETED for pk, status in rows.values_list("pk", "status")
    }


def list_running_executions(node_ids: Iterable[int]) -> QuerySet[JobExecution]:
    """Return what runs on these nodes, as lists show it."""
    return (
        list_executions(status=ExecutionStatus.RUNNING, node_id=list(node_ids))
        .exclude(node=None)
        .order_by("started", "id")
    )
