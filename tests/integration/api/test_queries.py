"""Reading is cheap: a fixed number of statements, and lists without large columns."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scale.services.load import take_sample
from tests.factories import claim, make_job, make_node
from tests.integration.api.conftest import Api
from tests.integration.api.rows import complete_file_job, fail_job, make_file_job
from tests.recipe_factories import make_recipe

LARGE = [
    '"job_type"."interface"',
    '"job_type"."error_mapping"',
    '"job_type_revision"."interface"',
    '"job"."data"',
    '"job"."results"',
    '"job_exe"."results"',
    '"job_exe"."results_manifest"',
    '"event"."description"',
    '"trigger_event"."description"',
    "job_exe_log",
]
#: Lists that show what a document names must read it.
MAY_READ = {"/jobs/updates/": ['"job"."data"', '"job_type_revision"."interface"']}


def add_rows() -> None:
    make_job()
    fail_job(make_job())
    claim(make_job().executions[0].pk, node=make_node())
    make_recipe({"a": [], "b": ["a"]})
    take_sample()


def statements(api: Api, path: str) -> list[str]:
    with CaptureQueriesContext(connection) as captured:
        response = api.get(path)
    assert response.status_code == 200
    begun = ("SAVEPOINT", "RELEASE SAVEPOINT")
    sent = [query["sql"] for query in captured.captured_queries]
    return [sql for sql in sent if not sql.startswith(begun)]


LISTS = [
    "/load/",
    "/queue/status/",
    "/jobs/",
    "/jobs/updates/",
    "/jobs/executions/",
    "/job-executions/",
    "/nodes/",
    "/nodes/status/",
    "/status/",
]


@pytest.mark.parametrize("path", LISTS)
def test_list_is_a_fixed_number_of_statements(api: Api, path: str) -> None:
    add_rows()
    few = statements(api, path)
    for _ in range(4):
        add_rows()
    many = statements(api, path)

    assert len(many) == len(few) <= 6
    for sql in many:
        for column in LARGE:
            assert column not in sql or column in MAY_READ.get(path, []), (path, column)


def test_job_details_are_a_fixed_number_of_statements(api: Api) -> None:
    small, large = make_job(), make_file_job()
    complete_file_job(large)
    for details in (small, large):
        statements(api, f"/jobs/{details.job.pk}/")

    counts = [len(statements(api, f"/jobs/{one.job.pk}/")) for one in (small, large)]

    assert max(counts) <= 6


@pytest.mark.parametrize("suffix", ["", "logs/"])
def test_execution_details_are_a_fixed_number_of_statements(api: Api, suffix: str) -> None:
    details = make_file_job()
    complete_file_job(details)

    assert len(statements(api, f"/job-executions/{details.executions[0].pk}/{suffix}")) <= 4


def test_requeue_costs_the_same_for_one_and_many(api: Api) -> None:
    def requeue() -> int:
        fail_job(make_job())
        with CaptureQueriesContext(connection) as captured:
            assert api.post("/queue/requeue-jobs/", {"status": "FAILED"}).status_code == 200
        return len(captured)

    one = requeue()
    for _ in range(10):
        fail_job(make_job())

    assert requeue() == one
