"""What can be run."""

from django.db import models
from django.db.models import Q

from scale.models.base import Stamped
from scale.models.trigger import TriggerRule


class JobType(Stamped):
    """A versioned command with its inputs, outputs and limits (contract 2.4)."""

    name = models.CharField(max_length=50)
    version = models.CharField(max_length=50)
    title = models.CharField(max_length=50, null=True)
    description = models.TextField(null=True)
    category = models.CharField(max_length=50, null=True)
    author_name = models.CharField(max_length=50, null=True)
    author_url = models.TextField(null=True)

    is_system = models.BooleanField(default=False)
    is_long_running = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    is_operational = models.BooleanField(default=True)
    is_paused = models.BooleanField(default=False)
    icon_code = models.CharField(max_length=20, null=True)

    docker_privileged = models.BooleanField(default=False)
    docker_image = models.CharField(max_length=500, null=True)
    interface = models.JSONField(default=dict)
    error_mapping = models.JSONField(default=dict)
    revision_num = models.IntegerField(default=1)
    trigger_rule = models.ForeignKey(TriggerRule, models.PROTECT, null=True)

    #: Lower is more urgent.
    priority = models.IntegerField(default=100)
    max_scheduled = models.IntegerField(null=True)
    #: Seconds from an execution's start.
    timeout = models.IntegerField(default=1800)
    max_tries = models.IntegerField(default=3)
    cpus_required = models.FloatField(default=1.0)
    #: MiB, as are the disk amounts.
    mem_required = models.FloatField(default=64.0)
    disk_out_const_required = models.FloatField(default=64.0)
    disk_out_mult_required = models.FloatField(default=0.0)

    archived = models.DateTimeField(null=True)
    paused = models.DateTimeField(null=True)

    class Meta:
        db_table = "job_type"
        constraints = [
            models.UniqueConstraint(fields=["name", "version"], name="job_type_name_version"),
            models.CheckConstraint(
                condition=Q(max_tries__gte=1, timeout__gte=0), name="job_type_limits"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"

    @property
    def uses_docker(self) -> bool:
        """Tell whether the command runs in a container (contract 8, rule 27)."""
        return bool(self.docker_image)


class JobTypeRevision(models.Model):
    """An immutable snapshot of a job type's interface."""

    job_type = models.ForeignKey(JobType, models.PROTECT, related_name="revisions")
    revision_num = models.IntegerField()
    interface = models.JSONField()
    created = models.DateTimeField()

    class Meta:
        db_table = "job_type_revision"
        constraints = [
            models.UniqueConstraint(
                fields=["job_type", "revision_num"], name="job_type_revision_num"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job_type_id} r{self.revision_num}"
