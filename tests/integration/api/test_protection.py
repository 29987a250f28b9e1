import logging
import os
import subprocess
import sys
from io import StringIO
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import call_command
from django.test import Client

from launcher.paths import ROOT
from scale.services.access import create_user
from tests.integration.api.conftest import Api

PASSWORD = "a-password-nobody-may-see"
PRODUCTION = {
    "SCALE_SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "DATABASE_URL": django_settings.DATABASE_URL,
}


def in_production(*words: str, **more: str) -> subprocess.CompletedProcess[str]:
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("SCALE_", "DJA"))
    }
    return subprocess.run(
        [sys.executable, *words],
        cwd=ROOT,
        env=environment | PRODUCTION | more,
        capture_output=True,
        text=True,
        check=False,
    )


def test_production_settings_pass_djangos_deployment_check() -> None:
    done = in_production(
        "manage.py",
        "check",
        "--deploy",
        "--fail-level=WARNING",
        SCALE_ALLOWED_HOSTS="scale.example.org",
    )

    assert done.returncode == 0, done.stderr


def test_no_host_is_answered_by_default() -> None:
    done = in_production("-c", "from scale import settings; print(settings.ALLOWED_HOSTS)")

    assert done.stdout == "[]\n"


@pytest.mark.parametrize("path", ["/jobs/", "/health/", "/nonsense/", "/admin/login/", "/schema/"])
@pytest.mark.parametrize("role", ["viewer", None])
def test_answers_carry_security_headers(db: None, as_role: Any, path: str, role: str) -> None:
    response = (as_role(role) if role else Api()).get(path)

    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["X-Frame-Options"] == "DENY"
    assert response["Referrer-Policy"] == "same-origin"
    assert response["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "Access-Control-Allow-Origin" not in response


def test_answers_over_https_insist_on_it(db: None, settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS = 60
    settings.SECURE_SSL_REDIRECT = True

    assert "max-age=60" in Client().get("/jobs/", secure=True)["Strict-Transport-Security"]
    assert Client().get("/jobs/").status_code == 301
    assert Client().get("/health/").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [("post", "/queue/requeue-jobs/"), ("post", "/job-types/"), ("patch", "/scheduler/")],
)
def test_body_over_the_limit_is_413_everywhere(
    api: Api, settings: Any, method: str, path: str
) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1024

    response = getattr(api, method)(path, {"x": "x" * 1024})

    assert response.status_code == 413
    assert set(response.json()) == {"detail"}


def test_passwords_and_tokens_are_never_logged(db: None, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    out = StringIO()

    call_command(
        "create_user",
        "boss",
        "--role=administrator",
        f"--password={PASSWORD}",
        "--token",
        stdout=out,
    )
    key = out.getvalue().splitlines()[-1]
    bad = "bad-" + key
    for word in (key, bad):
        Api(word).get("/jobs/")
        Api(word).get("/jobs/999999/")
        Api(word).post("/queue/new-job/", "{")
    for word in (PASSWORD, PASSWORD + "-wrong"):
        Client().post("/admin/login/", {"username": "boss", "password": word})

    said = caplog.text + "".join(str(vars(record)) for record in caplog.records)
    assert "/jobs/999999/" in said
    assert PASSWORD not in said
    assert key not in said


def test_password_is_kept_as_a_hash(db: None) -> None:
    user = create_user(name="boss", role="administrator", password=PASSWORD)

    assert PASSWORD not in user.password
    assert user.check_password(PASSWORD)
