"""Reading recipe types."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from scale.domain.definition import Definition
from scale.errors import NotFound
from scale.models import JobType, RecipeType
from scale.selectors.filters import narrow


@dataclass(frozen=True, slots=True)
class RecipeTypeDetails:
    """A recipe type with the job types it uses, each once."""

    recipe_type: RecipeType
    job_types: Sequence[JobType]


def list_recipe_types(
    *, started: datetime | None = None, ended: datetime | None = None
) -> QuerySet[RecipeType]:
    """Return recipe types by last_modified between started and ended."""
    return narrow(RecipeType.objects.all(), last_modified__gte=started, last_modified__lte=ended)


def get_recipe_type_details(recipe_type_id: int) -> RecipeTypeDetails:
    """Return a recipe type with its rule and job types.

    Raises:
        NotFound: there is none with this id.
    """
    found = RecipeType.objects.select_related("trigger_rule").filter(pk=recipe_type_id).first()
    if found is None:
        raise NotFound(f"There is no recipe type {recipe_type_id}.")
    keys = Definition.model_validate(found.definition).job_types
    # By name alone, pairs being more than the ORM can say: other versions are few.
    named = JobType.objects.defer("error_mapping").filter(name__in={name for name, _ in keys})
    by_key = {(job_type.name, job_type.version): job_type for job_type in named}
    return RecipeTypeDetails(found, [by_key[key] for key in keys])


def list_users(job_type: tuple[str, str]) -> QuerySet[RecipeType]:
    """Return the recipe types whose present definition uses a job type, by its name and version."""
    name, version = job_type
    use = {"jobs": [{"job_type": {"name": name, "version": version}}]}
    return RecipeType.objects.filter(definition__contains=use).order_by("id")
