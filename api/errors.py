"""Failures as HTTP answers: every one is a status and `{"detail": text}` (contract 1.6)."""

import logging
import sys
from typing import Any

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, JsonResponse, UnreadablePostError
from django.views.decorators.csrf import csrf_exempt
from rest_framework import status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from api.inputs import flatten
from scale.errors import InvalidInput, InvalidTransition, NotFound, ScaleError

logger = logging.getLogger(__name__)

RETRY_AFTER_SECONDS = 5

STATUSES: dict[type[ScaleError], int] = {
    InvalidInput: status.HTTP_400_BAD_REQUEST,
    InvalidTransition: status.HTTP_400_BAD_REQUEST,
    NotFound: status.HTTP_404_NOT_FOUND,
}
OUTAGES = (OperationalError, InterfaceError)
AWAY = "The database cannot be reached; try again shortly."
TOO_BIG = "The body is longer than this server accepts."


def handle(exc: Exception, context: dict[str, Any]) -> Response | None:
    """Answer an exception from a view; None lets an unforeseen one through, loudly."""
    for kind, code in STATUSES.items():
        if isinstance(exc, kind):
            return Response({"detail": str(exc)}, code)
    if isinstance(exc, OUTAGES):
        logger.error("database_unreachable reason=%r", str(exc))
        return Response(
            {"detail": AWAY},
            status.HTTP_503_SERVICE_UNAVAILABLE,
            headers={"Retry-After": str(RETRY_AFTER_SECONDS)},
        )
    if isinstance(exc, RequestDataTooBig):
        return Response({"detail": TOO_BIG}, status.HTTP_413_REQUEST_ENTITY_TOO_LARGE)
    if isinstance(exc, SuspiciousOperation | UnreadablePostError):
        return Response({"detail": "The request is malformed."}, status.HTTP_400_BAD_REQUEST)
    response = exception_handler(exc, context)
    if response is not None:
        response.data = {"detail": _text(response.data)}
    return response


def _text(data: Any) -> str:
    if isinstance(data, dict) and set(data) == {"detail"}:
        return str(data["detail"])
    return "; ".join(flatten(data))


def _answer(code: int, detail: str) -> JsonResponse:
    return JsonResponse({"detail": detail}, status=code)


@csrf_exempt
def unknown_path(request: HttpRequest) -> JsonResponse:
    """Answer a path that is no endpoint; paths end with a slash (contract 1.1)."""
    return _answer(404, "There is no such path.")


def bad_request(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Answer a request that Django itself refuses."""
    if isinstance(exception, RequestDataTooBig):
        return _answer(413, TOO_BIG)
    return _answer(400, "The request is malformed.")


def permission_denied(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Answer a request that its user may not make."""
    return _answer(403, "You may not do that.")


def csrf_failure(request: HttpRequest, reason: str = "") -> JsonResponse:
    """Answer a form that did not come from a page of this site."""
    return _answer(403, f"The request could not be verified. {reason}".strip())


def not_found(request: HttpRequest, exception: Exception) -> JsonResponse:
    """Answer a page of the admin that does not exist."""
    return _answer(404, "There is no such path.")


def server_error(request: HttpRequest) -> JsonResponse:
    """Answer a failure nobody foresaw, or a database outage outside a view."""
    if isinstance(sys.exception(), OUTAGES):
        response = _answer(503, AWAY)
        response["Retry-After"] = str(RETRY_AFTER_SECONDS)
        return response
    return _answer(500, "Something went wrong in Scale; its log says what.")
