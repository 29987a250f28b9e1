"""Sources: files from outside (contract 2.10)."""

from typing import Any

from django.http import QueryDict
from rest_framework.request import Request
from rest_framework.response import Response

from api.access import OPERATOR
from api.parsers import JsonParser, UploadParser
from api.schema import describe
from api.serializers.sources import (
    SourceDetailsOutput,
    SourceListInput,
    SourceOutput,
    SourceRegisterInput,
    SourceUpdateOutput,
    SourceUploadInput,
)
from api.views.base import ScaleView
from api.views.samples import SOURCE
from scale.models import ScaleFile
from scale.selectors.sources import get_source_details, list_sources
from scale.services.sources import register_source, upload_source

TAG = "Files"


class SourceList(ScaleView):
    """GET and POST /sources/."""

    roles = {"POST": OPERATOR}
    parser_classes = [JsonParser, UploadParser]

    @describe("List sources", tag=TAG, query=SourceListInput, answer=SourceOutput, paged=True)
    def get(self, request: Request) -> Response:
        filters = SourceListInput.read(request)
        order = filters.pop("order")
        return self.page(list_sources(**filters).order_by(*order), SourceOutput)

    @describe(
        "Take in a file: uploaded, or lying in a workspace already",
        tag=TAG,
        body={
            "application/json": SourceRegisterInput,
            "multipart/form-data": SourceUploadInput,
        },
        answer=SourceDetailsOutput,
        code=201,
        examples=[SOURCE],
    )
    def post(self, request: Request) -> Response:
        source_id = _take_in(request).pk
        body = SourceDetailsOutput(get_source_details(str(source_id))).data
        return self.created(body, "source", key=source_id)


def _take_in(request: Request) -> ScaleFile:
    if not isinstance(request.data, QueryDict):
        return register_source(**SourceRegisterInput.read(request))
    fields: dict[str, Any] = SourceUploadInput.read(request)
    content = fields.pop("file")
    # Django names the parts of forms itself where it reads them for its check of cookies.
    part_name = getattr(content, "part_name", content.name)
    return upload_source(content=content, **{"file_name": part_name, **fields})


class SourceDetail(ScaleView):
    """GET /sources/{id}/ and /sources/{file_name}/."""

    @describe(
        "Show a source by its id or its file name",
        tag=TAG,
        answer=SourceDetailsOutput,
        problems=(404,),
    )
    def get(self, request: Request, key: str) -> Response:
        return Response(SourceDetailsOutput(get_source_details(key)).data)


class SourceUpdates(ScaleView):
    """GET /sources/updates/."""

    @describe(
        "List sources with what happened to them last",
        tag=TAG,
        query=SourceListInput,
        answer=SourceUpdateOutput,
        paged=True,
    )
    def get(self, request: Request) -> Response:
        filters = SourceListInput.read(request)
        order = filters.pop("order")
        return self.page(list_sources(**filters).order_by(*order), SourceUpdateOutput)
