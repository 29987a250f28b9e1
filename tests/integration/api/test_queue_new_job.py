from collections.abc import Callable
from typing import Any

import pytest

from scale.dispatch import Follower
from scale.models import Job, JobExecution, TriggerEvent
from scale.services.feed import feeder
from tests.factories import make_job_type, make_source, make_workspace
from tests.integration.api.conftest import Api
from tests.integration.api.rows import FILE_INTERFACE, rows
from tests.integration.api.shapes import JOB_DETAILS, conform

URL = "/queue/new-job/"


def test_new_job_answers_the_queued_job(api: Api) -> None:
    job_type = make_job_type(category="maps", priority=7)

    response = api.post(URL, {"job_type_id": job_type.pk, "job_data": {}})

    body = response.json()
    assert response.status_code == 201
    conform(body, JOB_DETAILS)
    assert body["status"] == "QUEUED"
    assert body["num_exes"] == 1
    assert body["priority"] == 7
    assert body["queued"] is not None
    assert body["started"] is body["ended"] is body["error"] is None
    assert body["recipes"] == body["products"] == []
    assert body["data"] == {"version": "1.0", "input_data": [], "output_data": []}
    assert body["results"] == {}
    assert [exe["status"] for exe in body["job_exes"]] == ["QUEUED"]
    assert body["event"]["type"] == "USER"
    assert body["event"]["rule"] is None


def test_new_job_location_is_absolute_url_of_the_execution(api: Api) -> None:
    response = api.post(URL, {"job_type_id": make_job_type().pk})

    execution = JobExecution.objects.get()
    assert response["Location"] == f"http://testserver/job-executions/{execution.pk}/"
    assert response.json()["job_exes"][0]["id"] == execution.pk


def test_new_job_event_records_the_user(api: Api) -> None:
    body = api.post(URL, {"job_type_id": make_job_type().pk}).json()

    assert body["event"]["description"] == {"user": "administrator"}


def test_new_job_with_open_access_records_anonymous(nobody: Api, open_access: None) -> None:
    response = nobody.post(URL, {"job_type_id": make_job_type().pk})

    assert response.status_code == 201
    assert TriggerEvent.objects.get().description == {"user": "Anonymous"}


def test_new_job_asks_for_dispatch(
    api: Api, asked: list[Follower], django_capture_on_commit_callbacks: Any
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        api.post(URL, {"job_type_id": make_job_type().pk})

    assert asked == [feeder]


def test_new_job_shows_its_files_and_inputs(api: Api) -> None:
    workspace = make_workspace(base_url="http://host.com/")
    image = make_source(workspace, file_path="a/b.txt")
    output = make_workspace()
    data = {
        "input_data": [
            {"name": "image", "file_id": image.pk},
            {"name": "masks", "file_ids": [image.pk]},
        ],
        "output_data": [
            {"name": "map", "workspace_id": output.pk},
            {"name": "tiles", "workspace_id": output.pk},
        ],
    }

    body = api.post(
        URL, {"job_type_id": make_job_type(interface=FILE_INTERFACE).pk, "job_data": data}
    ).json()

    conform(body, JOB_DETAILS)
    assert [file["id"] for file in body["input_files"]] == [image.pk]
    assert body["input_files"][0]["url"] == "http://host.com/a/b.txt"
    shown = {slot["name"]: slot["value"] for slot in body["inputs"]}
    assert shown == {
        "speed": None,
        "image": body["input_files"][0],
        "masks": body["input_files"],
    }
    assert {slot["name"]: slot["value"] for slot in body["outputs"]} == {"map": None, "tiles": None}
    assert body["job_exes"][0]["command_arguments"] == " ${image} ${job_output_dir}"


@pytest.mark.parametrize("job_type_id", [-1, 0, 999_999, 2**63, 10**30, "999999", "-5"])
def test_new_job_of_unknown_type_is_404(api: Api, job_type_id: object) -> None:
    response = api.post(URL, {"job_type_id": job_type_id})

    assert response.status_code == 404
    assert set(response.json()) == {"detail"}


@pytest.mark.parametrize("body", [{}, {"job_type_id": None}])
def test_new_job_without_type_is_400(api: Api, body: object) -> None:
    response = api.post(URL, body)

    assert response.status_code == 400
    assert response.json()["detail"] == "job_type_id: expected a value"


@pytest.mark.parametrize("job_type_id", ["x", "", 1.5, 1.0, True, [], {}])
def test_new_job_type_that_is_no_integer_is_400(api: Api, job_type_id: object) -> None:
    response = api.post(URL, {"job_type_id": job_type_id})

    assert response.status_code == 400
    assert response.json()["detail"] == "job_type_id: expected an integer"


@pytest.mark.parametrize("job_data", [[], "x", "", 1, True, "{}"])
def test_new_job_data_that_is_no_object_is_400(api: Api, job_data: object) -> None:
    response = api.post(URL, {"job_type_id": make_job_type().pk, "job_data": job_data})

    assert response.status_code == 400
    assert response.json()["detail"].startswith("job_data: expected a JSON object")


def test_new_job_with_null_data_takes_the_default(api: Api) -> None:
    response = api.post(URL, {"job_type_id": make_job_type().pk, "job_data": None})

    assert response.status_code == 201


def test_new_job_takes_digits_as_type_id_and_ignores_unknown_fields(api: Api) -> None:
    response = api.post(URL, {"job_type_id": f"+{make_job_type().pk}", "nonsense": 1})

    assert response.status_code == 201


def test_new_job_looks_in_the_query_string_first(api: Api) -> None:
    job_type = make_job_type()

    response = api.post(f"{URL}?job_type_id={job_type.pk}", {"job_type_id": "nonsense"})

    assert response.json()["job_type"]["id"] == job_type.pk


def test_new_job_checks_shape_then_type_then_data(api: Api) -> None:
    job_type = make_job_type(interface=FILE_INTERFACE)

    assert api.post(URL, {"job_type_id": 999_999, "job_data": []}).status_code == 400
    assert api.post(URL, {"job_type_id": 999_999, "job_data": {"x": 1}}).status_code == 404
    assert api.post(URL, {"job_type_id": job_type.pk, "job_data": {}}).status_code == 400


def test_new_job_names_every_fault_of_the_data(api: Api) -> None:
    job_type = make_job_type(interface=FILE_INTERFACE)
    data = {
        "input_data": [{"name": "speed", "value": 12}, {"name": "image", "file_id": 9876}],
        "output_data": [{"name": "map", "workspace_id": 55}],
    }

    detail = api.post(URL, {"job_type_id": job_type.pk, "job_data": data}).json()["detail"]

    assert "job_data.input_data[0].value" in detail
    assert "job_data.input_data[1].file_id" in detail
    assert "9876" in detail
    assert "job_data.output_data[0].workspace_id" in detail


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"input_data": [{"name": "image", "file_id": 9876}]},
        {"input_data": {}, "output_data": 3},
        {"version": "9.9"},
        {"input_data": [{"name": "speed", "value": "a\x00b"}]},
    ],
)
def test_refused_new_job_leaves_no_rows(api: Api, data: dict[str, Any]) -> None:
    job_type = make_job_type(interface=FILE_INTERFACE)
    before = rows()

    assert api.post(URL, {"job_type_id": job_type.pk, "job_data": data}).status_code == 400

    assert rows() == before


