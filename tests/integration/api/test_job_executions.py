from typing import Any

import pytest

from scale.models import JobExecution
from scale.services.cancel import cancel_job
from scale.services.completions import complete_execution
from scale.services.logs import LogChanges
from scale.services.requeue import RequeueFilters, requeue_jobs
from tests.factories import claim, make_job, make_job_type, make_node, report
from tests.integration.api.conftest import Api
from tests.integration.api.rows import complete_file_job, fail_job, make_file_job, spread
from tests.integration.api.shapes import (
    JOB_EXE,
    JOB_EXE_DETAILS,
    JOB_EXE_LOGS,
    conform,
    page_of,
)

URL = "/job-executions/"


def ids(api: Api, **query: Any) -> list[int]:
    response = api.get(URL, **query)
    assert response.status_code == 200, response.content
    return [execution["id"] for execution in response.json()["results"]]


def test_execution_list_has_the_contracts_shape(api: Api) -> None:
    make_job()
    fail_job(make_job())
    claim(make_job().executions[0].pk)

    body = api.get(URL).json()

    conform(body, page_of(JOB_EXE))
    assert body["count"] == 3


def test_execution_details_have_the_contracts_shape(api: Api) -> None:
    waiting, running, failing, done = make_job(), make_job(), make_job(), make_file_job()
    claim(running.executions[0].pk)
    fail_job(failing)
    complete_file_job(done)

    for details in (waiting, running, failing, done):
        conform(api.get(f"{URL}{details.executions[0].pk}/").json(), JOB_EXE_DETAILS)


def test_details_show_what_a_running_execution_was_promised(api: Api) -> None:
    details = make_job(make_job_type(cpus_required=2.0, disk_out_const_required=5.0))
    url = f"{URL}{details.executions[0].pk}/"

    assert api.get(url).json()["disk_total_scheduled"] is None

    claim(details.executions[0].pk)

    body = api.get(url).json()
    assert body["cpus_scheduled"] == 2.0
    assert body["disk_total_scheduled"] == 5.0
    assert body["node"]["hostname"].startswith("node-")
    assert body["environment"] == {}


def test_details_show_results_of_completed_execution(api: Api) -> None:
    details = make_file_job()
    complete_file_job(details)

    body = api.get(f"{URL}{details.executions[0].pk}/").json()

    assert [one["name"] for one in body["results"]["output_data"]] == ["map", "tiles"]


@pytest.mark.parametrize("suffix", ["", "logs/"])
@pytest.mark.parametrize("execution_id", ["0", "999999", str(2**63), "9" * 5000, "x", "-1"])
def test_unknown_execution_is_404(api: Api, execution_id: str, suffix: str) -> None:
    assert api.get(f"{URL}{execution_id}/{suffix}").status_code == 404


def test_executions_by_each_filter(api: Api) -> None:
    job_type = make_job_type(name="maps", category="geo")
    details = make_job(job_type)
    wanted = details.executions[0].pk
    node = make_node()
    claim(wanted, node=node)
    make_job()

    for query in (
        {"status": "RUNNING"},
        {"job_type_id": job_type.pk},
        {"job_type_name": ["maps", "x"]},
        {"job_type_category": "geo"},
        {"node_id": node.pk},
        {"node_id": [node.pk, 999_999]},
    ):
        assert ids(api, **query) == [wanted]
    assert ids(api, status="RUNNING", job_type_name="x") == []
    assert ids(api, status="LOST") == []


def test_node_id_that_is_no_integer_is_400(api: Api) -> None:
    assert api.get(URL, node_id="x").status_code == 400


def test_executions_by_last_modified_include_both_ends(api: Api) -> None:
    for _ in range(3):
        make_job()
    moments = spread(JobExecution)

    assert len(ids(api, started=moments[1], ended=moments[2])) == 2


def test_executions_are_ordered_by_last_modified(api: Api) -> None:
    first, second = make_job().executions[0].pk, make_job().executions[0].pk
    claim(first)

    assert ids(api) == [second, first]
    assert ids(api, order="-id") == [second, first]
    assert ids(api, order="job__job_type__name") == [first, second]


def test_logs_have_the_contracts_shape_before_any_output(api: Api) -> None:
    execution_id = make_job().executions[0].pk

    body = api.get(f"{URL}{execution_id}/logs/").json()

    conform(body, JOB_EXE_LOGS)
    assert body["is_finished"] is False
    assert body["stdout"] is body["stderr"] is None


def test_executions_are_ordered_by_their_jobs_priority_of_now(api: Api) -> None:
    job_type = make_job_type()
    urgent, late = make_job(job_type), make_job(job_type)
    cancel_job(job_id=late.job.pk)
    requeue_jobs(filters=RequeueFilters(job_ids=[late.job.pk]), priority=900)
    first, second = (job.executions[0].pk for job in (urgent, late))
    third = JobExecution.objects.get(job=late.job, exe_num=2).pk

    assert ids(api, order="job__priority") == [first, second, third]
    assert ids(api, order="-job__priority") == [second, third, first]
    shown = api.get("/job-executions/", order="id").json()["results"]
    assert [row["job"]["priority"] for row in shown] == [100, 900, 900]


def test_executions_are_ordered_by_any_column_of_their_jobs_type(api: Api) -> None:
    first, second = (make_job(make_job_type(title=title)).executions[0].pk for title in "ba")

    assert ids(api, order="job__job_type__title") == [second, first]
    assert ids(api, order="-job__job_type") == [second, first]
    assert ids(api, order="job__job_type__id") == [first, second]


def test_logs_join_the_pieces_in_order(api: Api) -> None:
    claimed = claim(make_job().executions[0].pk)
    log = LogChanges(put={("stdout", 1): "b\n", ("stdout", 0): "a\n", ("stderr", 0): "oh\n"})
    complete_execution(claimed, report(log=log))

    body = api.get(f"{URL}{claimed.execution_id}/logs/").json()

    conform(body, JOB_EXE_LOGS)
    assert body["is_finished"] is True
    assert body["stdout"] == "a\nb\n"
    assert body["stderr"] == "oh\n"


@pytest.mark.parametrize("method", ["post", "put", "patch"])
def test_executions_cannot_be_changed(api: Api, method: str) -> None:
    execution_id = make_job().executions[0].pk

    assert getattr(api, method)(f"{URL}{execution_id}/", {}).status_code == 405
    assert JobExecution.objects.get().status == "QUEUED"
