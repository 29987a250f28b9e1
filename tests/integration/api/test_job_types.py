from datetime import timedelta
from typing import Any

import pytest

from scale.models import Error, Job, JobType, JobTypeRevision
from tests.factories import claim, make_job, make_job_type
from tests.integration.api.catalogue import (
    INTERFACE,
    JOB_TYPE_DETAILS,
    JOB_TYPE_FAILURE,
    JOB_TYPE_RUNNING,
    JOB_TYPE_STATUS,
    everything,
)
from tests.integration.api.conftest import Api
from tests.integration.api.rows import fail_job
from tests.integration.api.shapes import JOB_TYPE, conform, page_of

URL = "/job-types/"
NEW: dict[str, Any] = {"name": "convert", "version": "1.0", "interface": INTERFACE}


def test_job_types_list_is_by_name_and_version(api: Api) -> None:
    for name, version in [("b", "1"), ("a", "2"), ("a", "1")]:
        make_job_type(name=name, version=version)

    body = api.get(URL).json()

    conform(body, page_of(JOB_TYPE))
    found = [(row["name"], row["version"]) for row in body["results"]]
    assert found == [("a", "1"), ("a", "2"), ("b", "1")]


def test_job_types_list_is_filtered_and_ordered(api: Api) -> None:
    make_job_type(name="a", category="maps", priority=3)
    make_job_type(name="b", category="maps", priority=1)
    make_job_type(name="c", category="other")
    make_job_type(name="d")

    def names(**query: Any) -> list[str]:
        return [row["name"] for row in api.get(URL, **query).json()["results"]]

    assert names(category=["maps", "other"], order="-name") == ["c", "b", "a"]
    assert names(name=["a", "b", "c"], category="maps", order="priority") == ["b", "a"]
    assert names(name="x") == []
    assert names(ended="PT1H") == []
    assert api.get(URL, order="interface").status_code == 400


def test_create_job_type_fills_in_the_defaults(api: Api) -> None:
    response = api.post(URL, NEW)

    body = response.json()
    assert response.status_code == 201
    conform(body, JOB_TYPE_DETAILS)
    assert response["Location"] == f"http://testserver/job-types/{body['id']}/"
    assert api.get(f"{URL}{body['id']}/").json() == body
    stamps = {"created": body["created"], "last_modified": body["created"]}
    assert body == stamps | {
        "id": body["id"],
        "name": "convert",
        "version": "1.0",
        "title": None,
        "description": None,
        "category": None,
        "author_name": None,
        "author_url": None,
        "is_system": False,
        "is_long_running": False,
        "is_active": True,
        "is_operational": True,
        "is_paused": False,
        "icon_code": None,
        "uses_docker": False,
        "docker_privileged": False,
        "docker_image": None,
        "revision_num": 1,
        "priority": 100,
        "max_scheduled": None,
        "timeout": 1800,
        "max_tries": 3,
        "cpus_required": 1.0,
        "mem_required": 64.0,
        "disk_out_const_required": 64.0,
        "disk_out_mult_required": 0.0,
        "archived": None,
        "paused": None,
        "interface": {
            "version": "1.0",
            "command": "/bin/convert",
            "command_arguments": "${image} ${job_output_dir}",
            "input_data": [
                {
                    "name": "image",
                    "type": "file",
                    "required": True,
                    "media_types": ["image/png"],
                }
            ],
            "output_data": [{"name": "map", "type": "file", "required": True}],
            "shared_resources": [],
        },
        "error_mapping": {"version": "1.0", "exit_codes": {}},
        "errors": [],
        "trigger_rule": None,
        "job_counts_6h": [],
        "job_counts_12h": [],
        "job_counts_24h": [],
    }


def test_create_job_type_makes_its_first_revision(api: Api) -> None:
    body = api.post(URL, NEW).json()

    revision = JobTypeRevision.objects.get(job_type=body["id"])
    assert (revision.revision_num, revision.interface) == (1, body["interface"])


