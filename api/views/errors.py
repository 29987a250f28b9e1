"""Errors, the catalogue of failures (contract 2.11)."""

from rest_framework.request import Request
from rest_framework.response import Response

from api.schema import describe
from api.serializers.error_inputs import ErrorCreateInput, ErrorEditInput, ErrorListInput
from api.serializers.errors import ErrorOutput
from api.views.base import ScaleView
from api.views.samples import ERROR
from scale.selectors.errors import get_error, list_errors
from scale.services.errors import create_error, edit_error

TAG = "Errors"


class ErrorList(ScaleView):
    """GET and POST /errors/."""

    @describe("List errors", tag=TAG, query=ErrorListInput, answer=ErrorOutput, paged=True)
    def get(self, request: Request) -> Response:
        filters = ErrorListInput.read(request)
        order = filters.pop("order")
        return self.page(list_errors(**filters).order_by(*order), ErrorOutput)

    @describe(
        "Make an error",
        tag=TAG,
        body=ErrorCreateInput,
        answer=ErrorOutput,
        code=201,
        examples=[ERROR],
    )
    def post(self, request: Request) -> Response:
        error = create_error(**ErrorCreateInput.read(request))
        return self.created(ErrorOutput(error).data, "error", error_id=error.pk)


class ErrorDetail(ScaleView):
    """GET and PATCH /errors/{id}/."""

    @describe("Show an error", tag=TAG, answer=ErrorOutput, problems=(404,))
    def get(self, request: Request, error_id: int) -> Response:
        return Response(ErrorOutput(get_error(error_id)).data)

    @describe("Edit an error", tag=TAG, body=ErrorEditInput, answer=ErrorOutput, problems=(404,))
    def patch(self, request: Request, error_id: int) -> Response:
        return Response(ErrorOutput(edit_error(error_id, **ErrorEditInput.read(request))).data)
