import re

import pytest
from django.contrib.auth.models import User
from django.test import Client

from scale.models import Token
from scale.services.access import create_token, create_user
from tests.integration.api.conftest import Api


@pytest.fixture
def admin(db: None) -> Client:
    client = Client()
    client.force_login(create_user(name="boss", role="administrator"))
    return client


def test_token_made_in_the_admin_shows_its_key_once(admin: Client) -> None:
    user = create_user(name="reader", role="viewer")
    body = {"user": user.pk, "name": "laptop"}

    page = admin.post("/admin/scale/token/add/", body, follow=True).content.decode()

    (key,) = set(re.findall(r"\b[0-9a-f]{64}\b", page))
    token = Token.objects.get()
    assert (token.user, token.name) == (user, "laptop")
    assert key != token.key_hash
    assert Api(key).get("/jobs/").status_code == 200
    again = admin.get("/admin/scale/token/").content.decode()
    assert "laptop" in again
    assert not re.search(r"\b[0-9a-f]{64}\b", again)


def test_token_is_not_changed_but_deleted(admin: Client) -> None:
    create_token(User.objects.get(), name="old")
    path = f"/admin/scale/token/{Token.objects.get().pk}"

    page = admin.get(f"{path}/change/")
    assert page.status_code == 200
    assert Token.objects.get().key_hash not in page.content.decode()
    assert admin.post(f"{path}/change/", {"name": "new"}).status_code == 403
    assert admin.post(f"{path}/delete/", {"post": "yes"}).status_code == 302
    assert not Token.objects.exists()


def test_user_gets_a_role_in_the_admin(admin: Client) -> None:
    assert admin.get("/admin/auth/user/").status_code == 200
    page = admin.get(f"/admin/auth/user/{User.objects.get().pk}/change/").content.decode()

    for role in ("viewer", "operator", "administrator"):
        assert f">{role}</option>" in page


@pytest.mark.parametrize("role", ["viewer", "operator"])
def test_admin_is_closed_to_other_roles(db: None, role: str) -> None:
    client = Client()
    client.force_login(create_user(name=role, role=role))

    assert client.get("/admin/scale/token/").status_code == 302
