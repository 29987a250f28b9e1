"""Reading job types."""

from collections.abc import Iterable
from functools import lru_cache

from scale.domain.error_mapping import ErrorMapping
from scale.domain.interface import Interface
from scale.models import JobType, JobTypeRevision


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


def get_error_mapping(job_type_id: int) -> ErrorMapping:
    """Return a job type's present error mapping (contract 4.6)."""
    stored = JobType.objects.values_list("error_mapping", flat=True).get(pk=job_type_id)
    return ErrorMapping.model_validate(stored)
