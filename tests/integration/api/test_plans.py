"""Lists find their rows along the index that was made for them, however much else is kept."""

from collections.abc import Iterator, Sequence
from typing import Any

import pytest
from django.db import connection

from bench.rows import (
    COMPLETED_EXECUTION,
    COMPLETED_JOB,
    FAILED_EXECUTION,
    FAILED_JOB,
    QUEUED_EXECUTION,
    QUEUED_JOB,
    copy_job,
)
from scale.models import JobExecution, JobType
from tests.factories import make_job, make_job_type, make_node
from tests.integration.api.conftest import Api
from tests.integration.api.test_queries import statements

TYPES = 20
TABLE_SCANS = ("seqscan", "bitmapscan")
NOT_SORTED = (*TABLE_SCANS, "sort")


class ThisConnection:
    """The test's own connection, as `bench.rows` uses one."""

    def rows(self, query: str, parameters: Any = ()) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(query, parameters or None)
            return cursor.fetchall() if cursor.description else []

    def value(self, query: str, parameters: Any = ()) -> Any:
        return self.rows(query, parameters)[0][0]


@pytest.fixture
def kept(db: None) -> JobType:
    """Fill the tables with what is kept of some types; return one of those."""
    database: Any = ThisConnection()
    job_types = [make_job_type() for _ in range(TYPES)]
    templates = [make_job(job_type).job.pk for job_type in job_types]
    make_node()
    for count, job, execution in (
        (150, COMPLETED_JOB, COMPLETED_EXECUTION),
        (10, FAILED_JOB, FAILED_EXECUTION),
        (20, QUEUED_JOB, QUEUED_EXECUTION),
    ):
        copy_job(database, templates, TYPES * count, job=job, execution=execution)
    for job_type in job_types:
        ran = JobExecution.objects.filter(job_type=job_type).exclude(node=None)
        ran.update(node=make_node())
    database.rows("ANALYZE")
    return job_type


def nodes_of(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes_of(inner)


def plans(api: Api, path: str, without: Sequence[str] = ()) -> list[list[dict[str, Any]]]:
    """Return the nodes of the plan of each statement of a request, some kinds being dear."""
    database = ThisConnection()
    found = []
    for sql in statements(api, path):
        for kind in without:
            database.rows(f"SET LOCAL enable_{kind} = off")
        (whole,) = database.value(f"EXPLAIN (FORMAT JSON) {sql.replace('%', '%%')}")
        for kind in without:
            database.rows(f"SET LOCAL enable_{kind} = on")
        found.append(list(nodes_of(whole["Plan"])))
    return found


def test_lists_are_read_along_their_indexes(api: Api, kept: JobType) -> None:
    node = JobExecution.objects.filter(job_type=kept).exclude(node=None)[0].node_id
    expected = {
        "/jobs/": "job_last_modified",
        "/jobs/?order=-last_modified": "job_last_modified",
        f"/jobs/?job_type_id={kept.pk}": "job_by_type",
        f"/jobs/?job_type_name={kept.name}": "job_by_type",
        "/jobs/?status=FAILED": "job_by_status",
        "/jobs/?error_category=ALGORITHM": "job_by_status",
        "/jobs/updates/": "job_last_status_change",
        "/jobs/updates/?started=P2D&ended=P1D": "job_last_status_change",
        "/job-executions/": "job_exe_last_modified",
        f"/job-executions/?job_type_id={kept.pk}": "job_exe_by_type",
        f"/job-executions/?job_type_name={kept.name}": "job_exe_by_type",
        f"/job-executions/?node_id={node}": "job_exe_by_node",
        "/job-executions/?status=CANCELED": "job_exe_by_status",
        "/job-types/system-failures/": "job_failed",
        f"/job-types/{kept.pk}/": "job_last_status_change",
    }

    wrong = {}
    for path, index in expected.items():
        used = {node.get("Index Name") for plan in plans(api, path, NOT_SORTED) for node in plan}
        if index not in used:
            wrong[path] = used

    assert wrong == {}


@pytest.mark.parametrize("path", ["/queue/status/", "/metrics/"])
def test_what_is_queued_is_looked_at_without_the_table(api: Api, kept: JobType, path: str) -> None:
    # Until a table is vacuumed an index is no better than the others that also fit.
    ThisConnection().rows("DROP INDEX job_exe_one_unfinished, job_exe_by_status, job_exe_by_type")

    found = plans(api, path, without=TABLE_SCANS)

    assert ("Index Only Scan", "job_exe_feedable") in {
        (node["Node Type"], node.get("Index Name")) for plan in found for node in plan
    }


def test_jobs_that_changed_are_counted_without_the_table(api: Api, kept: JobType) -> None:
    ThisConnection().rows("DROP INDEX job_by_type, job_by_status")

    found = plans(api, "/job-types/status/", without=TABLE_SCANS)

    assert ("Index Only Scan", "job_last_status_change") in {
        (node["Node Type"], node.get("Index Name")) for plan in found for node in plan
    }


@pytest.mark.parametrize(
    ("path", "index"),
    [
        ("/jobs/?order=job_type__name&order=-priority", "job_by_type"),
        ("/job-executions/?order=job__job_type__name&order=-job__priority", "job_exe_by_type"),
        ("/job-executions/?job_type_id={kept}&status=COMPLETED", "job_exe_by_type"),
    ],
)
def test_types_and_priorities_are_read_without_the_table(
    api: Api, kept: JobType, path: str, index: str
) -> None:
    ThisConnection().rows("DROP INDEX job_by_status, job_exe_by_status")

    found = plans(api, path.format(kept=kept.pk), without=TABLE_SCANS)

    assert ("Index Only Scan", index) in {
        (node["Node Type"], node.get("Index Name")) for plan in found for node in plan
    }


def test_updates_of_a_range_come_in_order_from_their_index(api: Api, kept: JobType) -> None:
    found = plans(api, "/jobs/updates/?started=P2D&ended=P1D", without=NOT_SORTED)

    (page,) = [
        plan
        for plan in found
        if "job_last_status_change" in {node.get("Index Name") for node in plan}
    ]
    assert [node["Node Type"] for node in page] == ["Limit", "Index Only Scan"]