def test_create_job_type_keeps_what_is_given(api: Api) -> None:
    given = {
        "title": "Convert",
        "description": "d" * 5000,
        "category": "maps",
        "author_name": "Ann",
        "author_url": "http://host/",
        "icon_code": "f1c5",
        "docker_image": "registry/convert:1",
        "docker_privileged": True,
        "is_operational": False,
        "priority": "1",
        "max_scheduled": 5,
        "timeout": "60",
        "max_tries": 1,
        "cpus_required": "0.5",
        "mem_required": 128,
        "disk_out_const_required": 1.5,
        "disk_out_mult_required": 2,
        "error_mapping": {"exit_codes": {"1": "database", "2": "timeout", "3": "database"}},
    }

    body = api.post(URL, NEW | given).json()

    numbers = {"priority": 1, "timeout": 60, "cpus_required": 0.5}
    mapping = {"error_mapping": {"version": "1.0"} | given["error_mapping"]}
    assert body.items() >= (given | numbers | mapping).items()
    assert body["uses_docker"] is True
    assert [error["name"] for error in body["errors"]] == ["database", "timeout"]


@pytest.mark.parametrize(("flag", "stamp"), [("is_paused", "paused"), ("is_active", "archived")])
def test_create_job_type_paused_or_archived_is_stamped(api: Api, flag: str, stamp: str) -> None:
    body = api.post(URL, NEW | {flag: flag == "is_paused"}).json()

    assert body[flag] is (flag == "is_paused")
    assert body[stamp] == body["created"]


def test_create_job_type_ignores_what_is_scales_own(api: Api) -> None:
    own = {
        "is_system": True,
        "is_long_running": True,
        "uses_docker": True,
        "revision_num": 7,
        "created": "x",
        "archived": "x",
        "paused": "x",
        "last_modified": 1,
    }

    response = api.post(URL, NEW | own)

    assert response.status_code == 201
    body = response.json()
    assert (body["is_system"], body["is_long_running"], body["uses_docker"]) == (False,) * 3
    assert (body["revision_num"], body["archived"], body["paused"]) == (1, None, None)


def test_create_job_type_of_another_version_is_another_type(api: Api) -> None:
    first = api.post(URL, NEW).json()
    second = api.post(URL, NEW | {"version": "1.1"}).json()

    assert first["id"] != second["id"]


BAD_FIELDS = [
    ({"title": "x" * 51}, "title"),
    ({"title": 5}, "title"),
    ({"description": "\x00"}, "description"),
    ({"category": "x" * 51}, "category"),
    ({"author_name": "x" * 51}, "author_name"),
    ({"icon_code": "x" * 21}, "icon_code"),
    ({"docker_image": "x" * 501}, "docker_image"),
    ({"is_operational": "x"}, "is_operational"),
    ({"is_paused": 2}, "is_paused"),
    ({"is_active": "x"}, "is_active"),
    ({"priority": "high"}, "priority"),
    ({"priority": 1.5}, "priority"),
    ({"priority": 2**31}, "priority"),
    ({"max_scheduled": -1}, "max_scheduled"),
    ({"timeout": 0}, "timeout"),
    ({"timeout": -1}, "timeout"),
    ({"max_tries": 0}, "max_tries"),
    ({"max_tries": True}, "max_tries"),
    ({"cpus_required": -0.5}, "cpus_required"),
    ({"cpus_required": "NaN"}, "cpus_required"),
    ({"mem_required": 1e300}, "mem_required"),
    ({"disk_out_mult_required": "x"}, "disk_out_mult_required"),
    ({"interface": []}, "interface"),
    ({"interface": {"command_arguments": ""}}, "interface.command"),
    ({"error_mapping": []}, "error_mapping"),
    ({"error_mapping": {"x": 1}}, "error_mapping.x"),
    ({"error_mapping": {"version": "2.0"}}, "error_mapping.version"),
    ({"error_mapping": {"exit_codes": {"1": "nope"}}}, "error_mapping.exit_codes.1"),
    ({"error_mapping": {"exit_codes": {"1": 1}}}, "error_mapping.exit_codes.1"),
    ({"trigger_rule": "x"}, "trigger_rule"),
    ({"trigger_rule": {}}, "trigger_rule"),
    ({"trigger_rule": {"is_active": True}}, "trigger_rule"),
]
BAD_NEW = [
    ({"name": None}, "name"),
    ({"name": ""}, "name"),
    ({"name": "x" * 51}, "name"),
    ({"version": None}, "version"),
    ({"version": "x" * 51}, "version"),
    ({"interface": None}, "interface"),
    ({"colour": "red"}, "colour"),
    *BAD_FIELDS,
]


