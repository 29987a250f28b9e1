"""Who is asking, and whether they may (contract 1.1)."""

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from rest_framework.authentication import (
    BaseAuthentication,
    SessionAuthentication,
    get_authorization_header,
)
from rest_framework.exceptions import AuthenticationFailed, Throttled
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from scale.conf import conf
from scale.selectors.access import ROLES, find_role, find_user_by_key, seconds_to_wait
from scale.services.access import note_failed_sign_in

if TYPE_CHECKING:  # DRF's views import this module when they load their settings
    from rest_framework.views import APIView

VIEWER, OPERATOR, ADMINISTRATOR = ROLES


class TokenAuthentication(BaseAuthentication):
    """Knows a user by `Authorization: Token <key>`; `request.auth` is then the user's role."""

    keyword = "Token"

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        """Return the user and the role, or None if another scheme is used.

        A good key always passes, so that nobody is kept out by a neighbour's bad one.

        Raises:
            AuthenticationFailed: no active user has this key.
            Throttled: the same, and the address has sent too many such keys.
        """
        scheme, _, key = get_authorization_header(request).partition(b" ")
        if scheme.lower() != self.keyword.lower().encode():
            return None
        found = find_user_by_key(key.strip().decode("latin-1"))
        if found is None:
            subject = f"token {client_address(request)}"
            if wait := seconds_to_wait(subject):
                raise Throttled(wait, "Too many bad tokens came from this address.")
            note_failed_sign_in(subject)
            raise AuthenticationFailed("The token is not valid.")
        user, role = found
        return user, role or ""

    def authenticate_header(self, request: Request) -> str:
        """Return the challenge that makes a refusal a 401."""
        return self.keyword


class RolePermission(BasePermission):
    """Lets a user call what the view's `roles` grant to the user's role or a lesser one."""

    def has_permission(self, request: Request, view: "APIView") -> bool:
        """Tell whether the user may; methods that the view lacks pass, to be answered 405."""
        if conf().auth_open or not hasattr(view, (request.method or "").lower()):
            return True
        if not request.user.is_authenticated:
            return False
        role = request.auth if isinstance(request.auth, str) else find_role(request.user)
        return role in ROLES and ROLES.index(role) >= ROLES.index(required_role(request, view))


def required_role(request: Request, view: "APIView") -> str:
    """Return the least role that may make this request."""
    roles: dict[str, str] = getattr(view, "roles", {})
    method = request.method or ""
    return roles.get(method, VIEWER if method in SAFE_METHODS else ADMINISTRATOR)


def client_address(request: HttpRequest | Request) -> str:
    """Return where a request comes from, as the proxy says where there is one (`SCALE_HTTPS`)."""
    # Only the last address is the proxy's word; what comes before it is the client's own.
    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "") if settings.HTTPS else ""
    return forwarded.rpartition(",")[2].strip() or str(request.META.get("REMOTE_ADDR", ""))


def authenticators() -> list[BaseAuthentication]:
    """Return how users are recognised; with open access nobody is asked."""
    return [] if conf().auth_open else [TokenAuthentication(), SessionAuthentication()]


def user_name(request: Request) -> str:
    """Return the name that events record (contract 1.1)."""
    user: Any = request.user
    return str(user.get_username()) if user.is_authenticated else "Anonymous"
