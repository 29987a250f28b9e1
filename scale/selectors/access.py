"""Who may do what: users by token, and their roles."""

import hashlib
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User
from django.contrib.postgres.aggregates import ArrayAgg

from scale.models import Token

#: From least to most; each may do what those before it may (contract 1.1).
ROLES = ("viewer", "operator", "administrator")


def hash_key(key: str) -> str:
    """Return what is stored of a token's key."""
    return hashlib.sha256(key.encode()).hexdigest()


def find_user_by_key(key: str) -> tuple[User, str | None] | None:
    """Return the active user that a key belongs to, with the role, in one query."""
    token = (
        Token.objects.select_related("user")
        .annotate(groups=ArrayAgg("user__groups__name", default=[]))
        .filter(key_hash=hash_key(key), user__is_active=True)
        .first()
    )
    if token is None:
        return None
    return token.user, _highest(token.user, token.groups)


def find_role(user: AbstractBaseUser | AnonymousUser) -> str | None:
    """Return the highest role of a user, None without any."""
    if not isinstance(user, User):
        return None
    return _highest(user, user.groups.values_list("name", flat=True))


def _highest(user: User, groups: Any) -> str | None:
    if user.is_superuser:
        return ROLES[-1]
    names = set(groups)
    return next((role for role in reversed(ROLES) if role in names), None)
