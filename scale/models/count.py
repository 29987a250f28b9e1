"""How many jobs there are, kept beside them."""

from django.db import models

from scale.models.error import Error
from scale.models.job_type import JobType


class JobCount(models.Model):
    """How many jobs of a type came to a status, and left it again, in an hour or a day.

    Triggers of the table `job` add a row for what each statement changes (docs/decisions/0021):
    the sum of the rows is how many jobs there are. Without constraints, which each change of a
    status would have to check.
    """

    job_type = models.ForeignKey(JobType, models.DO_NOTHING, db_index=False, db_constraint=False)
    status = models.CharField(max_length=20)
    error = models.ForeignKey(
        Error, models.DO_NOTHING, null=True, db_index=False, db_constraint=False
    )
    #: Beginning of the hour, or day, of the jobs' last_status_change; null as that is.
    since = models.DateTimeField(null=True)
    #: Negative where more of them left than came.
    jobs = models.IntegerField()
    #: None of these jobs has a later last_status_change; null where jobs only left.
    latest = models.DateTimeField(null=True)

    class Meta:
        db_table = "job_count"

    def __str__(self) -> str:
        return f"{self.jobs} {self.status} jobs"
