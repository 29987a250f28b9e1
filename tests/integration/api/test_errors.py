from collections.abc import Callable
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError
from django.test import Client

from api.errors import STATUSES
from scale.errors import ScaleError
from scale.selectors import access
from tests.integration.api.conftest import Api


def raising(exc: Exception) -> Callable[..., Any]:
    def fail(*_: Any, **__: Any) -> Any:
        raise exc

    return fail


def test_every_error_of_scale_has_a_status() -> None:
    assert set(STATUSES) == set(ScaleError.__subclasses__())


@pytest.mark.parametrize("kind", [OperationalError, InterfaceError])
def test_database_outage_is_503_with_retry_after(
    nobody: Api, monkeypatch: pytest.MonkeyPatch, kind: type[Exception]
) -> None:
    monkeypatch.setattr("api.views.system.check_database", raising(kind("secret dsn")))

    response = nobody.get("/health/")

    assert response.status_code == 503
    assert int(response["Retry-After"]) > 0
    assert set(response.json()) == {"detail"}
    assert b"secret" not in response.content


def test_database_outage_while_asking_who_it_is_is_503(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(access, "run", raising(OperationalError()))

    assert api.get("/jobs/").status_code == 503


def test_unforeseen_failure_is_500_and_says_nothing_of_it(
    nobody: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.views.system.check_database", raising(KeyError("secret")))

    response = nobody.get("/health/")

    assert response.status_code == 500
    assert set(response.json()) == {"detail"}
    assert b"secret" not in response.content


@pytest.mark.parametrize(
    "path", ["/", "/x/", "/v3/jobs/", "/jobs", "/jobs/1", "/jobs//", "/a%0Ab/"]
)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_unknown_path_is_404(api: Api, path: str, method: str) -> None:
    response = api.send(method, path)

    assert response.status_code == 404
    assert set(response.json()) == {"detail"}


def test_accept_that_cannot_be_met_is_406(api: Api) -> None:
    response = api._client.get("/jobs/", headers={"accept": "text/html"})

    assert response.status_code == 406
    assert set(response.json()) == {"detail"}


@pytest.mark.parametrize("accept", ["*/*", "application/json", "text/html, */*;q=0.1"])
def test_accept_that_takes_json_is_met(api: Api, accept: str) -> None:
    assert api._client.get("/jobs/", headers={"accept": accept}).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "NONSENSE"])
def test_method_not_offered_is_405_with_allow(api: Api, method: str) -> None:
    response = api.send(method, "/jobs/")

    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD"
    assert set(response.json()) == {"detail"}


def test_unknown_host_is_400(db: None) -> None:
    response = Client(raise_request_exception=False).get("/health/", headers={"host": "evil"})

    assert response.status_code == 400
    assert set(response.json()) == {"detail"}


def test_page_of_the_admin_that_does_not_exist_is_404(api: Api) -> None:
    assert api.send("GET", "/admin/nonsense/").status_code in {302, 404}
