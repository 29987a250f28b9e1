"""What the routes of products take and show (contract 2.10)."""

from typing import Any

from rest_framework import serializers

from api.fields import Boolean, Order, Text, ids, texts
from api.inputs import Range
from api.ordering import PRODUCT
from api.serializers.base import Joined, Output, TimeOut
from api.serializers.files import ProductOutput
from api.serializers.sources import SourceOutput
from scale.models import ScaleFile
from scale.selectors.products import ProductDetails


class ProductListInput(Range):
    """Filters and order of products."""

    job_type_id = ids()
    job_type_name = texts()
    job_type_category = texts()
    is_operational = Boolean(required=False)
    file_name = Text(required=False)
    order = Order(PRODUCT, default=["last_modified"])


class ProductDetailsOutput(ProductOutput):
    """A product with its family, from a `ProductDetails`."""

    sources = SourceOutput(many=True)
    ancestors = ProductOutput(many=True)
    descendants = ProductOutput(many=True)

    def to_representation(self, instance: ProductDetails) -> dict[str, Any]:
        return super().to_representation(Joined(instance, instance.product))


class ProductChangeOutput(Output):
    """What happened to a product last."""

    action = serializers.ChoiceField(choices=["PUBLISHED", "UNPUBLISHED", "DELETED"])
    when = TimeOut(allow_null=True)


class ProductUpdateOutput(ProductOutput):
    """A product with what happened to it last, and the sources it descends from.

    The context's `sources` are those of each product, by its id.
    """

    update = ProductChangeOutput(source="*")  # type: ignore[assignment]
    source_files = SourceOutput(many=True)

    def to_representation(self, instance: ScaleFile) -> dict[str, Any]:
        change = _Change(instance, self.context["sources"].get(instance.pk, []))
        return super().to_representation(Joined(instance, change))


class _Change:
    def __init__(self, product: ScaleFile, source_files: list[ScaleFile]) -> None:
        self.source_files = source_files
        self.action, self.when = "UNPUBLISHED", product.unpublished
        if product.is_deleted:
            self.action, self.when = "DELETED", product.deleted
        elif product.is_published:
            self.action, self.when = "PUBLISHED", product.published
