"""Nodes (contract 2.12)."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.inputs import RecentRange
from api.pagination import paginate
from api.schema import describe
from api.serializers.node_base import NodeOutput
from api.serializers.node_inputs import (
    NodeEditInput,
    NodeListInput,
    NodeReplaceInput,
)
from api.serializers.nodes import NodeDetailsOutput, NodeStatusOutput
from api.views.base import ScaleView
from scale.selectors.nodes import describe_nodes, get_node_details, list_nodes
from scale.services.nodes import edit_node

TAG = "Nodes"


class NodeList(ScaleView):
    """GET /nodes/."""

    @describe("List nodes", tag=TAG, query=NodeListInput, answer=NodeOutput, paged=True)
    def get(self, request: Request) -> Response:
        filters = NodeListInput.read(request)
        order = filters.pop("order")
        return self.page(list_nodes(**filters).order_by(*order), NodeOutput)


class NodeStatusList(ScaleView):
    """GET /nodes/status/."""

    @describe(
        "Show what nodes do and how it went lately",
        tag=TAG,
        query=RecentRange,
        answer=NodeStatusOutput,
        paged=True,
    )
    def get(self, request: Request) -> Response:
        time_range = RecentRange.read(request)

        def render(nodes: Any) -> Any:
            return NodeStatusOutput(describe_nodes(nodes, **time_range), many=True).data

        return Response(paginate(request, list_nodes().order_by("id"), render))


class NodeDetail(ScaleView):
    """GET, PATCH and PUT /nodes/{id}/."""

    @describe("Show a node", tag=TAG, answer=NodeDetailsOutput, problems=(404,))
    def get(self, request: Request, node_id: int) -> Response:
        return Response(NodeDetailsOutput(get_node_details(node_id)).data)

    @describe(
        "Edit a node", tag=TAG, body=NodeEditInput, answer=NodeOutput, code=201, problems=(404,)
    )
    def patch(self, request: Request, node_id: int) -> Response:
        return self._edit(node_id, NodeEditInput.read(request))

    @describe(
        "Edit all of a node",
        tag=TAG,
        body=NodeReplaceInput,
        answer=NodeOutput,
        code=201,
        problems=(404,),
    )
    def put(self, request: Request, node_id: int) -> Response:
        return self._edit(node_id, NodeReplaceInput.read(request))

    def _edit(self, node_id: int, changes: dict[str, Any]) -> Response:
        node = edit_node(node_id=node_id, **changes)
        return self.created(NodeOutput(node).data, "node", node_id=node_id)
