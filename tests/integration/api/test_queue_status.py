from datetime import UTC, datetime
from typing import Any

from scale.models import JobExecution
from scale.services.cancel import cancel_job
from scale.services.scheduler import edit_scheduler
from tests.factories import claim, make_job, make_job_type
from tests.integration.api.conftest import Api
from tests.integration.api.shapes import boolean, conform, integer, several, text, time

URL = "/queue/status/"
SHAPE = {
    "queue_status": several(
        {
            "count": integer,
            "longest_queued": time,
            "job_type_name": text,
            "job_type_version": text,
            "highest_priority": integer,
            "is_job_type_paused": boolean,
        }
    )
}


def queue_status(api: Api) -> list[dict[str, Any]]:
    return api.get(URL).json()["queue_status"]


def test_status_of_empty_queue_is_an_empty_list(api: Api) -> None:
    assert api.get(URL).json() == {"queue_status": []}


def test_status_groups_by_type(api: Api) -> None:
    job_type = make_job_type(name="maps", version="2.0", priority=30)
    first = make_job(job_type)
    make_job(job_type)
    JobExecution.objects.filter(job=first.job).update(priority=5)

    response = api.get(URL)

    conform(response.json(), SHAPE)
    assert response.json()["queue_status"] == [
        {
            "count": 2,
            "longest_queued": first.job.queued.isoformat(timespec="milliseconds").replace(
                "+00:00", "Z"
            ),
            "job_type_name": "maps",
            "job_type_version": "2.0",
            "highest_priority": 5,
            "is_job_type_paused": False,
        }
    ]


def test_status_is_not_paginated(api: Api) -> None:
    make_job()
    make_job()

    body = api.get(URL, page=7, page_size=1).json()

    assert len(body["queue_status"]) == 2


def test_status_orders_by_pause_priority_and_age(api: Api) -> None:
    make_job(make_job_type(name="paused", is_paused=True, priority=1))
    make_job(make_job_type(name="late", priority=20))
    make_job(make_job_type(name="early", priority=20))
    make_job(make_job_type(name="urgent", priority=3))
    JobExecution.objects.filter(job_type__name="early").update(
        queued=datetime(2015, 1, 1, tzinfo=UTC)
    )

    names = [row["job_type_name"] for row in queue_status(api)]

    assert names == ["urgent", "early", "late", "paused"]


def test_versions_of_a_type_have_rows_of_their_own(api: Api) -> None:
    make_job(make_job_type(name="maps", version="1"))
    make_job(make_job_type(name="maps", version="2"))

    assert [row["job_type_version"] for row in queue_status(api)] == ["1", "2"]


def test_running_and_canceled_jobs_leave_the_status(api: Api) -> None:
    running, canceled = make_job(), make_job()

    claim(running.executions[0].pk)
    cancel_job(job_id=canceled.job.pk)

    assert queue_status(api) == []


def test_job_of_paused_scheduler_stays_in_the_status(api: Api) -> None:
    edit_scheduler(is_paused=True)
    make_job()

    assert [row["count"] for row in queue_status(api)] == [1]
