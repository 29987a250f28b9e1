"""The catalogue of failures."""

from django.db import models

from scale.models.base import Stamped


class Error(Stamped):
    """A kind of failure that a job execution can end with (contract 2.11, 5)."""

    class Category(models.TextChoices):
        """Who is to blame; only SYSTEM failures are retried."""

        SYSTEM = "SYSTEM"
        ALGORITHM = "ALGORITHM"
        DATA = "DATA"

    name = models.CharField(max_length=50, unique=True)
    title = models.CharField(max_length=50, null=True)
    description = models.CharField(max_length=250, null=True)
    category = models.CharField(max_length=20, choices=Category.choices)
    is_builtin = models.BooleanField(default=False)

    class Meta:
        db_table = "error"
        indexes = [models.Index(fields=["last_modified", "id"], name="error_last_modified")]

    def __str__(self) -> str:
        return self.name
