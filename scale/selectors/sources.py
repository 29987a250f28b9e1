"""Reading sources: files from outside (contract 2.10)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Q, QuerySet

from scale.errors import NotFound
from scale.models import ScaleFile
from scale.selectors.files import find_by_key, list_files, list_files_with_types
from scale.selectors.filters import narrow

SOURCE = ScaleFile.Kind.SOURCE


@dataclass(frozen=True, slots=True)
class SourceDetails:
    """A source with every product that descends from it."""

    source: ScaleFile
    products: Sequence[ScaleFile]


def list_sources(
    *,
    started: datetime | None = None,
    ended: datetime | None = None,
    is_parsed: bool | None = None,
    file_name: str | None = None,
) -> QuerySet[ScaleFile]:
    """Return sources with their workspaces, by last_modified between started and ended."""
    return narrow(
        list_files(SOURCE),
        last_modified__gte=started,
        last_modified__lte=ended,
        is_parsed=is_parsed,
        file_name=file_name,
    )


def get_source_details(key: str) -> SourceDetails:
    """Return a source by its id or else its name, with the products that descend from it.

    Of several sources with a name the one that is not deleted is meant, else the latest.

    Raises:
        NotFound: there is no such source.
    """
    source = find_by_key(list_sources().order_by("is_deleted", "-id"), key)
    if source is None:
        raise NotFound(f"There is no source '{key}'.")
    descendants = list_files_with_types(ScaleFile.Kind.PRODUCT).filter(
        ancestor_links__ancestor=source
    )
    return SourceDetails(source, list(descendants.order_by("id")))


def find_taken(*, file_name: str, workspace_id: int, file_path: str) -> list[str]:
    """Name what of a new source is taken: its name by a source, its path by a file."""
    present = ScaleFile.objects.filter(is_deleted=False)
    taken = Q(kind=SOURCE, file_name=file_name) | Q(workspace=workspace_id, file_path=file_path)
    files = present.filter(taken)
    names = []
    if any(file.kind == SOURCE and file.file_name == file_name for file in files):
        names.append("file_name")
    if any(file.workspace_id == workspace_id and file.file_path == file_path for file in files):
        names.append("file_path")
    return names
