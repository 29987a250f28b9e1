"""What all of Scale's tables share."""

from django.db import models

from scale.domain.times import now


class Stamped(models.Model):
    """A row that knows when it was made and last changed; services write both."""

    created = models.DateTimeField(default=now)
    last_modified = models.DateTimeField(default=now)

    class Meta:
        abstract = True
