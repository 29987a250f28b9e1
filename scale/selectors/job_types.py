"""Reading job types."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from django.db.models import Max, Min, Prefetch, QuerySet

from scale.domain.error_mapping import ErrorMapping
from scale.domain.interface import Interface
from scale.errors import NotFound
from scale.models import Error, JobType, JobTypeRevision
from scale.postgresql.statements import run
from scale.selectors.errors import list_errors_by_name
from scale.selectors.filters import narrow
from scale.selectors.job_counts import Counts, count_lately
from scale.selectors.rows import made_from

#: Documents, which lists never load.
LARGE = ("interface", "error_mapping")

# Asked for each new job: written out, since the ORM takes longer to compose it than PostgreSQL to
# answer it.
JOB_TYPE_BY_ID = "SELECT {columns} FROM job_type WHERE id = %(id)s".format(  # noqa: S608 -- our names
    columns=", ".join(
        str(field.column) for field in JobType._meta.concrete_fields if field.name not in LARGE
    )
)


def with_job_type(path: str) -> "Prefetch[Any]":
    """Return how a list loads the job types of its rows: few, so each once, without documents."""
    return Prefetch(path, JobType.objects.defer(*LARGE))


def find_job_type(job_type_id: int) -> JobType | None:
    """Return a job type without its documents, if there is one with this id."""
    rows = run(JOB_TYPE_BY_ID, {"id": job_type_id})
    return made_from(rows[0], JobType) if rows else None


@lru_cache(maxsize=4096)
def load_revision(job_type_id: int, revision_num: int) -> JobTypeRevision:
    """Return a revision of a job type, for reading only; revisions never change, so it is kept."""
    return JobTypeRevision.objects.get(job_type=job_type_id, revision_num=revision_num)


@lru_cache(maxsize=4096)
def load_interface(revision_id: int) -> Interface:
    """Return the interface of a job type's revision; revisions never change, so it is kept."""
    stored = JobTypeRevision.objects.values_list("interface", flat=True).get(pk=revision_id)
    return Interface.model_validate(stored)


def load_interfaces(revision_ids: Iterable[int]) -> dict[int, Interface]:
    """Return the interfaces of revisions, by id, in one query."""
    stored = JobTypeRevision.objects.filter(pk__in=set(revision_ids))
    return {
        revision_id: Interface.model_validate(interface)
        for revision_id, interface in stored.values_list("pk", "interface")
    }


def find_interfaces(keys: Iterable[tuple[str, str]]) -> dict[tuple[str, str], Interface]:
    """Return the present interfaces of job types, by name and version, of those that exist."""
    wanted = set(keys)
    # By name alone, pairs being more than the ORM can say: other versions are few.
    rows = JobType.objects.filter(name__in={name for name, _ in wanted}).values_list(
        "name", "version", "interface"
    )
    return {
        (name, version): Interface.model_validate(interface)
        for name, version, interface in rows
        if (name, version) in wanted
    }


def get_error_mapping(job_type_id: int) -> ErrorMapping:
    """Return a job type's present error mapping (contract 4.6)."""
    stored = JobType.objects.values_list("error_mapping", flat=True).get(pk=job_type_id)
    return ErrorMapping.model_validate(stored)


@dataclass(frozen=True, slots=True)
class JobTypeDetails:
    """A job type with its rule, the errors that its mapping names, and how its jobs went lately."""

    job_type: JobType
    errors: Sequence[Error]
    #: By how long back from now: `6h`, `12h`, `24h`.
    counts: dict[str, Counts]


def list_job_types(
    *,
    started: datetime | None = None,
    ended: datetime | None = None,
    name: Sequence[str] | None = None,
    category: Sequence[str] | None = None,
) -> QuerySet[JobType]:
    """Return job types, without their documents, by last_modified between started and ended."""
    return narrow(
        JobType.objects.defer(*LARGE),
        last_modified__gte=started,
        last_modified__lte=ended,
        name__in=name,
        category__in=category,
    )


def get_job_type_details(job_type_id: int) -> JobTypeDetails:
    """Return a job type with everything its details show, in a fixed number of queries.

    Raises:
        NotFound: there is none with this id.
    """
    job_type = JobType.objects.select_related("trigger_rule").filter(pk=job_type_id).first()
    if job_type is None:
        raise NotFound(f"There is no job type {job_type_id}.")
    mapping = ErrorMapping.model_validate(job_type.error_mapping)
    errors = list_errors_by_name(mapping.error_names)
    return JobTypeDetails(job_type, errors, count_lately(job_type_id))


def get_longest_timeout() -> int | None:
    """Return the longest time that a job of any type in use may take; None if one has no limit."""
    limits = JobType.objects.filter(is_active=True).aggregate(
        least=Min("timeout"), most=Max("timeout")
    )
    return None if limits["least"] == 0 else limits["most"] or 0
