"""Users, their tokens, and attempts at being one."""

import secrets
from datetime import timedelta

from django.contrib.auth.models import Group, User
from django.db import transaction

from scale.domain.times import now
from scale.errors import InvalidInput
from scale.models import Token
from scale.postgresql.statements import run
from scale.selectors.access import FAILURE_PERIOD_SECONDS, ROLES, hash_key


@transaction.atomic
def create_user(*, name: str, role: str, password: str | None = None) -> User:
    """Make a user of a role, or give an existing one that role and, if given, the password.

    An administrator may also use Django's admin.

    Raises:
        InvalidInput: there is no such role.
    """
    if role not in ROLES:
        raise InvalidInput(f"role: expected one of {', '.join(ROLES)}")
    user, _ = User.objects.get_or_create(username=name)
    user.is_active = True
    user.is_staff = user.is_superuser = role == "administrator"
    if password is not None:
        user.set_password(password)
    elif not user.password:
        user.set_unusable_password()
    user.save(update_fields=["is_active", "is_staff", "is_superuser", "password"])
    user.groups.set([Group.objects.get(name=role)])
    return user


@transaction.atomic
def create_token(user: User, *, name: str = "") -> str:
    """Make a key of a user and return it; it cannot be read again, only its hash is kept."""
    key = secrets.token_hex(32)
    Token.objects.create(user=user, name=name, key_hash=hash_key(key))
    return key


@transaction.atomic
def note_failed_sign_in(*subjects: str) -> None:
    """Count a failed sign-in of each of these; a count starts anew when its period is over.

    What is over is deleted, so there are never more rows than failures within a period.
    """
    present = now()
    run("DELETE FROM sign_in_failures WHERE expires <= %(now)s", {"now": present})
    run(
        """
        INSERT INTO sign_in_failures (key_hash, count, expires)
        SELECT key_hash, 1, %(expires)s FROM unnest(%(keys)s::text[]) AS key_hash ORDER BY key_hash
        ON CONFLICT (key_hash) DO UPDATE SET count = sign_in_failures.count + 1
        """,
        {
            "keys": [hash_key(subject) for subject in subjects],
            "expires": present + timedelta(seconds=FAILURE_PERIOD_SECONDS),
        },
    )
