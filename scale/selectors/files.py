"""Reading files and workspaces."""

from collections.abc import Collection, Iterable
from datetime import datetime

from django.db.models import Min, QuerySet

from scale.domain.documents import BIGINT_MAX
from scale.models import FileAncestry, ScaleFile, Workspace
from scale.selectors.filters import unshown
from scale.selectors.job_types import LARGE as JOB_TYPE_LARGE

_HIDDEN = unshown("workspace", Workspace, "name", "base_url")
_TYPES_LARGE = [f"job_type__{name}" for name in JOB_TYPE_LARGE]


def list_files(kind: str) -> QuerySet[ScaleFile]:
    """Return all sources or all products, with their workspaces."""
    return _with_workspace(ScaleFile.objects.filter(kind=kind))


def list_files_with_types(kind: str) -> QuerySet[ScaleFile]:
    """Return the same, each with its job type, in one query: for the few of somebody's details."""
    return list_files(kind).select_related("job_type").defer(*_TYPES_LARGE)


def list_files_by_id(file_ids: Iterable[int]) -> list[ScaleFile]:
    """Return the files with these ids, by id, each with its workspace."""
    ids = set(file_ids)
    if not ids:
        return []
    return list(_with_workspace(ScaleFile.objects.filter(pk__in=ids)).order_by("id"))


def _with_workspace(files: QuerySet[ScaleFile]) -> QuerySet[ScaleFile]:
    return files.select_related("workspace").defer(*_HIDDEN)


def list_ancestor_ids(file_ids: Collection[int]) -> set[int]:
    """Return the ids of all files that any of these descends from."""
    links = FileAncestry.objects.filter(descendant__in=file_ids)
    return set(links.values_list("ancestor", flat=True))


def find_source_time(file_ids: Collection[int]) -> datetime | None:
    """Return the earliest `data_started` of the sources the files are or descend from (6.4)."""
    if not file_ids:
        return None
    family = {*file_ids, *list_ancestor_ids(file_ids)}
    sources = ScaleFile.objects.filter(pk__in=family, kind=ScaleFile.Kind.SOURCE)
    earliest: datetime | None = sources.aggregate(earliest=Min("data_started"))["earliest"]
    return earliest


def list_workspaces_by_id(workspace_ids: Iterable[int]) -> QuerySet[Workspace]:
    """Return the workspaces with these ids."""
    return Workspace.objects.filter(pk__in=set(workspace_ids))


def find_by_key(files: QuerySet[ScaleFile], key: str) -> ScaleFile | None:
    """Return the first of the files with this id or, there being none, with this name."""
    # Python refuses to convert thousands of digits.
    digits = key.isascii() and key.isdigit() and len(key) <= len(str(BIGINT_MAX))
    if digits and int(key) <= BIGINT_MAX:
        found = files.filter(pk=int(key)).first()
        if found is not None:
            return found
    return None if "\0" in key else files.filter(file_name=key).first()
