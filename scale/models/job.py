"""Requests to run a job type."""

from django.db import models
from django.db.models import Q

from scale.domain.lifecycle import FINAL, JobStatus
from scale.models.base import Stamped
from scale.models.error import Error
from scale.models.job_type import JobType, JobTypeRevision
from scale.models.trigger import TriggerEvent


class JobQuerySet(models.QuerySet["Job"]):
    """Jobs, by adjective."""

    def unfinished(self) -> "JobQuerySet":
        """Return the jobs whose status is not final."""
        return self.exclude(status__in=FINAL)


class Job(Stamped):
    """One request to run a job type on given input (contract 2.2, 4.2)."""

    job_type = models.ForeignKey(JobType, models.PROTECT, db_index=False)
    job_type_rev = models.ForeignKey(JobTypeRevision, models.PROTECT, db_index=False)
    # Without a constraint, which would search all jobs for each event that is pruned.
    event = models.ForeignKey(TriggerEvent, models.PROTECT, db_index=False, db_constraint=False)
    error = models.ForeignKey(Error, models.PROTECT, null=True, db_index=False)

    status = models.CharField(max_length=20, default=JobStatus.PENDING)
    priority = models.IntegerField()
    num_exes = models.IntegerField(default=0)
    timeout = models.IntegerField()
    max_tries = models.IntegerField()
    cpus_required = models.FloatField()
    #: MiB, as are the disk amounts.
    mem_required = models.FloatField()
    disk_in_required = models.FloatField(null=True)
    disk_out_required = models.FloatField(null=True)

    queued = models.DateTimeField(null=True)
    started = models.DateTimeField(null=True)
    ended = models.DateTimeField(null=True)
    last_status_change = models.DateTimeField(null=True)

    #: Job data document (contract 3.2); empty until the job has its data.
    data = models.JSONField(default=dict, db_default={})
    #: Job results document (contract 3.3); empty until COMPLETED.
    results = models.JSONField(default=dict, db_default={})
    #: What each new execution shows: the interface's arguments, properties filled in (6.2).
    command_arguments = models.TextField(default="", db_default="")

    objects = JobQuerySet.as_manager()

    class Meta:
        db_table = "job"
        indexes = [
            models.Index(fields=["last_modified", "id"], name="job_last_modified"),
            # Counts by type and status over a time are read off it; what it includes changes only
            # with the status, so that it is no further obstacle to updates in place.
            models.Index(
                fields=["last_status_change", "id"],
                include=["job_type", "status", "error"],
                name="job_last_status_change",
            ),
            # Sorted by type and priority, a type's jobs are read off it too.
            models.Index(
                fields=["job_type", "last_modified", "id"], include=["priority"], name="job_by_type"
            ),
            # COMPLETED, the great majority, is found along job_last_modified.
            models.Index(
                fields=["status", "last_modified", "id"],
                condition=~Q(status="COMPLETED"),
                name="job_by_status",
            ),
            # Few, so it costs the others nothing.
            models.Index(
                fields=["error", "last_modified", "id"],
                condition=Q(status="FAILED"),
                include=["job_type", "last_status_change"],
                name="job_failed",
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in JobStatus]),
                name="job_status_known",
            ),
            models.CheckConstraint(
                condition=Q(status__in=list(FINAL), ended__isnull=False)
                | (~Q(status__in=list(FINAL)) & Q(ended__isnull=True)),
                name="job_ended_when_final",
            ),
            models.CheckConstraint(
                condition=Q(status="FAILED", error__isnull=False)
                | (~Q(status="FAILED") & Q(error__isnull=True)),
                name="job_error_when_failed",
            ),
            models.CheckConstraint(condition=Q(num_exes__gte=0), name="job_num_exes"),
        ]

    def __str__(self) -> str:
        return f"job {self.pk}"
