"""The queue services (contract 2.3)."""

from typing import Any

from drf_spectacular.utils import OpenApiExample
from rest_framework.request import Request
from rest_framework.response import Response

from api.access import OPERATOR
from api.pagination import Page
from api.schema import describe, page_of
from api.serializers.jobs import JobDetailsOutput, JobOutput
from api.serializers.queue import (
    LoadInput,
    LoadOutput,
    NewJobInput,
    QueueStatusOutput,
    RequeueInput,
)
from api.views.base import ScaleView
from scale.domain.lifecycle import JobStatus
from scale.selectors.load import list_load
from scale.selectors.queue import list_queue_status
from scale.services.jobs import queue_new_job
from scale.services.requeue import RequeueFilters, requeue_jobs

TAG = "Queue"

NEW_JOB = OpenApiExample(
    "A property, a file and a workspace",
    request_only=True,
    value={
        "job_type_id": 1234,
        "job_data": {
            "version": "1.0",
            "input_data": [
                {"name": "Param 1", "value": "HELLO"},
                {"name": "Param 2", "file_id": 9876},
            ],
            "output_data": [{"name": "Param 3", "workspace_id": 15}],
        },
    },
)
REQUEUE = OpenApiExample(
    "The failures of the last three hours",
    request_only=True,
    value={"started": "PT3H0M0S", "status": "FAILED", "job_type_ids": [1, 2], "priority": 10},
)


class LoadList(ScaleView):
    """GET /load/."""

    @describe(
        "Show the job load over time", tag=TAG, query=LoadInput, answer=LoadOutput, paged=True
    )
    def get(self, request: Request) -> Response:
        return self.page(list_load(**LoadInput.read(request)), LoadOutput)


class QueueStatus(ScaleView):
    """GET /queue/status/."""

    @describe("Show what is queued, per job type", tag=TAG, answer=QueueStatusOutput)
    def get(self, request: Request) -> Response:
        return Response(QueueStatusOutput({"queue_status": list_queue_status()}).data)


class QueueNewJob(ScaleView):
    """POST /queue/new-job/."""

    roles = {"POST": OPERATOR}

    @describe(
        "Create a job and put it on the queue",
        tag=TAG,
        body=NewJobInput,
        answer=JobDetailsOutput,
        code=201,
        problems=(404,),
        examples=[NEW_JOB],
    )
    def post(self, request: Request) -> Response:
        details = queue_new_job(**NewJobInput.read(request), user=self.user_name)
        return self.created(
            JobDetailsOutput(details).data, "job-execution", execution_id=details.executions[0].pk
        )


class RequeueJobs(ScaleView):
    """POST /queue/requeue-jobs/."""

    roles = {"POST": OPERATOR}

    @describe(
        "Put failed and canceled jobs back on the queue",
        tag=TAG,
        body=RequeueInput,
        answer=page_of(JobOutput),
        problems=(404,),
        examples=[REQUEUE],
        description="Every job that matches is requeued; only the answer is in pages. "
        "Without any filter, all FAILED and CANCELED jobs are requeued.",
    )
    def post(self, request: Request) -> Response:
        page = Page.read(request)
        values = RequeueInput.read(request)
        requeued = requeue_jobs(
            priority=values.pop("priority", 0) or None,
            filters=_filters(values),
            page=page.number,
            page_size=page.size,
        )
        results = list(JobOutput(requeued.jobs, many=True).data)
        return Response(page.envelope(request, requeued.count, results))


def _filters(values: dict[str, Any]) -> RequeueFilters:
    status = values.pop("status", None)
    return RequeueFilters(**values, status=JobStatus(status) if status else None)
