from collections.abc import Callable
from typing import Any

import pytest

from scale.models import Job, JobExecution
from scale.services.cancel import cancel_job
from tests.factories import claim, make_job, make_job_type
from tests.integration.api.conftest import Api
from tests.integration.api.rows import complete_file_job, fail_job, make_file_job, rows, spread
from tests.integration.api.shapes import (
    FILE,
    JOB,
    JOB_DETAILS,
    JOB_EXE_BASE,
    conform,
    maybe,
    page_of,
    several,
)
from tests.recipe_factories import job_ids, make_recipe

LISTS = ["/jobs/", "/jobs/updates/", "/jobs/executions/"]


def ids(api: Api, path: str = "/jobs/", **query: Any) -> list[int]:
    response = api.get(path, **query)
    assert response.status_code == 200, response.content
    return [job["id"] for job in response.json()["results"]]


def make_every_kind() -> None:
    make_job()
    claim(make_job().executions[0].pk)
    fail_job(make_job())
    cancel_job(job_id=make_job().job.pk)
    complete_file_job(make_file_job())


@pytest.mark.parametrize(
    ("path", "shape"),
    [
        ("/jobs/", JOB),
        ("/jobs/updates/", JOB | {"input_files": several(FILE)}),
        ("/jobs/executions/", JOB | {"latest_job_exe": maybe(JOB_EXE_BASE)}),
    ],
)
def test_job_lists_have_the_contracts_shape(api: Api, path: str, shape: dict[str, Any]) -> None:
    make_every_kind()
    make_recipe({"a": [], "b": ["a"]})

    body = api.get(path).json()

    conform(body, page_of(shape))
    assert body["count"] == len(body["results"]) == 7


def test_job_details_have_the_contracts_shape(api: Api) -> None:
    make_every_kind()

    for job in Job.objects.all():
        conform(api.get(f"/jobs/{job.pk}/").json(), JOB_DETAILS)


def test_details_of_completed_job_show_results_and_products(api: Api) -> None:
    details = make_file_job()
    complete_file_job(details)

    body = api.get(f"/jobs/{details.job.pk}/").json()

    products = {product["file_name"]: product for product in body["products"]}
    assert list(products) == ["map.kml", "a.png", "b.png"]
    assert products["map.kml"]["url"] == "http://host.com/products/jobs/map.kml"
    assert products["map.kml"]["is_published"] is True
    assert products["map.kml"]["published"] == body["ended"]
    assert products["map.kml"]["job"] == {"id": body["id"]}
    assert products["map.kml"]["job_exe"] == {"id": body["job_exes"][0]["id"]}
    assert {slot["name"]: slot["value"] for slot in body["outputs"]} == {
        "map": products["map.kml"],
        "tiles": [products["a.png"], products["b.png"]],
    }
    files = {file["id"]: file for file in body["input_files"]}
    assert list(files) == sorted(files)
    masks = body["data"]["input_data"][2]["file_ids"]
    assert {slot["name"]: slot["value"] for slot in body["inputs"]} == {
        "speed": "12",
        "image": files[body["data"]["input_data"][1]["file_id"]],
        "masks": [files[file_id] for file_id in masks],
    }
    assert body["results"]["version"] == "1.0"


def test_details_show_executions_newest_first(api: Api) -> None:
    details = make_job(make_job_type(max_tries=2))
    fail_job(details, error="unknown")

    body = api.get(f"/jobs/{details.job.pk}/").json()

    assert [exe["status"] for exe in body["job_exes"]] == ["QUEUED", "FAILED"]
    assert body["job_exes"][1]["error"] is not None
    assert body["error"] is None


def test_details_of_failed_job_show_the_error_with_dates(api: Api) -> None:
    details = make_job()
    fail_job(details)

    body = api.get(f"/jobs/{details.job.pk}/").json()

    assert body["error"]["name"] == "algorithm-unknown"
    assert "created" in body["error"]
    assert "created" not in api.get("/jobs/").json()["results"][0]["error"]


def test_details_of_recipe_job_show_the_recipe(api: Api) -> None:
    recipe = make_recipe({"a": [], "b": ["a"]})

    body = api.get(f"/jobs/{job_ids(recipe)['b']}/").json()

    conform(body, JOB_DETAILS)
    assert [one["id"] for one in body["recipes"]] == [recipe.recipe.pk]
    assert body["status"] == "PENDING"
    assert body["data"] == {"version": "1.0", "input_data": [], "output_data": []}
    assert body["job_exes"] == []
    assert body["disk_in_required"] is body["last_status_change"] is None


