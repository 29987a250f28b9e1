"""Job types (contract 2.4)."""

from rest_framework.request import Request
from rest_framework.response import Response

from api.inputs import RecentRange
from api.pagination import Rows, paginate
from api.schema import describe
from api.serializers.job_type_inputs import (
    JobTypeCreateInput,
    JobTypeEditInput,
    JobTypeListInput,
)
from api.serializers.job_types import (
    JobTypeDetailsOutput,
    JobTypeFailureOutput,
    JobTypeOutput,
    JobTypeRunningOutput,
    JobTypeStatusOutput,
)
from api.serializers.validation import WarningsOutput
from api.views.base import ScaleView
from api.views.samples import JOB_TYPE
from scale.selectors.job_counts import (
    count_by_job_type,
    list_job_types_by_change,
    list_running_job_types,
    list_system_failures,
)
from scale.selectors.job_types import get_job_type_details, list_job_types
from scale.services.job_types import create_job_type, edit_job_type, validate_job_type

TAG = "Job types"


class JobTypeList(ScaleView):
    """GET and POST /job-types/."""

    @describe("List job types", tag=TAG, query=JobTypeListInput, answer=JobTypeOutput, paged=True)
    def get(self, request: Request) -> Response:
        filters = JobTypeListInput.read(request)
        order = filters.pop("order")
        return self.page(list_job_types(**filters).order_by(*order), JobTypeOutput)

    @describe(
        "Make a job type",
        tag=TAG,
        body=JobTypeCreateInput,
        answer=JobTypeDetailsOutput,
        code=201,
        examples=[JOB_TYPE],
    )
    def post(self, request: Request) -> Response:
        job_type_id = create_job_type(**JobTypeCreateInput.read(request)).pk
        body = JobTypeDetailsOutput(get_job_type_details(job_type_id)).data
        return self.created(body, "job-type", job_type_id=job_type_id)


class JobTypeDetail(ScaleView):
    """GET and PATCH /job-types/{id}/."""

    @describe("Show a job type", tag=TAG, answer=JobTypeDetailsOutput, problems=(404,))
    def get(self, request: Request, job_type_id: int) -> Response:
        return Response(JobTypeDetailsOutput(get_job_type_details(job_type_id)).data)

    @describe(
        "Edit, pause or archive a job type",
        tag=TAG,
        body=JobTypeEditInput,
        answer=JobTypeDetailsOutput,
        problems=(404,),
    )
    def patch(self, request: Request, job_type_id: int) -> Response:
        edit_job_type(job_type_id, **JobTypeEditInput.read(request))
        return Response(JobTypeDetailsOutput(get_job_type_details(job_type_id)).data)


class JobTypeValidation(ScaleView):
    """POST /job-types/validation/."""

    @describe(
        "Check a job type without making it",
        tag=TAG,
        body=JobTypeCreateInput,
        answer=WarningsOutput,
        examples=[JOB_TYPE],
    )
    def post(self, request: Request) -> Response:
        warnings = validate_job_type(**JobTypeCreateInput.read(request))
        return Response(WarningsOutput({"warnings": warnings}).data)


class JobTypeStatusList(ScaleView):
    """GET /job-types/status/."""

    @describe(
        "Show how the jobs of every type went lately",
        tag=TAG,
        query=RecentRange,
        answer=JobTypeStatusOutput,
        paged=True,
    )
    def get(self, request: Request) -> Response:
        time_range = RecentRange.read(request)

        def render(rows: Rows) -> list[object]:
            statuses = count_by_job_type(list(rows), **time_range)
            return list(JobTypeStatusOutput(statuses, many=True).data)

        return Response(paginate(request, list_job_types_by_change(), render))


class JobTypeRunningList(ScaleView):
    """GET /job-types/running/."""

    @describe(
        "Show the job types that have running jobs",
        tag=TAG,
        answer=JobTypeRunningOutput,
        paged=True,
    )
    def get(self, request: Request) -> Response:
        return self.page(list_running_job_types(), JobTypeRunningOutput)


class JobTypeFailureList(ScaleView):
    """GET /job-types/system-failures/."""

    @describe(
        "Show the job types whose jobs rest failed with a SYSTEM error",
        tag=TAG,
        answer=JobTypeFailureOutput,
        paged=True,
    )
    def get(self, request: Request) -> Response:
        return self.page(list_system_failures(), JobTypeFailureOutput)
