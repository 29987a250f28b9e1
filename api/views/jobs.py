"""Jobs (contract 2.5)."""

from rest_framework.request import Request
from rest_framework.response import Response

from api.access import OPERATOR
from api.schema import describe
from api.serializers.job_inputs import JobEditInput, JobListInput, JobUpdatesInput
from api.serializers.jobs import (
    JobDetailsOutput,
    JobOutput,
    JobUpdateOutput,
    JobWithExecutionOutput,
)
from api.views.base import ScaleView
from scale.selectors.executions import find_latest_executions
from scale.selectors.job_counts import count_jobs
from scale.selectors.jobs import (
    find_input_files,
    get_job_details,
    list_jobs,
    split_by_change,
)
from scale.services.cancel import cancel_job

TAG = "Jobs"


class JobList(ScaleView):
    """GET /jobs/."""

    @describe("List jobs", tag=TAG, query=JobListInput, answer=JobOutput, paged=True)
    def get(self, request: Request) -> Response:
        filters = JobListInput.read(request)
        order = filters.pop("order")
        return self.page(
            list_jobs(**filters).order_by(*order), JobOutput, count=count_jobs(**filters)
        )


class JobUpdates(ScaleView):
    """GET /jobs/updates/."""

    @describe(
        "List jobs by status change, with their input files",
        tag=TAG,
        query=JobUpdatesInput,
        answer=JobUpdateOutput,
        paged=True,
    )
    def get(self, request: Request) -> Response:
        filters = JobUpdatesInput.read(request)
        order = filters.pop("order")
        return self.page(
            list_jobs(**filters).order_by(*order),
            JobUpdateOutput,
            lambda jobs: {"input_files": find_input_files(jobs)},
            count=count_jobs(**filters),
            parts=split_by_change(order, **filters),
        )


class JobExecutions(ScaleView):
    """GET /jobs/executions/."""

    @describe(
        "List jobs with their newest execution",
        tag=TAG,
        query=JobListInput,
        answer=JobWithExecutionOutput,
        paged=True,
    )
    def get(self, request: Request) -> Response:
        filters = JobListInput.read(request)
        order = filters.pop("order")
        return self.page(
            list_jobs(**filters).order_by(*order),
            JobWithExecutionOutput,
            lambda jobs: {"latest": find_latest_executions(job.pk for job in jobs)},
            count=count_jobs(**filters),
        )


class JobDetail(ScaleView):
    """GET and PATCH /jobs/{id}/."""

    roles = {"PATCH": OPERATOR}

    @describe("Show a job", tag=TAG, answer=JobDetailsOutput, problems=(404,))
    def get(self, request: Request, job_id: int) -> Response:
        return Response(JobDetailsOutput(get_job_details(job_id)).data)

    @describe("Cancel a job", tag=TAG, body=JobEditInput, answer=JobDetailsOutput, problems=(404,))
    def patch(self, request: Request, job_id: int) -> Response:
        JobEditInput.read(request)
        cancel_job(job_id=job_id)
        return Response(JobDetailsOutput(get_job_details(job_id)).data)
