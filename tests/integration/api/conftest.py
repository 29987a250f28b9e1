"""A client of the API that speaks JSON, per role."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from scale.services.access import create_token, create_user


class Api:
    """Calls the API as somebody; answers are Django's responses with `.json()`."""

    def __init__(self, token: str | None = None) -> None:
        headers = {"Authorization": f"Token {token}"} if token else {}
        self._client = Client(headers=headers, raise_request_exception=False)

    def get(self, path: str, **query: Any) -> HttpResponse:
        return self._client.get(path, query)

    def post(self, path: str, body: Any = None, **options: Any) -> HttpResponse:
        return self._send("post", path, body, **options)

    def patch(self, path: str, body: Any = None, **options: Any) -> HttpResponse:
        return self._send("patch", path, body, **options)

    def put(self, path: str, body: Any = None, **options: Any) -> HttpResponse:
        return self._send("put", path, body, **options)

    def send(self, method: str, path: str) -> HttpResponse:
        return self._client.generic(method, path)

    def _send(self, method: str, path: str, body: Any, **options: Any) -> HttpResponse:
        options.setdefault("content_type", "application/json")
        data = body if isinstance(body, str | bytes) else json.dumps(body)
        return getattr(self._client, method)(path, data, **options)


@pytest.fixture
def as_role(db: None) -> Callable[[str], Api]:
    """Return a function that makes a client of a role."""

    def make(role: str) -> Api:
        return Api(create_token(create_user(name=role, role=role)))

    return make


@pytest.fixture
def api(as_role: Callable[[str], Api]) -> Api:
    """Return a client of an administrator."""
    return as_role("administrator")


@pytest.fixture
def nobody(db: None) -> Api:
    """Return a client without credentials."""
    return Api()


@pytest.fixture
def open_access(settings: Any) -> None:
    """Ask nobody who they are."""
    settings.SCALE = replace(settings.SCALE, auth_open=True)
