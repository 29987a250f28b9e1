"""Products: files that jobs made (contract 2.10)."""

from collections.abc import Sequence
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.schema import describe
from api.serializers.files import ProductOutput
from api.serializers.products import (
    ProductDetailsOutput,
    ProductListInput,
    ProductUpdateOutput,
)
from api.views.base import ScaleView
from scale.models import ScaleFile
from scale.selectors.products import find_source_files, get_product_details, list_products

TAG = "Files"


class ProductList(ScaleView):
    """GET /products/."""

    @describe("List products", tag=TAG, query=ProductListInput, answer=ProductOutput, paged=True)
    def get(self, request: Request) -> Response:
        filters = ProductListInput.read(request)
        order = filters.pop("order")
        return self.page(list_products(**filters).order_by(*order), ProductOutput)


class ProductDetail(ScaleView):
    """GET /products/{id}/ and /products/{file_name}/."""

    @describe(
        "Show a product by its id, or the latest by its file name",
        tag=TAG,
        answer=ProductDetailsOutput,
        problems=(404,),
    )
    def get(self, request: Request, key: str) -> Response:
        return Response(ProductDetailsOutput(get_product_details(key)).data)


class ProductUpdates(ScaleView):
    """GET /products/updates/."""

    @describe(
        "List products with what happened to them last",
        tag=TAG,
        query=ProductListInput,
        answer=ProductUpdateOutput,
        paged=True,
    )
    def get(self, request: Request) -> Response:
        filters = ProductListInput.read(request)
        order = filters.pop("order")
        rows = list_products(**filters).order_by(*order)
        return self.page(rows, ProductUpdateOutput, context=_sources)


def _sources(products: Sequence[ScaleFile]) -> dict[str, Any]:
    return {"sources": find_source_files(product.pk for product in products)}
