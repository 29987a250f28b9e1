"""What causes jobs and recipes."""

from django.db import models
from django.db.models.fields.json import KeyTransform

from scale.domain.times import now
from scale.models.base import Stamped


class TriggerRule(Stamped):
    """A standing order to queue a job or recipe for matching files (contract 3.9)."""

    type = models.CharField(max_length=50)
    name = models.CharField(max_length=100, default="")
    is_active = models.BooleanField(default=True)
    configuration = models.JSONField(default=dict)
    archived = models.DateTimeField(null=True)

    class Meta:
        db_table = "trigger_rule"

    def __str__(self) -> str:
        return self.name


class TriggerEvent(models.Model):
    """What caused a job or recipe."""

    type = models.CharField(max_length=50)
    rule = models.ForeignKey(TriggerRule, models.PROTECT, null=True)
    occurred = models.DateTimeField(default=now)
    description = models.JSONField(default=dict)

    class Meta:
        db_table = "trigger_event"
        indexes = [
            # A rule fires once for a file.
            models.Index(
                KeyTransform("file_id", "description"),
                condition=models.Q(rule__isnull=False),
                name="trigger_event_file",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.occurred}"