@pytest.mark.parametrize("job_id", ["0", "999999", str(2**63), "9" * 5000, "-1", "x", "1.5"])
def test_unknown_job_is_404(api: Api, job_id: str) -> None:
    assert api.get(f"/jobs/{job_id}/").status_code == 404
    assert api.patch(f"/jobs/{job_id}/", {"status": "CANCELED"}).status_code == 404


@pytest.mark.parametrize("path", LISTS)
def test_jobs_by_each_filter(api: Api, path: str) -> None:
    job_type = make_job_type(name="maps", category="geo")
    job = make_job(job_type).job
    make_job()

    for query in (
        {"job_type_id": job_type.pk},
        {"job_type_id": [job_type.pk, 999_999]},
        {"job_type_name": "maps"},
        {"job_type_name": ["maps", "other"]},
        {"job_type_category": "geo"},
        {"job_type_name": "maps", "job_type_category": "geo", "status": "QUEUED"},
    ):
        assert ids(api, path, **query) == [job.pk]
    assert ids(api, path, job_type_name="maps", status="FAILED") == []


def test_jobs_by_id_and_error_category(api: Api) -> None:
    details = make_job()
    fail_job(details)
    make_job()

    for path in ("/jobs/", "/jobs/executions/"):
        assert ids(api, path, job_id=details.job.pk) == [details.job.pk]
        assert ids(api, path, error_category=["ALGORITHM", "DATA"]) == [details.job.pk]
        assert ids(api, path, error_category="SYSTEM") == []


def test_updates_ignore_job_id_and_error_category(api: Api) -> None:
    make_job()

    assert len(ids(api, "/jobs/updates/", job_id=999_999, error_category="DATA")) == 1


@pytest.mark.parametrize("path", LISTS)
def test_unknown_status_matches_nothing(api: Api, path: str) -> None:
    make_job()

    assert ids(api, path, status="LOST") == []


@pytest.mark.parametrize("path", [*LISTS, "/job-executions/"])
@pytest.mark.parametrize("value", ["0", "-1", str(2**63), "9" * 5000])
def test_id_that_cannot_exist_matches_nothing(api: Api, path: str, value: str) -> None:
    make_job()

    assert ids(api, path, job_type_id=value) == []


@pytest.mark.parametrize("path", [*LISTS, "/job-executions/"])
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("job_type_id", "x"),
        ("job_type_id", ""),
        ("job_type_name", "a\x00"),
        ("status", "\x00"),
        ("started", "x"),
        ("ended", "2015-01-01T00:00:00"),
        ("order", "nonsense"),
        ("order", "data"),
        ("order", "job_type__interface"),
        ("order", "?"),
        ("order", ""),
    ],
)
def test_bad_filter_is_400_and_names_the_field(api: Api, path: str, name: str, value: str) -> None:
    response = api.get(path, **{name: value})

    assert response.status_code == 400
    assert response.json()["detail"].split(":")[0].split("[")[0] == name


@pytest.mark.parametrize("path", LISTS)
def test_jobs_by_last_modified_include_both_ends(api: Api, path: str) -> None:
    jobs = [make_job().job for _ in range(4)]
    moments = spread(Job)

    found = ids(api, path, started=moments[1], ended=moments[2])

    assert found == [jobs[1].pk, jobs[2].pk]


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "query", [{"started": "PT1H", "ended": "PT1H"}, {"started": "PT1H", "ended": "PT2H"}]
)
def test_empty_or_reversed_range_is_400(api: Api, path: str, query: dict[str, str]) -> None:
    assert api.get(path, **query).status_code == 400


def test_jobs_are_ordered_by_last_modified(api: Api) -> None:
    first, second = make_job(), make_job()
    claim(first.executions[0].pk)

    assert ids(api) == [second.job.pk, first.job.pk]


