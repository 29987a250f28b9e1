"""Reading job types."""

from functools import lru_cache

from scale.domain.interface import Interface
from scale.models import JobTypeRevision


@lru_cache(maxsize=4096)
def load_interface(revision_id: int) -> Interface:
    """Return the interface of a job type's revision; revisions never change, so it is kept."""
    stored = JobTypeRevision.objects.values_list("interface", flat=True).get(pk=revision_id)
    return Interface.model_validate(stored)
