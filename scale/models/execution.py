"""Attempts at jobs; those with status QUEUED are the queue."""

from django.db import models
from django.db.models import Q

from scale.domain.lifecycle import ExecutionStatus
from scale.domain.times import now
from scale.models.error import Error
from scale.models.job import Job
from scale.models.job_type import JobType
from scale.models.node import Node

UNFINISHED = Q(status__in=["QUEUED", "RUNNING"])
FINISHED = Q(status__in=["FAILED", "COMPLETED", "CANCELED"])


class JobExecution(models.Model):
    """One attempt at a job (contract 4.3); never reused, fenced by its id."""

    # Inserted by statements that insert or lock its job. A trigger keeps a job with executions from
    # being deleted: to check each row takes an eighth of the time of a large requeue
    # (docs/decisions/0022).
    job = models.ForeignKey(
        Job, models.PROTECT, related_name="executions", db_index=False, db_constraint=False
    )
    exe_num = models.IntegerField()
    status = models.CharField(max_length=20, default=ExecutionStatus.QUEUED)
    error = models.ForeignKey(Error, models.PROTECT, null=True, db_index=False)
    timeout = models.IntegerField()
    command_arguments = models.TextField(default="")

    # Those of the job, for claiming, the queue's pages and lists. The job's own constraint holds
    # for both, and to check each again takes a tenth of the time of a large requeue.
    job_type = models.ForeignKey(JobType, models.PROTECT, db_index=False, db_constraint=False)
    priority = models.IntegerField()
    lane = models.SmallIntegerField()

    #: When a message was last published for it; null while it waits outside the broker.
    dispatched = models.DateTimeField(null=True)
    node = models.ForeignKey(Node, models.PROTECT, null=True, db_index=False)
    #: Identity of the worker process that claimed it: its owner while RUNNING.
    worker = models.CharField(max_length=250, null=True)
    #: The owner counts as lost after this instant, by the database's clock.
    lease_expires = models.DateTimeField(null=True)

    created = models.DateTimeField(default=now)
    queued = models.DateTimeField(default=now)
    started = models.DateTimeField(null=True)
    pre_started = models.DateTimeField(null=True)
    pre_completed = models.DateTimeField(null=True)
    pre_exit_code = models.IntegerField(null=True)
    job_started = models.DateTimeField(null=True)
    job_completed = models.DateTimeField(null=True)
    job_exit_code = models.IntegerField(null=True)
    post_started = models.DateTimeField(null=True)
    post_completed = models.DateTimeField(null=True)
    post_exit_code = models.IntegerField(null=True)
    ended = models.DateTimeField(null=True)
    last_modified = models.DateTimeField(default=now)

    cpus_scheduled = models.FloatField(null=True)
    mem_scheduled = models.FloatField(null=True)
    disk_in_scheduled = models.FloatField(null=True)
    disk_out_scheduled = models.FloatField(null=True)

    results = models.JSONField(default=dict, db_default={})
    results_manifest = models.JSONField(default=dict, db_default={})

    class Meta:
        db_table = "job_exe"
        indexes = [
            models.Index(fields=["last_modified", "id"], name="job_exe_last_modified"),
            models.Index(
                fields=["job_type", "last_modified", "id"],
                include=["status", "priority"],
                name="job_exe_by_type",
            ),
            models.Index(
                fields=["node", "last_modified", "id"],
                condition=Q(node__isnull=False),
                name="job_exe_by_node",
            ),
            # COMPLETED, the great majority, is found along job_exe_last_modified.
            models.Index(
                fields=["status", "last_modified", "id"],
                condition=~Q(status="COMPLETED"),
                name="job_exe_by_status",
            ),
            # What a claim takes next.
            models.Index(
                fields=["priority", "queued", "id"],
                condition=Q(status="QUEUED", dispatched__isnull=False),
                include=["lane"],
                name="job_exe_claimable",
            ),
            # What the feeder publishes next, by type and lane.
            models.Index(
                fields=["job_type", "lane", "priority", "queued", "id"],
                condition=Q(status="QUEUED", dispatched__isnull=True),
                name="job_exe_feedable",
            ),
            models.Index(
                fields=["job_type"], condition=Q(status="RUNNING"), name="job_exe_running"
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["job", "exe_num"], name="job_exe_num"),
            models.UniqueConstraint(
                fields=["job"], condition=UNFINISHED, name="job_exe_one_unfinished"
            ),
            models.CheckConstraint(
                condition=Q(status__in=[status.value for status in ExecutionStatus]),
                name="job_exe_status_known",
            ),
            models.CheckConstraint(
                condition=(FINISHED & Q(ended__isnull=False))
                | (UNFINISHED & Q(ended__isnull=True)),
                name="job_exe_ended_when_final",
            ),
            models.CheckConstraint(
                condition=~Q(status="QUEUED")
                | Q(started__isnull=True, worker__isnull=True, lease_expires__isnull=True),
                name="job_exe_queued_unowned",
            ),
            models.CheckConstraint(
                condition=~Q(status="RUNNING")
                | Q(
                    started__isnull=False,
                    node__isnull=False,
                    worker__isnull=False,
                    lease_expires__isnull=False,
                ),
                name="job_exe_running_owned",
            ),
            models.CheckConstraint(
                condition=Q(status="FAILED", error__isnull=False)
                | (~Q(status="FAILED") & Q(error__isnull=True)),
                name="job_exe_error_when_failed",
            ),
        ]

    def __str__(self) -> str:
        return f"execution {self.pk}"

    @property
    def disk_total_scheduled(self) -> float | None:
        """Return the disk amounts together, or None until RUNNING."""
        if self.disk_in_scheduled is None and self.disk_out_scheduled is None:
            return None
        return (self.disk_in_scheduled or 0.0) + (self.disk_out_scheduled or 0.0)


class ExecutionLog(models.Model):
    """A piece of what an execution's steps printed; in order of `seq` they are the stream."""

    class Stream(models.TextChoices):
        """The two output streams."""

        STDOUT = "stdout"
        STDERR = "stderr"

    execution = models.ForeignKey(
        JobExecution, models.CASCADE, db_column="job_exe_id", db_index=False
    )
    stream = models.CharField(max_length=6, choices=Stream.choices)
    seq = models.IntegerField()
    text = models.TextField()
    created = models.DateTimeField(default=now)

    class Meta:
        db_table = "job_exe_log"
        indexes = [
            models.Index(fields=["created"], name="job_exe_log_created"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["execution", "stream", "seq"], name="job_exe_log_seq"),
        ]

    def __str__(self) -> str:
        return f"{self.stream} of execution {self.execution_id}"