def test_updates_are_ordered_by_last_status_change(api: Api) -> None:
    first, second = make_job(), make_job()
    Job.objects.filter(pk=second.job.pk).update(
        last_status_change=first.job.created.replace(year=2015)
    )

    assert ids(api, "/jobs/updates/") == [second.job.pk, first.job.pk]


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize("order", ["last_status_change", "-last_status_change"])
def test_updates_of_a_range_are_those_of_the_whole_list(api: Api, order: str, size: int) -> None:
    for _ in range(2):
        make_job()
        make_recipe({"a": [], "b": ["a"], "c": ["a"]})
    moments = spread(Job)
    chosen = set(Job.objects.order_by("pk").values_list("pk", flat=True)[1:7])
    never = Job.objects.filter(pk__in=chosen, last_status_change=None)
    whole = [job_id for job_id in ids(api, "/jobs/updates/", order=order) if job_id in chosen]
    query = {"started": moments[1], "ended": moments[6], "order": order, "page_size": size}

    pages = [
        ids(api, "/jobs/updates/", page=number + 1, **query) for number in range(-(-6 // size))
    ]

    assert [job_id for page in pages for job_id in page] == whole
    assert 0 < never.count() < len(whole) == 6
    assert api.get("/jobs/updates/", **query).json()["count"] == 6


@pytest.mark.parametrize("side", ["started", "ended"])
def test_updates_of_a_range_that_is_open_on_one_side(api: Api, side: str) -> None:
    for _ in range(3):
        make_job()
    make_recipe({"a": [], "b": ["a"]})
    moments = spread(Job)
    whole = ids(api, "/jobs/updates/")

    expected = {"started": whole[2:], "ended": whole[:3]}[side]
    assert ids(api, "/jobs/updates/", **{side: moments[2]}) == expected


def test_order_walks_into_related_objects(api: Api) -> None:
    for name, version in (("b", "1"), ("a", "1"), ("a", "2")):
        make_job(make_job_type(name=name, version=version))

    body = api.get("/jobs/", order=["job_type__name", "-job_type__version"]).json()

    names = [(job["job_type"]["name"], job["job_type"]["version"]) for job in body["results"]]
    assert names == [("a", "2"), ("a", "1"), ("b", "1")]


def test_ties_of_an_order_are_broken_by_id(api: Api) -> None:
    jobs = [make_job().job.pk for _ in range(5)]

    pages = [ids(api, order="status", page=page, page_size=2) for page in (1, 2, 3)]

    assert pages == [jobs[0:2], jobs[2:4], jobs[4:]]


def test_jobs_executions_show_the_newest_execution(api: Api) -> None:
    details = make_job(make_job_type(max_tries=2))
    fail_job(details, error="unknown")
    make_recipe({"a": [], "b": ["a"]})

    body = api.get("/jobs/executions/", order="id").json()

    latest = [job["latest_job_exe"] for job in body["results"]]
    assert latest[0]["id"] == JobExecution.objects.filter(job=details.job).latest("exe_num").pk
    assert latest[0]["job"] == {"id": details.job.pk}
    assert latest[2] is None


def test_updates_show_input_files_by_id(api: Api) -> None:
    details = make_file_job()
    make_job()

    body = api.get("/jobs/updates/", order="id").json()

    shown = [[file["id"] for file in job["input_files"]] for job in body["results"]]
    assert shown == [[file.pk for file in details.input_files], []]
    assert len(shown[0]) == 3


def test_cancel_answers_the_canceled_job(api: Api) -> None:
    details = make_job()

    response = api.patch(f"/jobs/{details.job.pk}/", {"status": "CANCELED"})

    body = response.json()
    assert response.status_code == 200
    conform(body, JOB_DETAILS)
    assert body["status"] == body["job_exes"][0]["status"] == "CANCELED"
    assert body["ended"] is not None


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"status": None},
        {"status": "QUEUED"},
        {"status": "canceled"},
        {"status": "CANCELLED"},
        {"status": 1},
        {"status": ["CANCELED"]},
        {"status": "CANCELED", "priority": 1},
        {"status": "CANCELED", "page": 1},
        [],
    ],
)
def test_other_edit_of_a_job_is_400(api: Api, body: object) -> None:
    details = make_job()
    before = rows()

    assert api.patch(f"/jobs/{details.job.pk}/", body).status_code == 400

    assert rows() == before


def test_only_the_body_of_a_cancel_counts(api: Api) -> None:
    details = make_job()

    assert api.patch(f"/jobs/{details.job.pk}/?status=CANCELED", {}).status_code == 400


def test_cancel_of_finished_job_is_400(api: Api) -> None:
    completed, canceled = make_file_job(), make_job()
    complete_file_job(completed)
    cancel_job(job_id=canceled.job.pk)
    before = rows()

    for details in (completed, canceled):
        response = api.patch(f"/jobs/{details.job.pk}/", {"status": "CANCELED"})
        assert response.status_code == 400

    assert rows() == before


def test_operator_may_cancel_and_viewer_may_not(as_role: Callable[[str], Api]) -> None:
    url = f"/jobs/{make_job().job.pk}/"

    assert as_role("viewer").patch(url, {"status": "CANCELED"}).status_code == 403
    assert as_role("operator").patch(url, {"status": "CANCELED"}).status_code == 200
