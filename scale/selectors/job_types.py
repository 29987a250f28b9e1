"""Reading job types."""

from functools import lru_cache

from scale.domain.error_mapping import ErrorMapping
from scale.domain.interface import Interface
from scale.models import JobType, JobTypeRevision


@lru_cache(maxsize=4096)
def load_interface(revision_id: int) -> Interface:
    """Return the interface of a job type's revision; revisions never change, so it is kept."""
    stored = JobTypeRevision.objects.values_list("interface", flat=True).get(pk=revision_id)
    return Interface.model_validate(stored)


def get_error_mapping(job_type_id: int) -> ErrorMapping:
    """Return a job type's present error mapping (contract 4.6)."""
    stored = JobType.objects.values_list("error_mapping", flat=True).get(pk=job_type_id)
    return ErrorMapping.model_validate(stored)
