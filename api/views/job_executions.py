"""Job executions (contract 2.6)."""

from rest_framework.request import Request
from rest_framework.response import Response

from api.schema import describe
from api.serializers.job_executions import JobExeDetailsOutput, JobExeLogsOutput, JobExeOutput
from api.serializers.job_inputs import JobExecutionListInput
from api.views.base import ScaleView
from scale.selectors.executions import (
    get_execution_details,
    get_execution_logs,
    list_executions,
    order_executions,
)

TAG = "Job executions"


class JobExecutionList(ScaleView):
    """GET /job-executions/."""

    @describe(
        "List job executions",
        tag=TAG,
        query=JobExecutionListInput,
        answer=JobExeOutput,
        paged=True,
    )
    def get(self, request: Request) -> Response:
        filters = JobExecutionListInput.read(request)
        order = filters.pop("order")
        return self.page(order_executions(list_executions(**filters), order), JobExeOutput)


class JobExecutionDetail(ScaleView):
    """GET /job-executions/{id}/."""

    @describe("Show a job execution", tag=TAG, answer=JobExeDetailsOutput, problems=(404,))
    def get(self, request: Request, execution_id: int) -> Response:
        return Response(JobExeDetailsOutput(get_execution_details(execution_id)).data)


class JobExecutionLogs(ScaleView):
    """GET /job-executions/{id}/logs/."""

    @describe(
        "Show what a job execution printed so far",
        tag=TAG,
        answer=JobExeLogsOutput,
        problems=(404,),
    )
    def get(self, request: Request, execution_id: int) -> Response:
        return Response(JobExeLogsOutput(get_execution_logs(execution_id)).data)
