"""Nothing a client sends makes a 5xx, and what is refused changes nothing (contract 1.6)."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.factories import make_job, make_node
from tests.integration.api.conftest import Api
from tests.integration.api.rows import make_file_job, rows

# One database transaction serves all examples: none of them may depend on a fresh one.
FUZZ = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)

LISTS = [
    "/load/",
    "/queue/status/",
    "/jobs/",
    "/jobs/updates/",
    "/jobs/executions/",
    "/job-executions/",
    "/nodes/",
    "/nodes/status/",
]
NAMES = [
    "started",
    "ended",
    "page",
    "page_size",
    "order",
    "status",
    "job_id",
    "job_type_id",
    "job_type_name",
    "job_type_category",
    "job_type_priority",
    "error_category",
    "node_id",
    "include_inactive",
]
TELLING = st.sampled_from(
    [
        "",
        "0",
        "1",
        "-1",
        "+1",
        "1e5",
        str(2**31),
        str(2**63),
        "9" * 5000,
        "true",
        "\x00",
        "PT1H",
        "P1Y2M3DT4H5M6.7S",
        "P9999999999D",
        "2015-01-01T00:00:00Z",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-12:00",
        "id",
        "-last_modified",
        "job_type__name",
        "job__job_type__name",
    ]
)
VALUES = TELLING | st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
QUERIES = st.dictionaries(st.sampled_from(NAMES), st.lists(VALUES, min_size=1, max_size=3))

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TELLING
    | st.text(max_size=10)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def bodies(*names: str) -> st.SearchStrategy[Any]:
    return st.dictionaries(st.sampled_from(names) | st.text(max_size=5), JSON, max_size=5) | JSON


@pytest.mark.parametrize("path", LISTS)
@FUZZ
@given(query=QUERIES)
def test_any_query_of_a_list_is_answered(api: Api, path: str, query: dict[str, list[str]]) -> None:
    response = api.get(path, **query)

    assert response.status_code in {200, 400, 404}
    if response.status_code != 200:
        assert set(response.json()) == {"detail"}


@FUZZ
@given(
    body=bodies("job_type_id", "job_data", "input_data"),
    document=bodies("version", "input_data", "output_data"),
    entry=bodies("name", "value", "file_id", "file_ids", "workspace_id"),
    name=st.sampled_from(["speed", "image", "masks", "map"]),
)
def test_any_new_job_is_answered(api: Api, body: Any, document: Any, entry: Any, name: str) -> None:
    job_type_id = make_file_job_once()
    attempts = [body, {"job_type_id": job_type_id, "job_data": document}]
    if isinstance(entry, dict):
        named = {"name": name, **entry}
        attempts.append(
            {
                "job_type_id": job_type_id,
                "job_data": {"input_data": [named, entry], "output_data": [named]},
            }
        )
    for attempt in attempts:
        before = rows()
        response = api.post("/queue/new-job/", json.dumps(attempt))

        assert response.status_code in {201, 400, 404}, response.content
        if response.status_code != 201:
            assert set(response.json()) == {"detail"}
            assert rows() == before


def make_file_job_once() -> int:
    found = rows()["Job"]
    return found[0]["job_type_id"] if found else make_file_job().job.job_type_id


@FUZZ
@given(
    body=bodies(
        "started",
        "ended",
        "status",
        "job_ids",
        "job_type_ids",
        "job_type_names",
        "job_type_categories",
        "error_categories",
        "priority",
    ),
    query=QUERIES,
)
def test_any_requeue_is_answered(api: Api, body: Any, query: dict[str, list[str]]) -> None:
    make_job()
    before = rows()

    response = api._client.post(
        "/queue/requeue-jobs/", json.dumps(body), "application/json", query_params=query
    )

    assert response.status_code in {200, 400, 404}, response.content
    assert rows() == before


@FUZZ
@given(body=bodies("hostname", "port", "pause_reason", "is_paused", "is_active", "status"))
def test_any_edit_is_answered(api: Api, body: Any) -> None:
    paths = [f"/nodes/{make_node().pk}/", f"/jobs/{make_job().job.pk}/", "/scheduler/"]
    for path in paths:
        before = rows()
        response = api.patch(path, json.dumps(body))

        assert response.status_code in {200, 201, 400}, response.content
        if response.status_code == 400:
            assert rows() == before
