"""Keys to the API."""

from django.conf import settings
from django.db import models

from scale.domain.times import now


class Token(models.Model):
    """A key of a user, stored as a hash only."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
    name = models.CharField(max_length=100, default="", blank=True)
    #: SHA-256 of the key, in hex; the key has 256 random bits, so no salt is needed.
    key_hash = models.CharField(max_length=64, unique=True)
    created = models.DateTimeField(default=now)

    class Meta:
        db_table = "token"

    def __str__(self) -> str:
        return f"token {self.name or self.pk} of {self.user}"