@pytest.mark.parametrize(("change", "field"), BAD_NEW)
@pytest.mark.parametrize("path", [URL, f"{URL}validation/"])
def test_create_job_type_refused_names_the_field_and_changes_nothing(
    api: Api, path: str, change: dict[str, Any], field: str
) -> None:
    before = everything()

    response = api.post(path, NEW | change)

    assert response.status_code == 400
    assert response.json()["detail"].startswith(f"{field}: ")
    assert everything() == before


def test_create_job_type_with_taken_name_and_version_is_400(api: Api) -> None:
    api.post(URL, NEW)
    before = everything()

    response = api.post(URL, NEW | {"trigger_rule": None})

    assert response.status_code == 400
    assert response.json()["detail"].startswith("version: ")
    assert everything() == before


def test_create_job_type_tells_the_faults_of_all_documents(api: Api) -> None:
    bad = {
        "interface": {"command": "x"},
        "error_mapping": {"exit_codes": {"1": "a", "2": "b"}},
        "trigger_rule": {"type": "PARSE"},
    }

    detail = api.post(URL, NEW | bad).json()["detail"]

    assert detail.count("; ") == 3
    for path in ("interface.command_arguments", "exit_codes.1", "exit_codes.2", "trigger_rule"):
        assert path in detail


def test_job_type_details_count_jobs_by_window_status_and_category(api: Api) -> None:
    job_type = make_job_type()
    make_job(job_type)
    failed, old, ancient = (make_job(job_type) for _ in range(3))
    for details in (failed, old, ancient):
        fail_job(details, "database")
        fail_job(details, "algorithm-unknown")
    now = Job.objects.get(pk=failed.job.pk).last_status_change
    assert now is not None
    for details, hours in [(old, 7), (ancient, 25)]:
        then = now - timedelta(hours=hours)
        Job.objects.filter(pk=details.job.pk).update(last_status_change=then, last_modified=then)
    make_job()

    body = api.get(f"{URL}{job_type.pk}/").json()

    conform(body, JOB_TYPE_DETAILS)
    for window, failures in [("6h", 1), ("12h", 2), ("24h", 2)]:
        rows = {row["status"]: row for row in body[f"job_counts_{window}"]}
        assert set(rows) == {"FAILED", "QUEUED"}
        assert (rows["FAILED"]["count"], rows["FAILED"]["category"]) == (failures, "ALGORITHM")
        assert (rows["QUEUED"]["count"], rows["QUEUED"]["category"]) == (1, None)
        assert rows["FAILED"]["most_recent"].startswith(now.strftime("%Y-%m-%dT%H:%M:%S"))


def test_job_type_details_show_a_window_without_recent_jobs_empty(api: Api) -> None:
    details = make_job()
    assert details.job.last_status_change is not None
    then = details.job.last_status_change - timedelta(hours=7)
    Job.objects.update(last_status_change=then, last_modified=then)

    body = api.get(f"{URL}{details.job.job_type_id}/").json()

    assert body["job_counts_6h"] == []
    assert [row["count"] for row in body["job_counts_12h"]] == [1]


def test_unknown_job_type_is_404(api: Api) -> None:
    assert api.get(f"{URL}999999/").status_code == 404
    assert api.patch(f"{URL}999999/", {"title": "x"}).status_code == 404


def test_job_type_status_shows_every_type_with_its_counts(api: Api) -> None:
    idle, busy = make_job_type(), make_job_type()
    running = make_job(busy)
    claim(running.executions[0].pk)
    fail_job(make_job(busy))
    old = Job.objects.get(pk=make_job(busy).job.pk).last_status_change
    assert old is not None
    Job.objects.filter(status="QUEUED").update(last_status_change=old - timedelta(hours=4))
    Job.objects.filter(status="RUNNING").update(last_status_change=old - timedelta(days=4))

    body = api.get(f"{URL}status/").json()

    conform(body, page_of(JOB_TYPE_STATUS))
    counts = {row["job_type"]["id"]: row["job_counts"] for row in body["results"]}
    assert list(counts) == [idle.pk, busy.pk]
    assert counts[idle.pk] == []
    found = [(row["status"], row["count"], row["category"]) for row in counts[busy.pk]]
    assert found == [("FAILED", 1, "ALGORITHM"), ("RUNNING", 1, None)]


