"""Users and their tokens."""

import secrets

from django.contrib.auth.models import Group, User
from django.db import transaction

from scale.errors import InvalidInput
from scale.models import Token
from scale.selectors.access import ROLES, hash_key


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
