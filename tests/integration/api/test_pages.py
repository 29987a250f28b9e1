from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from api import pagination
from scale.models import Job
from tests.factories import make_job, make_job_type
from tests.integration.api.conftest import Api

#: Of a time range the number of jobs is not known before they are counted.
RANGE = {"started": "2020-01-01T00:00:00Z"}
PATHS = ["/jobs/", "/jobs/updates/", "/jobs/executions/", "/job-executions/"]


@pytest.fixture
def jobs(db: None) -> list[int]:
    job_type = make_job_type()
    return [make_job(job_type).job.pk for _ in range(5)]


def page(api: Api, path: str = "/jobs/", **query: Any) -> dict[str, Any]:
    response = api.get(path, **query)
    assert response.status_code == 200
    return response.json()


@pytest.mark.parametrize("path", PATHS)
def test_pages_cover_a_list_once(api: Api, jobs: list[int], path: str) -> None:
    seen: list[int] = []
    body = page(api, path, page_size=2)
    sizes = [len(body["results"])]
    seen += [row["id"] for row in body["results"]]
    while body["next"]:
        parts = urlsplit(body["next"])
        assert parts.netloc == "testserver"
        body = page(api, parts.path, **parse_qs(parts.query))
        sizes.append(len(body["results"]))
        seen += [row["id"] for row in body["results"]]

    assert sizes == [2, 2, 1]
    assert len(set(seen)) == body["count"] == 5


def walk(api: Api, path: str, **query: Any) -> list[dict[str, Any]]:
    """Return every page of a list, found by its links."""
    bodies = [page(api, path, **query)]
    while bodies[-1]["next"]:
        parts = urlsplit(bodies[-1]["next"])
        bodies.append(page(api, parts.path, **parse_qs(parts.query)))
    return bodies


@pytest.mark.parametrize(
    ("counted", "query"),
    [(2, RANGE), (1000, RANGE), (2, {})],
    ids=["estimated", "counted", "known"],
)
@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("order", ["id", "-id", "ended", "-ended"])
def test_far_pages_cover_a_list_as_near_ones_do(
    api: Api,
    jobs: list[int],
    monkeypatch: pytest.MonkeyPatch,
    counted: int,
    query: dict[str, str],
    size: int,
    order: str,
) -> None:
    Job.objects.filter(pk=jobs[1]).update(status="CANCELED", ended="2020-01-01T00:00:00Z")
    near = [job["id"] for job in page(api, order=order)["results"]]
    monkeypatch.setattr(pagination, "COUNTED", counted)
    monkeypatch.setattr(pagination, "DEEP", 1)

    bodies = walk(api, "/jobs/", order=order, page_size=size, **query)

    assert [job["id"] for body in bodies for job in body["results"]] == near
    assert {len(body["results"]) for body in bodies[:-1]} <= {size}
    assert bodies[-1]["count"] == 5


@pytest.mark.parametrize("path", PATHS)
def test_page_beyond_the_end_of_an_estimated_list_is_404(
    api: Api, jobs: list[int], monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.setattr(pagination, "COUNTED", 2)
    monkeypatch.setattr(pagination, "_estimate", lambda rows: 1000)

    assert api.get(path, page=4, page_size=2, **RANGE).status_code == 404
    assert page(api, path, page=2, page_size=2, **RANGE)["count"] == 1000
    last = page(api, path, page=3, page_size=2, **RANGE)
    assert (last["count"], last["next"]) == (5, None)


def test_estimate_is_never_below_what_was_seen(
    api: Api, jobs: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pagination, "COUNTED", 2)
    monkeypatch.setattr(pagination, "_estimate", lambda rows: 0)

    body = page(api, page=2, page_size=2, **RANGE)

    assert body["count"] == 5
    assert body["next"] is not None


def test_links_are_null_at_the_ends(api: Api, jobs: list[int]) -> None:
    assert page(api)["next"] is page(api)["previous"] is None
    assert page(api, page_size=3)["previous"] is None
    assert page(api, page_size=3, page=2)["next"] is None


def test_links_keep_other_parameters(api: Api, jobs: list[int]) -> None:
    body = page(
        api, page=2, page_size=2, order=["-id", "status"], job_type_name=[], status="QUEUED"
    )

    for link, number in ((body["next"], "3"), (body["previous"], "1")):
        assert parse_qs(urlsplit(link).query) == {
            "page": [number],
            "page_size": ["2"],
            "order": ["-id", "status"],
            "status": ["QUEUED"],
        }


@pytest.mark.parametrize("number", ["0", "-1", "x", "1.5", "", "4", "٢", "9" * 30])
def test_page_that_does_not_exist_is_404(api: Api, jobs: list[int], number: str) -> None:
    response = api.get("/jobs/", page=number, page_size=2)

    assert response.status_code == 404
    assert set(response.json()) == {"detail"}


def test_first_page_of_an_empty_list_is_200(api: Api) -> None:
    assert page(api, page=1) == {"count": 0, "next": None, "previous": None, "results": []}
    assert api.get("/jobs/", page=2).status_code == 404


@pytest.mark.parametrize("size", ["0", "-2", "x", "", "1.5", "9" * 30, "1001", "1000", "100"])
def test_page_size_out_of_bounds_is_mended(api: Api, jobs: list[int], size: str) -> None:
    body = page(api, page_size=size)

    assert len(body["results"]) == 5
    assert body["next"] is None
