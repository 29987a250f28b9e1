from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse

from scale.domain.times import format_time, now
from scale.models import JobLoad, JobType
from tests.factories import make_job_type
from tests.integration.api.conftest import Api
from tests.integration.api.shapes import conform, integer, page_of, time

URL = "/load/"
SHAPE = page_of(
    {"time": time, "pending_count": integer, "queued_count": integer, "running_count": integer}
)


def sample(
    measured: datetime, job_type: JobType | None = None, counts: tuple[int, int, int] = (0, 0, 0)
) -> None:
    pending, queued, running = counts
    JobLoad.objects.create(
        measured=measured,
        job_type=job_type,
        pending_count=pending,
        queued_count=queued,
        running_count=running,
        is_first=not JobLoad.objects.filter(measured=measured).exists(),
    )


def ago(**span: float) -> datetime:
    return now() - timedelta(**span)


def times(response: HttpResponse) -> list[str]:
    assert response.status_code == 200
    return [row["time"] for row in response.json()["results"]]


def test_load_sums_the_types_of_each_sample_oldest_first(api: Api) -> None:
    one, two = make_job_type(), make_job_type()
    late, early = ago(hours=1), ago(hours=2)
    sample(late, one, (1, 2, 3))
    sample(late, two, (10, 20, 30))
    sample(early, one, (4, 5, 6))

    body = api.get(URL).json()

    conform(body, SHAPE)
    assert body == {
        "count": 2,
        "next": None,
        "previous": None,
        "results": [
            {
                "time": format_time(early),
                "pending_count": 4,
                "queued_count": 5,
                "running_count": 6,
            },
            {
                "time": format_time(late),
                "pending_count": 11,
                "queued_count": 22,
                "running_count": 33,
            },
        ],
    }


def test_load_pages_over_samples_not_over_rows(api: Api) -> None:
    one, two = make_job_type(), make_job_type()
    for hours in (3, 2, 1):
        instant = ago(hours=hours)
        sample(instant, one)
        sample(instant, two)

    body = api.get(URL, page=2, page_size=2, started="PT5H").json()

    assert body["count"] == 3
    assert len(body["results"]) == 1
    assert body["next"] is None
    assert "page=1" in body["previous"]
    assert "started=PT5H" in body["previous"]
    assert body["previous"].startswith("http://testserver/load/?")


def test_load_defaults_to_the_past_week(api: Api) -> None:
    sample(ago(days=8), make_job_type())
    sample(inside := ago(days=6), make_job_type())

    assert times(api.get(URL)) == [format_time(inside)]


def test_load_range_includes_both_ends(api: Api) -> None:
    job_type = make_job_type()
    instants = [ago(hours=hours) for hours in (4, 3, 2, 1)]
    for instant in instants:
        sample(instant, job_type)

    response = api.get(URL, started=format_time(instants[1]), ended=format_time(instants[2]))

    assert times(response) == [format_time(instants[1]), format_time(instants[2])]


def test_load_ended_may_be_a_duration(api: Api) -> None:
    sample(old := ago(hours=5), make_job_type())
    sample(ago(hours=1), make_job_type())

    assert times(api.get(URL, started="PT6H", ended="PT3H0M0S")) == [format_time(old)]


@pytest.mark.parametrize(
    ("name", "matching", "other"),
    [
        ("job_type_name", {"name": "a"}, {"name": "b"}),
        ("job_type_category", {"category": "a"}, {"category": "b"}),
        ("job_type_priority", {"priority": 5}, {"priority": 6}),
    ],
)
def test_load_filters_by_present_attribute_of_the_type(
    api: Api, name: str, matching: dict[str, Any], other: dict[str, Any]
) -> None:
    sample(wanted := ago(hours=1), make_job_type(**matching), (1, 1, 1))
    sample(ago(hours=2), make_job_type(**other), (1, 1, 1))
    sample(ago(hours=3))

    assert times(api.get(URL, **{name: next(iter(matching.values()))})) == [format_time(wanted)]


