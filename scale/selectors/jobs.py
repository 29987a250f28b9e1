"""Reading jobs."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import chain
from typing import Any

from django.db.models import QuerySet

from scale.domain.interface import Interface
from scale.domain.job_data import JobData, read_job_data
from scale.domain.lifecycle import JobStatus
from scale.errors import NotFound
from scale.models import Error, Job, JobExecution, JobType, Recipe, ScaleFile
from scale.selectors.files import list_files_by_id
from scale.selectors.filters import narrow, narrow_types
from scale.selectors.job_types import load_interface, load_interfaces, with_job_type

#: Columns that lists never load.
LARGE = ("data", "results", "command_arguments", "job_type_rev__interface", "event__description")
#: Columns that lists do not show.
ERROR_HIDDEN = ("error__created", "error__last_modified")
HIDDEN = ("job_type_rev__created", *ERROR_HIDDEN)
#: Columns of an execution that lists never load, nor the details of its job.
EXECUTION_HIDDEN = ("results", "results_manifest", "dispatched", "worker", "lease_expires")


@dataclass
class JobDetails:
    """A job with everything its details show (contract 2.2), in a fixed number of queries."""

    job: Job
    input_files: Sequence[ScaleFile] = ()
    recipes: Sequence[Recipe] = ()
    #: Newest first.
    executions: Sequence[JobExecution] = ()
    products: Sequence[ScaleFile] = field(default_factory=list)

    @cached_property
    def interface(self) -> Interface:
        """Return the interface the job was created with."""
        return load_interface(self.job.job_type_rev_id)

    @cached_property
    def job_data(self) -> JobData:
        """Return the job's data, read against its interface."""
        return read_job_data(self.job.data, self.interface)


def list_jobs(
    *,
    started: datetime | None = None,
    ended: datetime | None = None,
    status: str | None = None,
    job_id: Sequence[int] | None = None,
    job_type_id: Sequence[int] | None = None,
    job_type_name: Sequence[str] | None = None,
    job_type_category: Sequence[str] | None = None,
    error_category: Sequence[str] | None = None,
) -> QuerySet[Job]:
    """Return jobs as lists show them: related rows joined, large columns left out.

    `started` and `ended` are about last_modified (contract 1.5).
    """
    rows = narrow(
        Job.objects.select_related("job_type_rev", "event", "error")
        .prefetch_related(with_job_type("job_type"))
        .defer(*LARGE, *HIDDEN),
        last_modified__gte=started,
        last_modified__lte=ended,
        status=status,
        pk__in=job_id,
        job_type__in=job_type_id,
    )
    if error_category:
        errors = Error.objects.filter(category__in=error_category).values_list("pk", flat=True)
        # Only what is FAILED has an error, and that is indexed.
        rows = rows.filter(status=JobStatus.FAILED, error__in=list(errors))
    return narrow_types(
        rows, JobType, "job_type", name__in=job_type_name, category__in=job_type_category
    )


def split_by_change(
    order: Sequence[str],
    *,
    started: datetime | None = None,
    ended: datetime | None = None,
    **filters: Any,
) -> list[QuerySet[Job]]:
    """Return a time range's jobs that are sorted by last_status_change in parts along its index.

    The range is about last_modified, which moves with the status and with nothing else (contract
    4.2). So it is that of last_status_change too, but for jobs that never changed it: they have
    none and come last, or first in reverse. Otherwise sorted, or without a range: no parts.
    """
    column = "last_status_change"
    if order[0].removeprefix("-") != column or (started is None and ended is None):
        return []
    changed = narrow(
        list_jobs(**filters), last_status_change__gte=started, last_status_change__lte=ended
    )
    never = list_jobs(started=started, ended=ended, **filters).filter(last_status_change=None)
    parts = [changed, never] if order[0] == column else [never, changed]
    return [part.order_by(*order) for part in parts]


def get_job_details(job_id: int) -> JobDetails:
    """Return a job with its files, recipes, executions and products.

    Raises:
        NotFound: there is no such job.
    """
    job = (
        Job.objects.select_related("job_type", "job_type_rev", "event__rule", "error")
        .filter(pk=job_id)
        .first()
    )
    if job is None:
        raise NotFound(f"There is no job {job_id}.")
    details = JobDetails(job)
    details.input_files = list_files_by_id(details.job_data.file_ids)
    if job.num_exes:
        details.executions = list(
            JobExecution.objects.filter(job=job).defer(*EXECUTION_HIDDEN).order_by("-exe_num")
        )
        details.products = list(job.products.select_related("workspace").order_by("id"))
    details.recipes = list(
        Recipe.objects.filter(recipe_jobs__job=job)
        .select_related("recipe_type", "recipe_type_rev", "event")
        .defer("data", "recipe_type__definition", "recipe_type_rev__definition")
    )
    return details


def find_input_files(jobs: Iterable[Job]) -> dict[int, list[ScaleFile]]:
    """Return the input files of jobs, by job id, in a fixed number of queries."""
    revisions = {job.pk: job.job_type_rev_id for job in jobs}
    interfaces = load_interfaces(revisions.values())
    file_ids = {
        job_id: read_job_data(data, interfaces[revisions[job_id]]).file_ids
        for job_id, data in find_jobs_data(revisions).items()
    }
    files = {file.pk: file for file in list_files_by_id(chain.from_iterable(file_ids.values()))}
    return {
        job_id: [files[one] for one in sorted(ids) if one in files]
        for job_id, ids in file_ids.items()
    }


def find_jobs_data(job_ids: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return the data documents of jobs, by job id."""
    return dict(Job.objects.filter(pk__in=list(job_ids)).values_list("pk", "data"))
