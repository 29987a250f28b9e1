from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from scale.dispatch import Follower
from scale.domain.times import now
from scale.models import JobExecution, Node
from scale.services.scheduler import resumer
from tests.factories import claim, make_job, make_node
from tests.integration.api.conftest import Api
from tests.integration.api.rows import fail_job, rows, spread
from tests.integration.api.shapes import (
    NODE,
    RESOURCE_USE,
    RUNNING_JOB_EXE,
    boolean,
    conform,
    integer,
    maybe,
    page_of,
    several,
    text,
    time,
)

URL = "/nodes/"
STATUS = {
    "node": NODE,
    "is_online": boolean,
    "job_exe_counts": several(
        {"status": text, "count": integer, "most_recent": time, "category": maybe(text)}
    ),
    "job_exes_running": several(RUNNING_JOB_EXE),
}


def ids(api: Api, **query: Any) -> list[int]:
    response = api.get(URL, **query)
    assert response.status_code == 200, response.content
    return [node["id"] for node in response.json()["results"]]


def test_node_list_has_the_contracts_shape(api: Api) -> None:
    make_node()

    conform(api.get(URL).json(), page_of(NODE))


def test_inactive_nodes_are_listed_on_demand(api: Api) -> None:
    active, inactive = make_node(), make_node(is_active=False)

    assert ids(api) == [active.pk]
    for value in ("true", "T", "1"):
        assert ids(api, include_inactive=value) == [active.pk, inactive.pk]
    assert ids(api, include_inactive="0") == [active.pk]


@pytest.mark.parametrize(
    "query", [{"include_inactive": "maybe"}, {"order": "cpus"}, {"started": "x"}]
)
def test_bad_filter_of_nodes_is_400(api: Api, query: dict[str, str]) -> None:
    assert api.get(URL, **query).status_code == 400


def test_nodes_by_last_modified_and_order(api: Api) -> None:
    first, second, third = make_node(hostname="b"), make_node(hostname="c"), make_node(hostname="a")
    moments = spread(Node)

    assert ids(api, started=moments[1]) == [second.pk, third.pk]
    assert ids(api, order="hostname") == [third.pk, first.pk, second.pk]


def test_details_of_online_node_show_its_resources_and_work(api: Api) -> None:
    node = make_node()
    claim(make_job().executions[0].pk, node=node)

    body = api.get(f"{URL}{node.pk}/").json()

    conform(body, NODE | {"job_exes_running": several(RUNNING_JOB_EXE), "resources": RESOURCE_USE})
    assert body["job_exes_running"][0]["node"] == {"id": node.pk}
    assert body["resources"]["scheduled"] == {"cpus": 1.0, "mem": 128.0, "disk": 64.0}


def test_details_of_silent_node_say_disconnected(api: Api) -> None:
    node = make_node()
    Node.objects.update(last_offer=now() - timedelta(hours=1))

    body = api.get(f"{URL}{node.pk}/").json()

    conform(body, NODE | {"job_exes_running": several(RUNNING_JOB_EXE), "disconnected": boolean})
    assert body["disconnected"] is True


def test_node_never_heard_of_is_disconnected(api: Api) -> None:
    node = make_node()
    Node.objects.update(last_offer=None)

    assert api.get(f"{URL}{node.pk}/").json()["disconnected"] is True


@pytest.mark.parametrize("node_id", ["0", "999999", "9" * 5000, "x"])
def test_unknown_node_is_404(api: Api, node_id: str) -> None:
    everything = {"hostname": "h", "port": 1, "is_paused": False, "is_active": True}

    assert api.get(f"{URL}{node_id}/").status_code == 404
    assert api.patch(f"{URL}{node_id}/", {"is_paused": True}).status_code == 404
    assert api.put(f"{URL}{node_id}/", everything).status_code == 404


def test_patch_answers_201_with_the_node(api: Api) -> None:
    node = make_node()

    response = api.patch(f"{URL}{node.pk}/", {"is_paused": True, "pause_reason": "broken"})

    body = response.json()
    assert response.status_code == 201
    assert response["Location"] == f"http://testserver{URL}{node.pk}/"
    conform(body, NODE)
    assert body["is_paused"] is True
    assert body["pause_reason"] == "broken"
    assert body == api.get(URL).json()["results"][0]


@pytest.mark.parametrize("is_paused", [True, False])
def test_pausing_by_hand_ends_an_automatic_pause(api: Api, is_paused: bool) -> None:
    node = make_node(is_paused=True, is_paused_errors=True, pause_reason="errors")

    body = api.patch(f"{URL}{node.pk}/", {"is_paused": is_paused}).json()

    assert body["is_paused_errors"] is False
    assert body["pause_reason"] == ("errors" if is_paused else None)


def test_unpausing_forgets_even_a_reason_sent_along(api: Api) -> None:
    node = make_node(is_paused=True)

    body = api.patch(f"{URL}{node.pk}/", {"is_paused": False, "pause_reason": "x"}).json()

    assert body["pause_reason"] is None


def test_null_clears_reason_and_port(api: Api) -> None:
    node = make_node(pause_reason="x", port=1)

    body = api.patch(f"{URL}{node.pk}/", {"pause_reason": None, "port": None}).json()

    assert body["pause_reason"] is body["port"] is None


