"""Job load over time."""

from django.db import models

from scale.models.job_type import JobType


class JobLoad(models.Model):
    """How many jobs of a type were waiting and running at an instant (contract 4.11)."""

    #: Null in the placeholder row of an idle system.
    job_type = models.ForeignKey(JobType, models.CASCADE, null=True, db_index=False)
    measured = models.DateTimeField()
    pending_count = models.IntegerField()
    queued_count = models.IntegerField()
    running_count = models.IntegerField()
    #: The average of an hour's samples, at the hour's beginning.
    is_hourly = models.BooleanField(default=False, db_default=False)
    #: One row of each sample: counting these counts samples.
    is_first = models.BooleanField(default=False, db_default=False)

    class Meta:
        db_table = "job_load"
        indexes = [
            models.Index(
                fields=["measured"], condition=models.Q(is_first=True), name="job_load_sample"
            ),
            # One type's curve.
            models.Index(fields=["job_type", "measured"], name="job_load_by_type"),
            # Where rolling up goes on.
            models.Index(
                fields=["measured"], condition=models.Q(is_hourly=False), name="job_load_to_roll_up"
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["measured", "job_type"], nulls_distinct=False, name="job_load_once"
            ),
        ]

    def __str__(self) -> str:
        return f"load at {self.measured}"