def test_load_filters_by_several_ids(api: Api) -> None:
    types = [make_job_type() for _ in range(3)]
    instant = ago(hours=1)
    for job_type in types:
        sample(instant, job_type, (1, 0, 0))

    body = api.get(URL, job_type_id=[types[0].pk, types[2].pk]).json()

    assert body["results"][0]["pending_count"] == 2


def test_different_filters_of_the_load_are_anded(api: Api) -> None:
    job_type = make_job_type(name="a", priority=5)
    sample(ago(hours=1), job_type)

    assert times(api.get(URL, job_type_name="a", job_type_priority=6)) == []


def test_placeholder_shows_as_zeros_without_a_type_filter_only(api: Api) -> None:
    sample(ago(hours=1))

    assert len(times(api.get(URL))) == 1
    assert times(api.get(URL, job_type_id=make_job_type().pk)) == []


@pytest.mark.parametrize("value", ["0", "-3", "99999", str(2**63), "9" * 5000])
def test_unknown_type_id_matches_no_load(api: Api, value: str) -> None:
    sample(ago(hours=1), make_job_type())

    assert times(api.get(URL, job_type_id=value)) == []


@pytest.mark.parametrize("name", ["job_type_id", "job_type_priority"])
@pytest.mark.parametrize("value", ["x", "", "1.5", "true"])
def test_load_filter_that_is_no_integer_is_400(api: Api, name: str, value: str) -> None:
    response = api.get(URL, **{name: value})

    assert response.status_code == 400
    assert response.json()["detail"].startswith(f"{name}[0]: expected an integer")


@pytest.mark.parametrize("span", ["P31D", "PT744H", "PT44640M", "P4W", "P0.08Y"])
def test_load_of_up_to_31_days(api: Api, span: str) -> None:
    assert api.get(URL, started=span).status_code == 200


def test_load_of_exactly_31_days_between_datetimes(api: Api) -> None:
    query = {"started": "2015-01-01T00:00:00Z", "ended": "2015-02-01T00:00:00Z"}

    assert api.get(URL, **query).status_code == 200
    assert api.get(URL, **query | {"ended": "2015-02-01T00:00:00.001Z"}).status_code == 400


@pytest.mark.parametrize(
    "query",
    [
        {"started": "P60D"},
        {"started": "P32D"},
        {"started": "PT744H0.001S"},
        {"started": "2015-01-01T00:00:00Z"},
        {"ended": "P8D"},
        {"started": "2100-01-01T00:00:00Z"},
        {"started": "PT1H", "ended": "PT1H"},
        {"started": "PT1H", "ended": "PT2H"},
        {"started": "2015-01-01T00:00:00"},
        {"started": "2015-01-01"},
        {"started": "20150101T000000Z"},
        {"started": "20150101T00:00:00Z"},
        {"started": "2015-01-01T00:00:00 01:00"},
        {"started": "2015-02-30T00:00:00Z"},
        {"started": "-PT1H"},
        {"started": "P"},
        {"started": "P99999Y"},
        {"started": ""},
        {"ended": "tomorrow"},
    ],
)
def test_load_range_that_is_not_valid_is_400(api: Api, query: dict[str, str]) -> None:
    response = api.get(URL, **query)

    assert response.status_code == 400
    assert response.json()["detail"].split(":")[0] in {"started", "ended"}


@pytest.mark.parametrize("offset", ["+01:00", "-05:00"])
def test_load_takes_offsets(api: Api, offset: str) -> None:
    query = {"started": f"2015-01-01T00:00:00{offset}", "ended": f"2015-01-02T00:00:00{offset}"}

    assert api.get(URL, **query).status_code == 200


def test_every_fault_of_the_load_is_told_at_once(api: Api) -> None:
    detail = api.get(URL, started="x", ended="y", job_type_id="z").json()["detail"]

    assert [part.split(":")[0] for part in detail.split("; ")] == [
        "ended",
        "job_type_id[0]",
        "started",
    ]
