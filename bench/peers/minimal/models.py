"""Scale's three tables of a new job, in a copy of its database, as far as inserting takes."""

from django.db import models
from django.utils import timezone


class TriggerEvent(models.Model):
    """What caused the job."""

    type = models.CharField(max_length=50)
    occurred = models.DateTimeField(default=timezone.now)
    description = models.JSONField(default=dict)

    class Meta:
        db_table = "trigger_event"
        managed = False


class Job(models.Model):
    """The job."""

    job_type_id = models.BigIntegerField()
    job_type_rev_id = models.BigIntegerField()
    event = models.ForeignKey(TriggerEvent, models.PROTECT)
    status = models.CharField(max_length=20)
    priority = models.IntegerField(default=100)
    num_exes = models.IntegerField(default=1)
    timeout = models.IntegerField(default=1800)
    max_tries = models.IntegerField(default=3)
    cpus_required = models.FloatField(default=1.0)
    mem_required = models.FloatField(default=128.0)
    disk_in_required = models.FloatField(default=0.0)
    disk_out_required = models.FloatField(default=64.0)
    created = models.DateTimeField(default=timezone.now)
    queued = models.DateTimeField(default=timezone.now)
    last_status_change = models.DateTimeField(default=timezone.now)
    last_modified = models.DateTimeField(default=timezone.now)
    data = models.JSONField(default=dict)

    class Meta:
        db_table = "job"
        managed = False


class JobExecution(models.Model):
    """Its first attempt."""

    job = models.ForeignKey(Job, models.PROTECT)
    exe_num = models.IntegerField(default=1)
    status = models.CharField(max_length=20)
    timeout = models.IntegerField(default=1800)
    command_arguments = models.TextField(default="")
    job_type_id = models.BigIntegerField()
    priority = models.IntegerField(default=100)
    lane = models.SmallIntegerField(default=5)
    created = models.DateTimeField(default=timezone.now)
    queued = models.DateTimeField(default=timezone.now)
    last_modified = models.DateTimeField(default=timezone.now)

    class Meta:
        db_table = "job_exe"
        managed = False
