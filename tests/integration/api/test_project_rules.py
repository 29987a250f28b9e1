"""The project's own rules (P) of the contract, section 8, as a client sees them.

P24 and P26 need a job that really runs: `tests/acceptance/test_project_rules.py`.
"""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError

from scale.conf import Conf
from scale.dispatch import broker
from scale.domain.times import format_time, now
from scale.env import Env
from scale.models import Job, Scheduler, Workspace
from scale.selectors import access
from scale.services.feed import feed
from tests.factories import claim, make_job, make_job_type, make_node, make_workspace
from tests.integration.api.conftest import Api
from tests.recipe_factories import complete, graph, job_ids, make_recipe, make_recipe_type

NEW_JOB = "/queue/new-job/"
INTERFACE = {"command": "/bin/true", "command_arguments": ""}


def with_input(kind: str, **more: Any) -> dict[str, Any]:
    return {"input_data": [{"name": "in", "type": kind, **more}]}


def type_body(**fields: Any) -> dict[str, Any]:
    return {"name": "new", "version": "1.0", "interface": INTERFACE, **fields}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("get", "/jobs/1/", None, 404),
        ("get", "/nowhere/", None, 404),
        ("post", NEW_JOB, "{", 400),
        ("post", NEW_JOB, {"job_type_id": 2**70}, 404),
        ("patch", "/jobs/", {}, 405),
    ],
)
def test_p01_error_is_a_detail(api: Api, method: str, path: str, body: Any, status: int) -> None:
    response = api.get(path) if method == "get" else getattr(api, method)(path, body)

    assert response.status_code == status
    assert set(response.json()) == {"detail"}
    assert isinstance(response.json()["detail"], str)


def test_p02_only_paths_with_the_final_slash_count(api: Api) -> None:
    assert api.get("/jobs/").status_code == 200
    assert api.get("/jobs").status_code == 404


@pytest.mark.parametrize(
    ("path", "body"),
    [
        (NEW_JOB, []),
        (NEW_JOB, "3"),
        (NEW_JOB, {"job_type_id": True}),
        (NEW_JOB, {"job_type_id": 1.5}),
        ("/queue/requeue-jobs/", {"job_ids": 1}),
    ],
)
def test_p03_body_of_the_wrong_shape_is_400(api: Api, path: str, body: Any) -> None:
    assert api.post(path, body).status_code == 400


def test_p04_negative_offset_is_accepted(api: Api) -> None:
    make_job()
    hour_ago = (now() - timedelta(hours=6)).strftime("%Y-%m-%dT%H:%M:%S-05:00")

    assert api.get("/jobs/", started=hour_ago).json()["count"] == 1


def test_p05_instant_read_from_the_api_selects_its_own_row(api: Api) -> None:
    job = make_job().job

    stamp = api.get(f"/jobs/{job.pk}/").json()["last_modified"]

    later = format_time(job.last_modified + timedelta(milliseconds=1))
    assert api.get("/jobs/", started=stamp, ended=later).json()["count"] == 1
    assert job.last_modified.microsecond % 1000 == 0


def test_p06_unknown_order_is_400_and_ties_are_broken_by_id(api: Api) -> None:
    ids = [make_job().job.pk for _ in range(3)]

    assert api.get("/jobs/", order="nonsense").status_code == 400
    shown = [job["id"] for job in api.get("/jobs/", order="-status").json()["results"]]
    assert shown == ids


def test_p07_location_is_absolute(api: Api) -> None:
    response = api.post("/job-types/", type_body())

    assert response["Location"] == f"http://testserver/job-types/{response.json()['id']}/"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/job-types/", type_body()),
        ("/recipe-types/", {"name": "new", "version": "1.0", "definition": {"jobs": []}}),
        (
            "/workspaces/",
            {"name": "new", "json_config": {"broker": {"type": "host", "host_path": "/x"}}},
        ),
        ("/errors/", {"name": "new", "title": "x", "description": "x", "category": "DATA"}),
    ],
)
def test_p08_taken_name_is_400(api: Api, path: str, body: dict[str, Any]) -> None:
    assert api.post(path, body).status_code == 201
    assert api.post(path, body).status_code == 400


