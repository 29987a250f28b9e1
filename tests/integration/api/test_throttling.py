from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpResponse
from django.test import Client

from scale.domain.times import now
from scale.models import SignInFailures
from scale.selectors.access import FAILURE_PERIOD_SECONDS, MAX_FAILURES
from scale.services.access import create_token, create_user
from tests.integration.api.conftest import Api

PASSWORD = "correct horse battery staple"


def ask(key: str = "bad", address: str = "10.0.0.1", **headers: str) -> HttpResponse:
    headers["Authorization"] = f"Token {key}"
    return Client(headers=headers, REMOTE_ADDR=address).get("/jobs/")


def sign_in(name: str, word: str = "wrong", address: str = "10.0.0.1") -> HttpResponse:
    fields = {"username": name, "password": word}
    return Client(REMOTE_ADDR=address).post("/admin/login/?next=/admin/", fields)


def assert_throttled(response: HttpResponse) -> None:
    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= FAILURE_PERIOD_SECONDS
    assert set(response.json()) == {"detail"}


@pytest.fixture
def boss(db: None) -> User:
    return create_user(name="boss", role="administrator", password=PASSWORD)


def test_bad_tokens_of_one_address_are_throttled(db: None) -> None:
    assert [ask().status_code for _ in range(MAX_FAILURES)] == [401] * MAX_FAILURES

    assert_throttled(ask("another"))
    assert ask(address="10.0.0.2").status_code == 401


def test_good_token_passes_where_bad_ones_are_throttled(boss: User) -> None:
    key = create_token(boss)
    for _ in range(MAX_FAILURES + 1):
        ask()

    assert ask(key).status_code == 200


def test_throttled_attempts_write_nothing(
    db: None, django_assert_num_queries: Callable[[int], Any]
) -> None:
    for _ in range(MAX_FAILURES):
        ask()

    with django_assert_num_queries(2):
        assert_throttled(ask())


def test_failures_count_anew_after_their_period(db: None) -> None:
    for _ in range(MAX_FAILURES + 1):
        ask()
    SignInFailures.objects.update(expires=now() - timedelta(milliseconds=1))

    assert ask().status_code == 401
    assert SignInFailures.objects.get().count == 1


def test_requests_without_token_are_not_counted(nobody: Api) -> None:
    for _ in range(MAX_FAILURES + 1):
        assert nobody.get("/jobs/").status_code == 401


def test_address_is_the_one_the_proxy_saw(db: None, settings: Any) -> None:
    settings.HTTPS = True
    for number in range(MAX_FAILURES):
        ask(**{"X-Forwarded-For": f"10.1.1.{number}, 10.9.9.9"})

    assert_throttled(ask(**{"X-Forwarded-For": "10.9.9.9"}))
    assert ask(**{"X-Forwarded-For": "10.9.9.8"}).status_code == 401
    assert ask().status_code == 401


def test_address_that_a_client_claims_counts_for_nothing_without_proxy(db: None) -> None:
    for number in range(MAX_FAILURES):
        ask(**{"X-Forwarded-For": f"10.1.1.{number}"})

    assert_throttled(ask(**{"X-Forwarded-For": "10.1.1.99"}))


def test_right_password_signs_in(boss: User) -> None:
    for _ in range(MAX_FAILURES - 1):
        assert sign_in("boss").status_code == 200

    assert sign_in("boss", PASSWORD).status_code == 302


def test_passwords_of_one_user_are_throttled_from_every_address(boss: User) -> None:
    for number in range(MAX_FAILURES):
        assert sign_in("boss", address=f"10.0.1.{number}").status_code == 200

    assert_throttled(sign_in("boss", PASSWORD))
    assert_throttled(sign_in("BOSS", PASSWORD))


def test_passwords_from_one_address_are_throttled_for_every_user(boss: User) -> None:
    for number in range(MAX_FAILURES):
        assert sign_in(f"user-{number}").status_code == 200

    assert_throttled(sign_in("boss", PASSWORD))
    assert sign_in("boss", PASSWORD, address="10.0.0.2").status_code == 302
    assert ask().status_code == 401


def test_sign_in_page_is_shown_while_throttled(boss: User) -> None:
    for _ in range(MAX_FAILURES):
        sign_in("boss")

    assert Client(REMOTE_ADDR="10.0.0.1").get("/admin/login/").status_code == 200


def test_what_was_typed_is_not_kept(db: None) -> None:
    sign_in("my-password-in-the-wrong-field")

    kept = str(list(SignInFailures.objects.values()))
    assert "my-password" not in kept
    assert "10.0.0.1" not in kept
