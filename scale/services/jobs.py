"""Creating, queueing, canceling and requeueing jobs."""

import logging
from collections.abc import Collection, Iterable
from datetime import datetime

from scale.conf import conf
from scale.domain.command import queued_arguments
from scale.domain.interface import Interface
from scale.domain.job_data import JobData, check_job_data, disk_requirements
from scale.domain.lifecycle import JobStatus
from scale.domain.times import now as present
from scale.errors import InvalidInput, NotFound
from scale.log import log_event
from scale.models import (
    Job,
    JobType,
    JobTypeRevision,
    ScaleFile,
    TriggerEvent,
    Workspace,
)
from scale.selectors.files import list_files_by_id
from scale.selectors.job_types import find_job_type, load_interface, load_revision
from scale.selectors.jobs import JobDetails
from scale.services.feed import feeder
from scale.services.transitions import insert_queued_job
from scale.services.triggers import user_event

logger = logging.getLogger(__name__)

#: What every job gets at least (contract 2.2).
MIN_CPUS = 0.25
MIN_MEM_MIB = 128.0


class References:
    """Looks up the ids that a document names."""

    def known_files(self, ids: Collection[int]) -> set[int]:
        """Return those that are ids of files, deleted ones included (D11, D18)."""
        return set(ScaleFile.objects.filter(pk__in=ids).values_list("pk", flat=True))

    def active_workspaces(self, ids: Collection[int]) -> set[int]:
        """Return those that are ids of active workspaces (D15)."""
        active = Workspace.objects.filter(pk__in=ids, is_active=True)
        return set(active.values_list("pk", flat=True))


def find_active_job_type(job_type_id: int) -> JobType:
    """Return a job type that may get new jobs.

    Raises:
        NotFound: there is none with this id.
        InvalidInput: it is archived (contract 2.3.3).
    """
    job_type = find_job_type(job_type_id)
    if job_type is None:
        raise NotFound(f"There is no job type {job_type_id}.")
    if not job_type.is_active:
        raise InvalidInput(f"job_type_id: job type {job_type_id} is archived")
    return job_type


def queue_new_job(*, job_type_id: int, job_data: object, user: str) -> JobDetails:
    """Create a job for a user's request and put it on the queue (contract 2.3.3).

    Needs no transaction: what it inserts it inserts in one statement. Returns the job as it stands
    at the moment of queueing.

    Raises:
        NotFound: no such job type.
        InvalidInput: an archived type, or data that does not fit its interface.
    """
    now = present()
    job_type = find_active_job_type(job_type_id)
    revision = current_revision(job_type)
    data = check_job_data(job_data, load_interface(revision.pk), lookup=References())
    event = user_event(user=user, now=now)
    return queue_job(job_type=job_type, revision=revision, data=data, event=event, now=now)


def queue_job(
    *,
    job_type: JobType,
    revision: JobTypeRevision,
    data: JobData,
    event: TriggerEvent,
    now: datetime,
) -> JobDetails:
    """Create a stand-alone job with checked data, on the queue, and its event if that is new."""
    files = list_files_by_id(data.file_ids)
    job = new_job(job_type=job_type, revision=revision, event=event, now=now)
    give_data(job, data=data, interface=load_interface(revision.pk), files=files)
    job.status, job.num_exes = JobStatus.QUEUED, 1
    job.queued = job.last_status_change = now
    execution = insert_queued_job(job, lane=conf().lane(job.priority))
    log_event(logger, "job_queued", job_id=job.pk, execution_id=execution.pk)
    feeder.ask_on_commit()
    return JobDetails(job, input_files=files, executions=[execution])


def current_revision(job_type: JobType) -> JobTypeRevision:
    """Return the revision that a type's present interface is, for reading only."""
    return load_revision(job_type.pk, job_type.revision_num)


def new_job(
    *, job_type: JobType, revision: JobTypeRevision, event: TriggerEvent, now: datetime
) -> Job:
    """Return an unsaved PENDING job with what it copies from its type (contract 4.2)."""
    return Job(
        job_type=job_type,
        job_type_rev=revision,
        event=event,
        priority=job_type.priority,
        timeout=job_type.timeout,
        max_tries=job_type.max_tries,
        cpus_required=max(job_type.cpus_required, MIN_CPUS),
        mem_required=max(job_type.mem_required, MIN_MEM_MIB),
        created=now,
        last_modified=now,
    )


def give_data(job: Job, *, data: JobData, interface: Interface, files: Iterable[ScaleFile]) -> None:
    """Set what a job derives from its data: disk amounts and the arguments shown (3.2, 6.2)."""
    job.data = data.stored()
    job.disk_in_required, job.disk_out_required = disk_requirements(
        [file.file_size for file in files],
        job.job_type.disk_out_mult_required,
        job.job_type.disk_out_const_required,
    )
    properties = {
        name: _property(data, name)
        for name, item in interface.inputs.items()
        if item.type == "property"
    }
    job.command_arguments = queued_arguments(interface.command_arguments, properties)


def _property(data: JobData, name: str) -> str | None:
    value = data.inputs.get(name)
    return value if isinstance(value, str) else None
