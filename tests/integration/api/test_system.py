import tomllib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as project

from scale.dispatch import Follower
from scale.domain.times import now
from scale.models import Scheduler
from scale.services.scheduler import resumer
from tests.factories import claim, make_job, make_node
from tests.integration.api.conftest import Api
from tests.integration.api.shapes import RESOURCE_USE, boolean, conform, integer, maybe, text

STATUS = {
    "master": {"is_online": boolean, "hostname": maybe(text), "port": maybe(integer)},
    "scheduler": {"is_online": boolean, "is_paused": boolean, "hostname": maybe(text)},
    "queue_depth": integer,
    "resources": RESOURCE_USE,
}


def test_status_with_everything_offline_is_200(api: Api) -> None:
    response = api.get("/status/")

    body = response.json()
    assert response.status_code == 200
    conform(body, STATUS)
    assert body["master"]["is_online"] is body["scheduler"]["is_online"] is False
    assert body["queue_depth"] == 0
    assert body["resources"]["total"] == {"cpus": 0.0, "mem": 0.0, "disk": 0.0}


def test_status_with_dispatch_alive(api: Api) -> None:
    Scheduler.objects.update(last_turn=now(), broker_seen=now(), hostname="here")

    body = api.get("/status/").json()

    assert body["master"]["is_online"] is True
    assert body["scheduler"] == {"is_online": True, "is_paused": False, "hostname": "here"}


def test_status_tells_broker_and_scheduler_apart(api: Api) -> None:
    Scheduler.objects.update(last_turn=now(), broker_seen=now() - timedelta(hours=1))

    body = api.get("/status/").json()

    assert body["master"]["is_online"] is False
    assert body["scheduler"]["is_online"] is True


def test_status_never_shows_the_brokers_password(api: Api, settings: Any) -> None:
    settings.CELERY_BROKER_URL = "redis://me:secret@broker.example:6380/1"

    response = api.get("/status/")

    assert response.json()["master"]["hostname"] == "broker.example"
    assert response.json()["master"]["port"] == 6380
    assert b"secret" not in response.content


def test_status_counts_queued_executions_and_resources(api: Api) -> None:
    node = make_node()
    claim(make_job().executions[0].pk, node=node)
    make_job()

    body = api.get("/status/").json()

    assert body["queue_depth"] == 1
    assert body["resources"]["total"]["cpus"] == node.cpus
    assert body["resources"]["scheduled"] == {"cpus": 1.0, "mem": 128.0, "disk": 64.0}


def test_version_is_that_of_the_project(api: Api) -> None:
    told = tomllib.loads((Path(project.BASE_DIR) / "pyproject.toml").read_text())

    assert api.get("/version/").json() == {"version": told["project"]["version"]}


def test_scheduler_can_be_paused_and_resumed(api: Api) -> None:
    assert api.get("/scheduler/").json() == {"is_paused": False}

    response = api.patch("/scheduler/", {"is_paused": True})

    assert response.status_code == 201
    assert response["Location"] == "http://testserver/scheduler/"
    assert response.json() == api.get("/scheduler/").json() == {"is_paused": True}
    assert api.patch("/scheduler/", {"is_paused": "f"}).json() == {"is_paused": False}


@pytest.mark.parametrize(("is_paused", "expected"), [(True, []), (False, [resumer])])
def test_only_resuming_asks_for_dispatch(
    api: Api,
    asked: list[Follower],
    django_capture_on_commit_callbacks: Any,
    is_paused: bool,
    expected: list[Follower],
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        api.patch("/scheduler/", {"is_paused": is_paused})

    assert asked == expected


@pytest.mark.parametrize(
    "body", [{}, {"is_paused": None}, {"is_paused": "x"}, {"is_paused": True, "x": 1}, {"x": 1}]
)
def test_bad_patch_of_the_scheduler_is_400(api: Api, body: dict[str, Any]) -> None:
    assert api.patch("/scheduler/", body).status_code == 400
    assert Scheduler.objects.get().is_paused is False


def test_only_administrators_pause_the_scheduler(as_role: Callable[[str], Api]) -> None:
    assert as_role("operator").patch("/scheduler/", {"is_paused": True}).status_code == 403
    assert as_role("administrator").patch("/scheduler/", {"is_paused": True}).status_code == 201
