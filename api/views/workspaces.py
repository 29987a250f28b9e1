"""Workspaces (contract 2.9)."""

from rest_framework.request import Request
from rest_framework.response import Response

from api.schema import describe
from api.serializers.validation import WarningsOutput
from api.serializers.workspaces import (
    WorkspaceCreateInput,
    WorkspaceDetailsOutput,
    WorkspaceEditInput,
    WorkspaceListInput,
    WorkspaceOutput,
)
from api.views.base import ScaleView
from api.views.samples import WORKSPACE
from scale.selectors.workspaces import get_workspace, list_workspaces
from scale.services.workspaces import create_workspace, edit_workspace, validate_workspace

TAG = "Workspaces"


class WorkspaceList(ScaleView):
    """GET and POST /workspaces/."""

    @describe(
        "List workspaces", tag=TAG, query=WorkspaceListInput, answer=WorkspaceOutput, paged=True
    )
    def get(self, request: Request) -> Response:
        filters = WorkspaceListInput.read(request)
        order = filters.pop("order")
        return self.page(list_workspaces(**filters).order_by(*order), WorkspaceOutput)

    @describe(
        "Make a workspace",
        tag=TAG,
        body=WorkspaceCreateInput,
        answer=WorkspaceDetailsOutput,
        code=201,
        examples=[WORKSPACE],
    )
    def post(self, request: Request) -> Response:
        workspace = create_workspace(**WorkspaceCreateInput.read(request))
        body = WorkspaceDetailsOutput(workspace).data
        return self.created(body, "workspace", workspace_id=workspace.pk)


class WorkspaceDetail(ScaleView):
    """GET and PATCH /workspaces/{id}/."""

    @describe("Show a workspace", tag=TAG, answer=WorkspaceDetailsOutput, problems=(404,))
    def get(self, request: Request, workspace_id: int) -> Response:
        return Response(WorkspaceDetailsOutput(get_workspace(workspace_id)).data)

    @describe(
        "Edit or archive a workspace",
        tag=TAG,
        body=WorkspaceEditInput,
        answer=WorkspaceDetailsOutput,
        problems=(404,),
    )
    def patch(self, request: Request, workspace_id: int) -> Response:
        workspace = edit_workspace(workspace_id, **WorkspaceEditInput.read(request))
        return Response(WorkspaceDetailsOutput(workspace).data)


class WorkspaceValidation(ScaleView):
    """POST /workspaces/validation/."""

    @describe(
        "Check a workspace without making it",
        tag=TAG,
        body=WorkspaceCreateInput,
        answer=WarningsOutput,
        examples=[WORKSPACE],
    )
    def post(self, request: Request) -> Response:
        warnings = validate_workspace(**WorkspaceCreateInput.read(request))
        return Response(WarningsOutput({"warnings": warnings}).data)