def test_new_job_of_archived_type_is_400(api: Api) -> None:
    before = rows()

    assert api.post(URL, {"job_type_id": make_job_type(is_active=False).pk}).status_code == 400

    assert rows() == before


@pytest.mark.parametrize("fields", [{"is_paused": True}, {"max_scheduled": 0}])
def test_new_job_that_cannot_start_is_queued(api: Api, fields: dict[str, Any]) -> None:
    response = api.post(URL, {"job_type_id": make_job_type(**fields).pk})

    assert response.status_code == 201
    assert Job.objects.get().status == "QUEUED"


def test_new_job_with_other_media_type_of_file_is_queued(api: Api) -> None:
    interface = {"input_data": [{"name": "image", "type": "file", "media_types": ["image/png"]}]}
    data = {"input_data": [{"name": "image", "file_id": make_source().pk}]}

    response = api.post(
        URL, {"job_type_id": make_job_type(interface=interface).pk, "job_data": data}
    )

    assert response.status_code == 201


@pytest.mark.parametrize(
    "media_type", ["text/plain", "application/xml", "multipart/form-data; boundary=x", "x"]
)
def test_new_job_in_other_media_type_is_415(api: Api, media_type: str) -> None:
    response = api.post(URL, "job_type_id=1", content_type=media_type)

    assert response.status_code == 415
    assert set(response.json()) == {"detail"}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "{",
        "[1]",
        "1",
        "null",
        '"x"',
        "true",
        "NaN",
        '{"job_type_id": NaN}',
        '{"job_type_id": 1, "job_data": {"a": 1e999}}',
        b"\xff\xfe",
        "[" * 100_000,
        '{"a": ' * 100_000,
        "9" * 10_000,
    ],
)
def test_new_job_body_that_is_no_json_object_is_400(api: Api, body: str | bytes) -> None:
    before = rows()

    response = api.post(URL, body)

    assert response.status_code == 400
    assert set(response.json()) == {"detail"}
    assert rows() == before


def test_new_job_takes_utf8_with_charset(api: Api) -> None:
    job_type = make_job_type()

    response = api.post(
        URL, {"job_type_id": job_type.pk}, content_type="application/json; charset=utf-8"
    )

    assert response.status_code == 201


def test_body_over_the_limit_is_413(api: Api, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1024
    before = rows()

    response = api.post(URL, {"job_type_id": make_job_type().pk, "filler": "x" * 1024})

    assert response.status_code == 413
    assert set(response.json()) == {"detail"}
    assert rows() == before


def test_new_job_in_a_deep_document_is_no_failure(api: Api) -> None:
    nested = '{"a": ' * 900 + "1" + "}" * 900
    deep = f'{{"job_type_id": {make_job_type().pk}, "job_data": {nested}}}'

    assert api.post(URL, deep).status_code == 400


def test_new_job_takes_three_statements_whatever_was_queued_before(
    api: Api, django_assert_num_queries: Any
) -> None:
    body = {"job_type_id": make_job_type().pk}
    api.post(URL, body)

    with django_assert_num_queries(3):  # who asks, for a job of which type, and all that is new
        api.post(URL, body)


def test_get_new_job_is_405_with_allow(api: Api) -> None:
    response = api.get(URL)

    assert response.status_code == 405
    assert response["Allow"] == "POST"
    assert set(response.json()) == {"detail"}


def test_operator_may_queue_and_viewer_may_not(as_role: Callable[[str], Api]) -> None:
    body = {"job_type_id": make_job_type().pk}

    assert as_role("operator").post(URL, body).status_code == 201
    assert as_role("viewer").post(URL, body).status_code == 403