def test_leaving_service_stamps_archived_and_coming_back_clears_it(api: Api) -> None:
    node = make_node()

    archived = api.patch(f"{URL}{node.pk}/", {"is_active": False}).json()["archived"]
    again = api.patch(f"{URL}{node.pk}/", {"is_active": False}).json()["archived"]
    back = api.patch(f"{URL}{node.pk}/", {"is_active": True}).json()["archived"]

    assert archived == again
    assert archived is not None
    assert back is None


def test_node_that_may_start_again_is_fed(
    api: Api, asked: list[Follower], django_capture_on_commit_callbacks: Any
) -> None:
    node = make_node(is_paused=True)

    with django_capture_on_commit_callbacks(execute=True):
        api.patch(f"{URL}{node.pk}/", {"is_paused": False})

    assert asked == [resumer]


def test_pausing_feeds_nobody(
    api: Api, asked: list[Follower], django_capture_on_commit_callbacks: Any
) -> None:
    node = make_node()

    with django_capture_on_commit_callbacks(execute=True):
        api.patch(f"{URL}{node.pk}/", {"is_paused": True})

    assert asked == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"hostname": None},
        {"hostname": ""},
        {"hostname": "x" * 251},
        {"hostname": 1},
        {"port": "x"},
        {"port": -1},
        {"port": 65536},
        {"pause_reason": 1},
        {"pause_reason": "x" * 251},
        {"is_paused": "maybe"},
        {"is_paused": 1},
        {"is_active": {}},
        {"is_paused": True, "id": 3},
        {"slave_id": "x"},
        [],
    ],
)
def test_bad_patch_of_a_node_is_400_and_changes_nothing(api: Api, body: object) -> None:
    node = make_node()
    before = rows()

    assert api.patch(f"{URL}{node.pk}/", body).status_code == 400

    assert rows() == before


def test_patch_to_a_taken_hostname_is_400(api: Api) -> None:
    make_node(hostname="taken")
    node = make_node()

    response = api.patch(f"{URL}{node.pk}/", {"hostname": "taken"})

    assert response.status_code == 400
    assert response.json()["detail"].startswith("hostname: ")


def test_put_replaces_all(api: Api) -> None:
    node = make_node()
    body = {"hostname": "new", "port": 5051, "is_paused": True, "is_active": True}

    response = api.put(f"{URL}{node.pk}/", body | {"pause_reason": "moved"})

    assert response.status_code == 201
    assert response["Location"] == f"http://testserver{URL}{node.pk}/"
    conform(response.json(), NODE)
    assert body.items() <= response.json().items()


@pytest.mark.parametrize("missing", ["hostname", "port", "is_paused", "is_active"])
def test_put_without_a_field_is_400(api: Api, missing: str) -> None:
    node = make_node()
    body = {"hostname": "new", "port": 5051, "is_paused": True, "is_active": True}
    before = rows()

    response = api.put(f"{URL}{node.pk}/", {k: v for k, v in body.items() if k != missing})

    assert response.status_code == 400
    assert response.json()["detail"] == f"{missing}: expected a value"
    assert api.put(f"{URL}{node.pk}/", body | {"extra": 1}).status_code == 400
    assert rows() == before


def test_status_shows_counts_and_work_of_active_nodes(api: Api) -> None:
    node, idle = make_node(), make_node()
    make_node(is_active=False)
    claim(make_job().executions[0].pk, node=node)
    for _ in range(2):
        fail_job(make_job())
    JobExecution.objects.update(node=node)

    body = api.get("/nodes/status/").json()

    conform(body, page_of(STATUS))
    first, second, *_ = body["results"]
    assert first["node"]["id"] == node.pk
    assert first["is_online"] is True
    counts = [(row["status"], row["count"], row["category"]) for row in first["job_exe_counts"]]
    assert counts == [("FAILED", 2, "ALGORITHM"), ("RUNNING", 1, None)]
    assert len(first["job_exes_running"]) == 1
    assert second["node"]["id"] == idle.pk
    assert second["job_exe_counts"] == second["job_exes_running"] == []


def test_status_counts_the_last_three_hours_unless_told(api: Api) -> None:
    node = make_node()
    claim(make_job().executions[0].pk, node=node)
    JobExecution.objects.update(last_modified=now() - timedelta(hours=4))

    default = api.get("/nodes/status/").json()["results"][0]
    longer = api.get("/nodes/status/", started="PT5H").json()["results"][0]
    before = api.get("/nodes/status/", started="PT9H", ended="PT8H").json()["results"][0]

    assert default["job_exe_counts"] == before["job_exe_counts"] == []
    assert [row["count"] for row in longer["job_exe_counts"]] == [1]


def test_status_does_not_check_the_range(api: Api) -> None:
    assert api.get("/nodes/status/", started="PT1H", ended="PT2H").status_code == 200
    assert api.get("/nodes/status/", started="x").status_code == 400


def test_only_administrators_edit_nodes(as_role: Callable[[str], Api]) -> None:
    url = f"{URL}{make_node().pk}/"

    assert as_role("viewer").get(url).status_code == 200
    assert as_role("operator").patch(url, {"is_paused": True}).status_code == 403
    assert as_role("administrator").patch(url, {"is_paused": True}).status_code == 201