def test_p09_what_the_state_forbids_is_400(api: Api) -> None:
    archived = make_job_type(is_active=False)
    system = make_job_type(is_system=True)
    job = make_job().job
    cancel = {"status": "CANCELED"}

    assert api.post(NEW_JOB, {"job_type_id": archived.pk}).status_code == 400
    assert api.patch(f"/job-types/{system.pk}/", {"priority": 1}).status_code == 400
    assert api.patch(f"/jobs/{job.pk}/", cancel).status_code == 200
    assert api.patch(f"/jobs/{job.pk}/", cancel).status_code == 400


def test_p10_answer_is_the_state_at_queueing(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    job_type = make_job_type()
    node = make_node()

    def start_at_once(*_: Any, **__: Any) -> None:
        claim(Job.objects.get().executions.get().pk, node=node)

    monkeypatch.setattr("scale.dispatch.Follower.ask_on_commit", start_at_once)
    body = api.post(NEW_JOB, {"job_type_id": job_type.pk}).json()

    assert Job.objects.get().status == "RUNNING"
    assert body["status"] == body["job_exes"][0]["status"] == "QUEUED"


def test_p11_recipe_jobs_come_in_creation_order(api: Api) -> None:
    details = make_recipe({"last": ["first"], "first": [], "between": ["first"]})

    jobs = api.get(f"/recipes/{details.recipe.pk}/").json()["jobs"]

    ids = [place["job"]["id"] for place in jobs]
    assert ids == sorted(ids)
    assert jobs[0]["job_name"] == "first"


def test_p12_requeue_by_no_job_status_is_400(api: Api) -> None:
    make_job()

    assert api.post("/queue/requeue-jobs/", {"status": "LOST"}).status_code == 400


def test_p13_unknown_field_of_a_new_job_type_is_400(api: Api) -> None:
    response = api.post("/job-types/", type_body(colour="red"))

    assert response.status_code == 400
    assert "colour" in response.json()["detail"]


def test_p14_archiving_a_workspace_stamps_it(api: Api) -> None:
    path = f"/workspaces/{make_workspace().pk}/"

    assert api.patch(path, {"is_active": False}).json()["archived"] is not None
    assert api.patch(path, {"is_active": True}).json()["archived"] is None


def test_p15_source_is_posted(api: Api, tmp_path: Any) -> None:
    (tmp_path / "here.csv").write_text("1")
    workspace = make_workspace(tmp_path)

    body = {"workspace_id": workspace.pk, "file_path": "here.csv"}
    response = api.post("/sources/", body)

    assert response.status_code == 201
    assert response["Location"] == f"http://testserver/sources/{response.json()['id']}/"
    assert api.post("/sources/", body).status_code == 400


def test_p16_broker_is_the_master_and_dispatch_the_scheduler(api: Api, settings: Any) -> None:
    settings.CELERY_BROKER_URL = "redis://broker.example:6380/1"
    Scheduler.objects.update(last_turn=now(), broker_seen=None)
    node = make_node(hostname="worker.example")

    status = api.get("/status/").json()

    assert (status["master"]["hostname"], status["master"]["is_online"]) == (
        "broker.example",
        False,
    )
    assert status["scheduler"]["is_online"] is True
    assert api.get(f"/nodes/{node.pk}/").json()["hostname"] == "worker.example"


@pytest.mark.parametrize("taken", ["in", "out"])
def test_p17_output_name_that_is_taken_is_400(api: Api, taken: str) -> None:
    outputs = [{"name": name, "type": "file"} for name in ("out", taken)]
    interface = INTERFACE | with_input("file") | {"output_data": outputs}

    assert api.post("/job-types/", type_body(interface=interface)).status_code == 400


def test_p18_job_data_of_the_wrong_shape_is_400_and_unknown_names_are_kept(api: Api) -> None:
    job_type = make_job_type()
    entry = {"name": "unknown", "value": "x"}
    body: dict[str, Any] = {"job_type_id": job_type.pk}

    for data in ({"input_data": {}}, {"input_data": [1]}, {"output_data": "x"}):
        assert api.post(NEW_JOB, body | {"job_data": data}).status_code == 400
    made = api.post(NEW_JOB, body | {"job_data": {"input_data": [entry]}})
    assert made.status_code == 201
    shown = api.get(f"/jobs/{made.json()['id']}/")
    assert shown.status_code == 200
    assert shown.json()["data"]["input_data"] == [entry]


def test_p19_cycle_away_from_the_first_job_is_400(api: Api) -> None:
    definition = graph({"first": [], "a": ["b"], "b": ["a"]}, make_job_type())

    body = {"name": "x", "version": "1.0", "definition": definition}
    assert api.post("/recipe-types/", body).status_code == 400


def test_p21_requeued_job_whose_parents_are_done_queues_itself(api: Api) -> None:
    details = make_recipe({"parent": [], "child": ["parent"]})
    ids = job_ids(details)
    api.patch(f"/jobs/{ids['child']}/", {"status": "CANCELED"})
    complete(ids["parent"])

    answer = api.post("/queue/requeue-jobs/", {"job_ids": [ids["child"]]}).json()

    assert [job["status"] for job in answer["results"]] == ["PENDING"]
    assert api.get(f"/jobs/{ids['child']}/").json()["status"] == "QUEUED"


def test_p22_child_whose_data_cannot_be_assembled_fails(api: Api) -> None:
    workspace = make_workspace()
    parent, child = make_job_type(), make_job_type(interface={"output_data": [OUTPUT]})
    definition = graph({"parent": [], "child": ["parent"]}, parent)
    definition["jobs"][1]["job_type"] = {"name": child.name, "version": child.version}
    recipe = api.post(
        "/queue/new-recipe/",
        {
            "recipe_type_id": make_recipe_type(definition).pk,
            "recipe_data": {"workspace_id": workspace.pk},
        },
    ).json()
    ids = {place["job_name"]: place["job"]["id"] for place in recipe["jobs"]}
    Workspace.objects.update(is_active=False)

    complete(ids["parent"])

    assert api.get(f"/jobs/{ids['parent']}/").json()["status"] == "COMPLETED"
    failed = api.get(f"/jobs/{ids['child']}/").json()
    assert (failed["status"], failed["error"]["name"]) == ("FAILED", "unknown")


OUTPUT = {"name": "out", "type": "file"}


def test_p23_sampling_period_is_a_minute_unless_configured() -> None:
    assert Conf.read(Env({})).load_sample_seconds == 60
    assert Conf.read(Env({"SCALE_LOAD_SAMPLE_SECONDS": "7"})).load_sample_seconds == 7


def test_p25_values_are_put_in_once_and_absent_options_vanish(api: Api) -> None:
    inputs = [{"name": name, "type": "property", "required": False} for name in ("a", "b")]
    job_type = make_job_type(
        interface={"command_arguments": "${-x :b} ${a} end", "input_data": inputs}
    )
    data = {"input_data": [{"name": "a", "value": "${a} ${b}"}]}

    job = api.post(NEW_JOB, {"job_type_id": job_type.pk, "job_data": data}).json()

    assert job["job_exes"][0]["command_arguments"].split() == ["${a}", "${b}", "end"]


def test_p27_docker_is_used_exactly_with_an_image(api: Api) -> None:
    made = api.post("/job-types/", type_body()).json()
    assert made["uses_docker"] is False

    path = f"/job-types/{made['id']}/"
    assert api.patch(path, {"docker_image": "alpine"}).json()["uses_docker"] is True
    assert api.patch(path, {"docker_image": None}).json()["uses_docker"] is False


def test_p28_access_needs_a_user(api: Api, nobody: Api) -> None:
    assert nobody.get("/jobs/").status_code == 401
    assert api.get("/jobs/").status_code == 200


def test_p28_opened_access_asks_nobody(nobody: Api, open_access: None) -> None:
    assert nobody.get("/jobs/").status_code == 200


def test_p29_database_away_is_503_and_broker_away_is_no_error(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> Any:
        raise OperationalError

    monkeypatch.setattr(broker, "publish", lambda rings: 0)
    made = api.post(NEW_JOB, {"job_type_id": make_job_type().pk})
    feed()
    assert made.status_code == 201
    assert api.get(f"/jobs/{made.json()['id']}/").json()["status"] == "QUEUED"

    monkeypatch.setattr(access, "run", fail)
    away = api.get("/jobs/")
    assert away.status_code == 503
    assert int(away["Retry-After"]) > 0


def test_p30_health_needs_no_user_and_tells_no_secret(
    nobody: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise OperationalError("password=secret")

    well = nobody.get("/health/")
    assert (well.status_code, well.json()["status"]) == (200, "ok")

    monkeypatch.setattr("api.views.system.check_database", fail)
    ill = nobody.get("/health/")
    assert ill.status_code == 503
    assert not re.search("secret|password", ill.content.decode())
