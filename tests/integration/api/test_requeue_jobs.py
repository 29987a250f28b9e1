from collections.abc import Callable
from typing import Any

import pytest

from scale.models import Job
from scale.services.cancel import cancel_job
from tests.factories import make_job, make_job_type
from tests.integration.api.conftest import Api
from tests.integration.api.rows import fail_job, rows, spread
from tests.integration.api.shapes import JOB, conform, page_of

URL = "/queue/requeue-jobs/"


def failed(**type_fields: Any) -> Job:
    details = make_job(make_job_type(**type_fields))
    fail_job(details)
    return Job.objects.get(pk=details.job.pk)


def ids(body: dict[str, Any]) -> list[int]:
    return [job["id"] for job in body["results"]]


def test_requeue_answers_the_jobs_as_they_stand_after_it(api: Api) -> None:
    job = failed()

    response = api.post(URL, {"job_ids": [job.pk]})

    body = response.json()
    assert response.status_code == 200
    conform(body, page_of(JOB))
    assert (body["count"], body["next"], body["previous"]) == (1, None, None)
    (shown,) = body["results"]
    assert shown["status"] == "QUEUED"
    assert shown["num_exes"] == shown["max_tries"] == 2
    assert shown["started"] is shown["ended"] is shown["error"] is None
    assert shown["priority"] == job.priority


def test_requeue_without_filters_looks_at_every_job(api: Api) -> None:
    failure, waiting = failed(), make_job()
    canceled = make_job()
    cancel_job(job_id=canceled.job.pk)

    body = api.post(URL, {}).json()

    status = {job["id"]: job["status"] for job in body["results"]}
    assert status == {failure.pk: "QUEUED", waiting.job.pk: "QUEUED", canceled.job.pk: "QUEUED"}
    assert Job.objects.get(pk=waiting.job.pk).num_exes == 1


def test_empty_arrays_are_no_filters(api: Api) -> None:
    failed()
    names = ("job_ids", "job_type_ids", "job_type_names", "job_type_categories")

    assert api.post(URL, {name: [] for name in names}).json()["count"] == 1


@pytest.mark.parametrize(
    ("name", "value_of"),
    [
        ("job_ids", lambda job: job.pk),
        ("job_type_ids", lambda job: job.job_type_id),
        ("job_type_names", lambda job: job.job_type.name),
        ("job_type_categories", lambda job: job.job_type.category),
        ("error_categories", lambda job: job.error.category),
    ],
)
def test_requeue_by_each_filter(api: Api, name: str, value_of: Callable[[Job], Any]) -> None:
    job = failed(category="mine")
    other = make_job(make_job_type(category="other"))

    assert ids(api.post(URL, {name: [value_of(job), value_of(job)]}).json()) == [job.pk]
    assert Job.objects.get(pk=other.job.pk).num_exes == 1


def test_filters_may_come_in_the_query_string(api: Api) -> None:
    first, second, third = failed(), failed(), failed()

    body = api.post(f"{URL}?job_ids={first.pk}&job_ids={third.pk}", {"job_ids": [second.pk]})

    assert sorted(ids(body.json())) == [first.pk, third.pk]


def test_requeue_by_last_modified_includes_both_ends(api: Api) -> None:
    jobs = [failed(), failed(), failed()]
    moments = spread(Job)

    body = api.post(URL, {"started": moments[0], "ended": moments[1]}).json()

    assert sorted(ids(body)) == [jobs[0].pk, jobs[1].pk]


def test_requeue_by_status_lists_others_untouched(api: Api) -> None:
    waiting = make_job()

    body = api.post(URL, {"status": "QUEUED"}).json()

    assert ids(body) == [waiting.job.pk]
    assert body["results"][0]["num_exes"] == 1


def test_requeue_sets_the_priority_of_what_is_queued(api: Api) -> None:
    job, waiting = failed(), make_job()

    api.post(URL, {"priority": "7"})

    assert Job.objects.get(pk=job.pk).priority == 7
    assert Job.objects.get(pk=waiting.job.pk).priority == 100


@pytest.mark.parametrize("priority", [0, "0", None])
def test_priority_of_zero_counts_as_not_given(api: Api, priority: object) -> None:
    job = failed(priority=42)

    api.post(URL, {"priority": priority})

    assert Job.objects.get(pk=job.pk).priority == 42


@pytest.mark.parametrize(
    "body",
    [
        {"job_ids": [999_999]},
        {"job_ids": [2**70]},
        {"job_ids": [-1]},
        {"job_type_names": ["nothing"]},
        {"status": "CANCELED"},
    ],
)
def test_requeue_that_matches_nothing_is_404(api: Api, body: dict[str, Any]) -> None:
    failed()
    before = rows()

    assert api.post(URL, body).status_code == 404

    assert rows() == before


@pytest.mark.parametrize(
    "body",
    [
        {"status": "failed"},
        {"status": "LOST"},
        {"status": ""},
        {"status": 1},
        {"status": ["FAILED"]},
        {"job_ids": 1},
        {"job_ids": "1"},
        {"job_ids": ["x"]},
        {"job_ids": [None]},
        {"job_ids": [1.5]},
        {"job_ids": {"a": 1}},
        {"job_type_ids": [True]},
        {"job_type_names": "maps"},
        {"job_type_names": [1]},
        {"job_type_names": ["a\x00"]},
        {"job_type_categories": [["a"]]},
        {"error_categories": "SYSTEM"},
        {"priority": "high"},
        {"priority": 1.5},
        {"priority": True},
        {"priority": 2**31},
        {"started": "PT1H", "ended": "PT1H"},
        {"started": "PT1H", "ended": "PT2H"},
        {"started": "2015-01-01T00:00:00"},
        {"started": 1},
    ],
)
def test_bad_requeue_is_400_and_changes_nothing(api: Api, body: dict[str, Any]) -> None:
    failed()
    before = rows()

    response = api.post(URL, body)

    assert response.status_code == 400
    assert response.json()["detail"].split(":")[0].split("[")[0] in body
    assert rows() == before


def test_requeue_pages_the_answer_but_changes_all(api: Api) -> None:
    jobs = [failed() for _ in range(3)]

    spread(Job)

    body = api.post(f"{URL}?page=2&page_size=2", {}).json()

    assert body["count"] == 3
    assert ids(body) == [jobs[2].pk]
    assert body["next"] is None
    assert body["previous"] == f"http://testserver{URL}?page=1&page_size=2"
    assert not Job.objects.exclude(status="QUEUED").exists()


@pytest.mark.parametrize("page", ["0", "2", "x", "-1", "1.5", "", "9" * 30])
def test_requeue_with_page_out_of_range_changes_nothing(api: Api, page: str) -> None:
    failed()
    before = rows()

    assert api.post(f"{URL}?page={page}", {}).status_code == 404

    assert rows() == before


def test_requeue_in_other_media_type_is_415(api: Api) -> None:
    assert api.post(URL, "a=1", content_type="application/x-www-form-urlencoded").status_code == 415


def test_operator_may_requeue_and_viewer_may_not(as_role: Callable[[str], Api]) -> None:
    failed()

    assert as_role("viewer").post(URL, {}).status_code == 403
    assert as_role("operator").post(URL, {}).status_code == 200
