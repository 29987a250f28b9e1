from collections.abc import Callable
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client
from django.urls import URLPattern, reverse

from api.urls import urlpatterns
from scale.models import Token
from scale.services.access import create_token, create_user
from tests.integration.api.conftest import Api

ROLES = ["viewer", "operator", "administrator"]
METHODS = ["get", "post", "put", "patch", "delete"]
OPEN = {"health"}
#: Who may use the methods that change something; the others are for administrators.
OPERATORS = {
    ("queue-new-job", "post"),
    ("queue-new-recipe", "post"),
    ("queue-requeue-jobs", "post"),
    ("job", "patch"),
    ("sources", "post"),
}


def routes() -> list[tuple[str, str, str]]:
    """Return every (name, path, method) that the API serves."""
    found = []
    for pattern in urlpatterns:
        if not isinstance(pattern, URLPattern) or pattern.name is None:
            continue
        view = getattr(pattern.callback, "cls", None)
        if view is None or not view.__module__.startswith("api."):
            continue
        arguments = {
            name: 999_999 if type(converter).__name__ == "IdConverter" else "x"
            for name, converter in pattern.pattern.converters.items()
        }
        path = reverse(pattern.name, kwargs=arguments)
        found += [(pattern.name, path, method) for method in METHODS if hasattr(view, method)]
    return found


def test_routes_are_found() -> None:
    assert len(routes()) > 20


@pytest.mark.parametrize(("name", "path", "method"), routes())
def test_route_without_user_is_401(nobody: Api, name: str, path: str, method: str) -> None:
    response = nobody.send(method.upper(), path)

    if name in OPEN:
        assert response.status_code == 200
    else:
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == "Token"
        assert set(response.json()) == {"detail"}


@pytest.mark.parametrize(("name", "path", "method"), routes())
def test_route_is_open_from_its_role_on(
    as_role: Callable[[str], Api], name: str, path: str, method: str
) -> None:
    if method == "get" or path.endswith("/validation/") or name in OPEN:
        least = "viewer"
    elif (name, method) in OPERATORS:
        least = "operator"
    else:
        least = "administrator"

    allowed = [as_role(role).send(method.upper(), path).status_code != 403 for role in ROLES]

    if path.endswith("/validation/"):
        assert allowed[-1]
    else:
        assert allowed == [ROLES.index(role) >= ROLES.index(least) for role in ROLES]


@pytest.mark.parametrize(
    "header", ["Token nonsense", "Token", "Token ", "Token \xff", "Bearer x", "Basic eDp4", "x"]
)
def test_bad_credentials_are_401(db: None, header: str) -> None:
    response = Client(headers={"Authorization": header}).get("/jobs/")

    assert response.status_code == 401
    assert response["WWW-Authenticate"] == "Token"


def test_user_without_a_role_is_403(db: None) -> None:
    api = Api(create_token(User.objects.create_user("guest")))

    assert api.get("/jobs/").status_code == 403


def test_user_who_was_switched_off_is_401(db: None) -> None:
    user = create_user(name="gone", role="administrator")
    api = Api(create_token(user))
    User.objects.update(is_active=False)

    assert api.get("/jobs/").status_code == 401


def test_superuser_is_administrator(db: None) -> None:
    api = Api(create_token(User.objects.create_superuser("root")))

    assert api.patch("/scheduler/", {"is_paused": True}).status_code == 201


def test_session_of_a_user_counts(db: None) -> None:
    client = Client()
    client.force_login(create_user(name="v", role="viewer"))

    assert client.get("/jobs/").status_code == 200
    assert client.post("/queue/new-job/", {}, "application/json").status_code == 403


def test_session_without_csrf_token_may_not_write(db: None) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(create_user(name="a", role="administrator"))

    response = client.post("/queue/new-job/", {}, "application/json")

    assert response.status_code == 403
    assert set(response.json()) == {"detail"}


@pytest.mark.parametrize(("name", "path", "method"), routes())
def test_open_access_asks_nobody(
    nobody: Api, open_access: None, name: str, path: str, method: str
) -> None:
    assert nobody.send(method.upper(), path).status_code not in {401, 403}


def test_open_access_ignores_bad_credentials(open_access: None, db: None) -> None:
    assert Api("nonsense").get("/jobs/").status_code == 200


def test_method_not_offered_is_405_before_the_role_counts(as_role: Callable[[str], Api]) -> None:
    response = as_role("viewer").post("/jobs/", {})

    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD"


def test_only_the_hash_of_a_token_is_kept(db: None) -> None:
    key = create_token(create_user(name="a", role="viewer"))

    (token,) = Token.objects.all()
    assert len(key) == 64
    assert key != token.key_hash
    assert Api(key).get("/jobs/").status_code == 200
    assert Api(token.key_hash).get("/jobs/").status_code == 401


def test_asking_who_it_is_costs_one_query(
    db: None, django_assert_num_queries: Callable[[int], object]
) -> None:
    api = Api(create_token(create_user(name="a", role="operator")))

    with django_assert_num_queries(1):
        assert api.get("/version/").status_code == 200


def test_create_user_prints_a_fresh_token_last(db: None) -> None:
    keys = []
    for _ in range(2):
        out = StringIO()
        call_command("create_user", "boss", "--role", "administrator", "--token", stdout=out)
        keys.append(out.getvalue().splitlines()[-1])

    assert keys[0] != keys[1]
    assert User.objects.count() == 1
    for key in keys:
        assert Api(key).get("/jobs/").status_code == 200


def test_create_user_again_changes_the_role(db: None) -> None:
    call_command("create_user", "x", "--role", "administrator", stdout=StringIO())
    call_command("create_user", "x", "--role", "viewer", stdout=StringIO())

    user = User.objects.get()
    assert [group.name for group in user.groups.all()] == ["viewer"]
    assert user.is_superuser is False
