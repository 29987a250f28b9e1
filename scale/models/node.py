"""Worker hosts and the scheduler's switch."""

from django.db import models

from scale.models.base import Stamped


class Node(Stamped):
    """A host that runs workers (contract 2.12)."""

    hostname = models.CharField(max_length=250, unique=True)
    port = models.IntegerField(null=True)
    #: Identity of the worker process that registered last.
    slave_id = models.CharField(max_length=250, default="")
    pause_reason = models.CharField(max_length=250, null=True)
    is_paused = models.BooleanField(default=False)
    is_paused_errors = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    archived = models.DateTimeField(null=True)
    #: Last sign of life.
    last_offer = models.DateTimeField(null=True)

    cpus = models.FloatField(default=0.0)
    #: MiB, as is `disk`.
    mem = models.FloatField(default=0.0)
    disk = models.FloatField(default=0.0)

    class Meta:
        db_table = "node"

    def __str__(self) -> str:
        return self.hostname


class Scheduler(models.Model):
    """The one row that says whether jobs may be started at all, and when dispatch last ran."""

    is_paused = models.BooleanField(default=False)
    hostname = models.CharField(max_length=250, null=True)
    #: Last turn of the feeder that beat drives.
    last_turn = models.DateTimeField(null=True)
    #: Last time the broker answered it.
    broker_seen = models.DateTimeField(null=True)

    class Meta:
        db_table = "scheduler"
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="scheduler_single_row"),
        ]

    def __str__(self) -> str:
        return "scheduler"