def test_job_type_status_counts_in_the_given_range(api: Api) -> None:
    details = make_job()
    old = details.job.last_status_change
    assert old is not None
    Job.objects.update(last_status_change=old - timedelta(hours=4))

    def count(**query: str) -> int:
        row = api.get(f"{URL}status/", **query).json()["results"][0]
        return sum(count["count"] for count in row["job_counts"])

    assert count() == 0
    assert count(started="PT5H") == 1
    assert count(started="PT5H", ended="PT3H") == 1
    assert count(started="PT9H", ended="PT5H") == 0
    assert api.get(f"{URL}status/", started="PT1H", ended="PT1H").status_code == 200


def test_job_types_running_are_longest_first(api: Api) -> None:
    first, second = make_job_type(), make_job_type()
    late = make_job(first)
    early = make_job(second)
    for details in (late, early, make_job(second)):
        claim(details.executions[0].pk)
    make_job()
    started = Job.objects.get(pk=early.job.pk).last_status_change
    assert started is not None
    Job.objects.filter(pk=early.job.pk).update(last_status_change=started - timedelta(hours=1))

    body = api.get(f"{URL}running/").json()

    conform(body, page_of(JOB_TYPE_RUNNING))
    rows = [(row["job_type"]["id"], row["count"]) for row in body["results"]]
    assert rows == [(second.pk, 2), (first.pk, 1)]
    then = started - timedelta(hours=1)
    assert body["results"][0]["longest_running"].startswith(then.strftime("%Y-%m-%dT%H:%M:%S"))


def test_system_failures_are_by_type_and_error_latest_first(api: Api) -> None:
    one = make_job_type(max_tries=1)
    other = make_job_type(max_tries=1)
    for job_type, error in [(one, "nfs"), (one, "nfs"), (other, "database"), (one, "database")]:
        fail_job(make_job(job_type), error)
    fail_job(make_job(one), "algorithm-unknown")
    stamp = Job.objects.latest("last_status_change").last_status_change
    assert stamp is not None
    nfs = Job.objects.filter(error__name="nfs").order_by("id")
    nfs.filter(pk=nfs[0].pk).update(last_status_change=stamp - timedelta(hours=2))
    Job.objects.filter(job_type=other).update(last_status_change=stamp + timedelta(hours=1))

    body = api.get(f"{URL}system-failures/").json()

    conform(body, page_of(JOB_TYPE_FAILURE))
    rows = [(r["job_type"]["id"], r["error"]["name"], r["count"]) for r in body["results"]]
    assert rows[0] == (other.pk, "database", 1)
    assert sorted(rows[1:]) == [(one.pk, "database", 1), (one.pk, "nfs", 2)]
    row = next(row for row in body["results"] if row["error"]["name"] == "nfs")
    assert row["first_error"] < row["last_error"]


@pytest.mark.parametrize("path", ["running/", "system-failures/"])
def test_idle_lists_are_empty_pages(api: Api, path: str) -> None:
    body = api.get(f"{URL}{path}").json()

    assert body == {"count": 0, "next": None, "previous": None, "results": []}
    assert api.get(f"{URL}{path}", page="2").status_code == 404


def test_errors_of_a_mapping_are_shown_as_they_are_now(api: Api) -> None:
    Error.objects.create(name="bad", category="DATA", title="Before")
    mapping = {"exit_codes": {"1": "bad"}}
    job_type = api.post(URL, NEW | {"error_mapping": mapping}).json()
    Error.objects.filter(name="bad").update(title="After")

    body = api.get(f"{URL}{job_type['id']}/").json()

    assert [error["title"] for error in body["errors"]] == ["After"]


def test_lists_do_not_show_documents(api: Api) -> None:
    api.post(URL, NEW)

    assert JobType.objects.count() == 1
    assert "interface" not in api.get(URL).json()["results"][0]
