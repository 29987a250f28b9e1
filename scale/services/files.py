"""Recording files: products of executions, and what a parse says of a source."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from scale.domain.geo import GeoFacts
from scale.domain.results import JobResults
from scale.models import FileAncestry, ScaleFile
from scale.selectors.files import list_ancestor_ids


@dataclass(frozen=True, slots=True)
class StoredProduct:
    """A file that an execution made and that already lies in its workspace."""

    output_name: str
    #: Whether the output is one of `files`.
    is_list: bool
    workspace_id: int
    file_path: str
    file_name: str
    file_size: int
    media_type: str
    uuid: str
    facts: GeoFacts


@dataclass(frozen=True, slots=True)
class ParsedSource:
    """What an execution found out about one of its source inputs (contract 6.5)."""

    file_id: int
    facts: GeoFacts
    data_types: Sequence[str] = ()
    #: Where the file lies now, if the parse moved it.
    file_path: str | None = None


class Producer(Protocol):
    """The execution that products come from."""

    @property
    def execution_id(self) -> int: ...  # noqa: D102
    @property
    def job_id(self) -> int: ...  # noqa: D102
    @property
    def job_type_id(self) -> int: ...  # noqa: D102
    @property
    def is_operational(self) -> bool: ...  # noqa: D102


def save_products(
    *,
    producer: Producer,
    input_file_ids: Sequence[int],
    products: Sequence[StoredProduct],
    published: datetime,
) -> dict[str, Any]:
    """Record an execution's products, published, with their ancestry; return the results."""
    inputs = ScaleFile.objects.filter(pk__in=input_file_ids, kind=ScaleFile.Kind.PRODUCT)
    is_operational = bool(products) and (
        producer.is_operational and not inputs.filter(is_operational=False).exists()
    )
    files = ScaleFile.objects.bulk_create(
        ScaleFile(
            kind=ScaleFile.Kind.PRODUCT,
            workspace_id=product.workspace_id,
            file_name=product.file_name,
            file_path=product.file_path,
            media_type=product.media_type,
            file_size=product.file_size,
            uuid=product.uuid,
            data_started=product.facts.data_started,
            data_ended=product.facts.data_ended,
            geometry=product.facts.geometry_wkt,
            center_point=product.facts.center_point_wkt,
            meta_data=product.facts.meta_data,
            job_type_id=producer.job_type_id,
            job_id=producer.job_id,
            job_exe_id=producer.execution_id,
            is_operational=is_operational,
            is_published=True,
            has_been_published=True,
            published=published,
            created=published,
            last_modified=published,
        )
        for product in products
    )
    if files and input_file_ids:
        ancestors = sorted({*input_file_ids, *list_ancestor_ids(input_file_ids)})
        FileAncestry.objects.bulk_create(
            FileAncestry(ancestor_id=ancestor, descendant=file)
            for file in files
            for ancestor in ancestors
        )
    lists: dict[str, list[int]] = {}
    singles: dict[str, int | list[int]] = {}
    for product, file in zip(products, files, strict=True):
        if product.is_list:
            lists.setdefault(product.output_name, []).append(file.pk)
        else:
            singles[product.output_name] = file.pk
    return JobResults(singles | lists).stored()


def parse_sources(parsed: Sequence[ParsedSource], *, now: datetime) -> None:
    """Record what an execution found out about its source inputs (contract 6.5)."""
    for item in sorted(parsed, key=lambda item: item.file_id):
        # No key changes: the products that descend from it are no reason to wait for each other.
        source = ScaleFile.objects.select_for_update(no_key=True).get(pk=item.file_id)
        source.is_parsed, source.parsed, source.last_modified = True, now, now
        source.data_started, source.data_ended = item.facts.data_started, item.facts.data_ended
        source.geometry = item.facts.geometry_wkt
        source.center_point = item.facts.center_point_wkt
        source.meta_data = item.facts.meta_data
        source.data_type = list(dict.fromkeys([*source.data_type, *item.data_types]))
        source.file_path = item.file_path or source.file_path
        source.save(
            update_fields=[
                "is_parsed",
                "parsed",
                "last_modified",
                "data_started",
                "data_ended",
                "geometry",
                "center_point",
                "meta_data",
                "data_type",
                "file_path",
            ]
        )
