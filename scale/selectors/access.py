"""Who may do what: users by token, and their roles."""

import hashlib
import math
from typing import Any

from django.contrib.auth.models import AbstractBaseUser, AnonymousUser, User

from scale.domain.times import now
from scale.models import SignInFailures
from scale.postgresql.statements import run
from scale.selectors.rows import made_from

#: From least to most; each may do what those before it may (contract 1.1).
ROLES = ("viewer", "operator", "administrator")

#: So many failed sign-ins of one address or user name within the period are let pass.
MAX_FAILURES = 10
FAILURE_PERIOD_SECONDS = 300


def hash_key(key: str) -> str:
    """Return what is stored of a token's key."""
    return hashlib.sha256(key.encode()).hexdigest()


# Asked for each request: written out, since the ORM takes longer to compose it than PostgreSQL to
# answer it.
USER_BY_KEY = """
SELECT u.*, ARRAY(
    SELECT g.name FROM auth_user_groups m JOIN auth_group g ON g.id = m.group_id
    WHERE m.user_id = u.id) AS group_names
FROM token t JOIN auth_user u ON u.id = t.user_id
WHERE t.key_hash = %(hash)s AND u.is_active
"""


def find_user_by_key(key: str) -> tuple[User, str | None] | None:
    """Return the active user that a key belongs to, with the role, in one query."""
    for row in run(USER_BY_KEY, {"hash": hash_key(key)}):
        user = made_from(row, User)
        return user, _highest(user, row["group_names"])
    return None


def seconds_to_wait(*subjects: str) -> int:
    """Return for how long signing in is refused to any of these, 0 if it is not.

    A subject is an address or a user name with a word for which kind of signing in it is.
    """
    present = now()
    spent = SignInFailures.objects.filter(
        key_hash__in=[hash_key(subject) for subject in subjects],
        count__gte=MAX_FAILURES,
        expires__gt=present,
    ).order_by("-expires")
    latest = spent.values_list("expires", flat=True).first()
    return 0 if latest is None else math.ceil((latest - present).total_seconds())


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
