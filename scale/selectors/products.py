"""Reading products: files that jobs made (contract 2.10)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, QuerySet

from scale.errors import NotFound
from scale.models import JobType, ScaleFile
from scale.selectors.files import find_by_key, list_files, list_files_with_types
from scale.selectors.filters import narrow, narrow_types
from scale.selectors.job_types import with_job_type

PRODUCT = ScaleFile.Kind.PRODUCT


@dataclass(frozen=True, slots=True)
class ProductDetails:
    """A product with the files it descends from and those that descend from it."""

    product: ScaleFile
    sources: Sequence[ScaleFile]
    #: Products only.
    ancestors: Sequence[ScaleFile]
    descendants: Sequence[ScaleFile]


def list_products(
    *,
    started: datetime | None = None,
    ended: datetime | None = None,
    job_type_id: Sequence[int] | None = None,
    job_type_name: Sequence[str] | None = None,
    job_type_category: Sequence[str] | None = None,
    is_operational: bool | None = None,
    file_name: str | None = None,
) -> QuerySet[ScaleFile]:
    """Return products that are or were published, by last_modified between started and ended."""
    rows = narrow(
        list_files(PRODUCT)
        .filter(has_been_published=True)
        .prefetch_related(with_job_type("job_type")),
        last_modified__gte=started,
        last_modified__lte=ended,
        job_type__in=job_type_id,
        is_operational=is_operational,
        file_name=file_name,
    )
    return narrow_types(
        rows, JobType, "job_type", name__in=job_type_name, category__in=job_type_category
    )


def get_product_details(key: str) -> ProductDetails:
    """Return a product by its id, or else the latest published by its name, with its family.

    Raises:
        NotFound: there is no such product.
    """
    products = list_files_with_types(PRODUCT)
    published = products.filter(has_been_published=True).order_by("-published", "-id")
    product = find_by_key(published, key)
    if product is None:
        raise NotFound(f"There is no product '{key}'.")
    sources = list_files(ScaleFile.Kind.SOURCE).filter(descendant_links__descendant=product)
    return ProductDetails(
        product,
        sources=list(sources.order_by("id")),
        ancestors=list(products.filter(descendant_links__descendant=product).order_by("id")),
        descendants=list(products.filter(ancestor_links__ancestor=product).order_by("id")),
    )


def find_source_files(product_ids: Iterable[int]) -> dict[int, list[ScaleFile]]:
    """Return the sources that products descend from, by product id, in one query."""
    ancestors = (
        list_files(ScaleFile.Kind.SOURCE)
        .filter(descendant_links__descendant__in=set(product_ids))
        .annotate(product_id=F("descendant_links__descendant"))
        .order_by("id")
    )
    sources: dict[int, list[ScaleFile]] = defaultdict(list)
    for source in ancestors:
        sources[source.product_id].append(source)
    return sources
