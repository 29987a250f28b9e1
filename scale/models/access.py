"""Keys to the API, and who tried without one."""

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


class SignInFailures(models.Model):
    """How often signing in failed of late for one address or one user name."""

    #: SHA-256 of what is counted, in hex: people type passwords where the name belongs.
    key_hash = models.CharField(max_length=64, primary_key=True)
    count = models.PositiveIntegerField()
    #: When the count starts anew.
    expires = models.DateTimeField(db_index=True)

    class Meta:
        db_table = "sign_in_failures"

    def __str__(self) -> str:
        return f"{self.count} failures until {self.expires}"
