"""Job load over time."""

from django.db import models

from scale.models.job_type import JobType


class JobLoad(models.Model):
    """How many jobs of a type were waiting and running at an instant (contract 4.11)."""

    #: Null in the placeholder row of an idle system.
    job_type = models.ForeignKey(JobType, models.CASCADE, null=True)
    measured = models.DateTimeField()
    pending_count = models.IntegerField()
    queued_count = models.IntegerField()
    running_count = models.IntegerField()

    class Meta:
        db_table = "job_load"
        constraints = [
            models.UniqueConstraint(
                fields=["measured", "job_type"], nulls_distinct=False, name="job_load_once"
            ),
        ]

    def __str__(self) -> str:
        return f"load at {self.measured}"
