"""Reading recipes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.db.models import QuerySet

from scale.domain.definition import Definition
from scale.domain.recipe_data import read_recipe_data
from scale.errors import NotFound
from scale.models import (
    Error,
    Job,
    JobType,
    JobTypeRevision,
    Recipe,
    RecipeJob,
    RecipeType,
    RecipeTypeRevision,
    ScaleFile,
)
from scale.selectors.files import list_files_by_id
from scale.selectors.filters import narrow, narrow_types


# Few, for a definition of 10,000 jobs takes tens of megabytes.
@lru_cache(maxsize=32)
def load_definition(revision_id: int) -> Definition:
    """Return the definition of a recipe type's revision; revisions never change, so it is kept."""
    stored = RecipeTypeRevision.objects.values_list("definition", flat=True).get(pk=revision_id)
    return Definition.model_validate(stored)


def get_recipe_type_name(recipe_id: int) -> tuple[str, str]:
    """Return the name and version of a recipe's type."""
    name, version = Recipe.objects.values_list("recipe_type__name", "recipe_type__version").get(
        pk=recipe_id
    )
    return name, version


#: Columns that lists never load.
LARGE = ("data", "recipe_type__definition", "recipe_type_rev__definition", "event__description")


@dataclass(frozen=True, slots=True)
class RecipeDetails:
    """A recipe with everything its details show (contract 2.3.4)."""

    recipe: Recipe
    input_files: Sequence[ScaleFile]
    #: In creation order, each with its job.
    jobs: Sequence[RecipeJob]


def list_recipes(
    *,
    started: datetime | None = None,
    ended: datetime | None = None,
    type_id: Sequence[int] | None = None,
    type_name: Sequence[str] | None = None,
) -> QuerySet[Recipe]:
    """Return recipes as lists show them: related rows joined, large columns left out.

    `started` and `ended` are about last_modified (contract 1.5).
    """
    rows = narrow(
        Recipe.objects.select_related("recipe_type", "recipe_type_rev", "event").defer(*LARGE),
        last_modified__gte=started,
        last_modified__lte=ended,
        recipe_type__in=type_id,
    )
    return narrow_types(rows, RecipeType, "recipe_type", name__in=type_name)


def get_recipe_details(recipe_id: int) -> RecipeDetails:
    """Return a recipe with its files and jobs, in a fixed number of queries.

    Raises:
        NotFound: there is no such recipe.
    """
    recipe = (
        Recipe.objects.select_related("recipe_type", "recipe_type_rev", "event__rule")
        .filter(pk=recipe_id)
        .first()
    )
    if recipe is None:
        raise NotFound(f"There is no recipe {recipe_id}.")
    data = read_recipe_data(recipe.data, load_definition(recipe.recipe_type_rev_id))
    return RecipeDetails(recipe, list_files_by_id(data.file_ids), _list_jobs_of(recipe))


def _list_jobs_of(recipe: Recipe) -> list[RecipeJob]:
    """Return the places of a recipe with their jobs, which share what is the same for many."""
    places = list(RecipeJob.objects.filter(recipe=recipe).order_by("job_id"))
    jobs = (
        Job.objects.filter(recipe_job__recipe=recipe)
        .defer("data", "results", "command_arguments")
        .in_bulk()
    )
    types = JobType.objects.defer("interface", "error_mapping").in_bulk(
        {job.job_type_id for job in jobs.values()}
    )
    revisions = JobTypeRevision.objects.defer("interface").in_bulk(
        {job.job_type_rev_id for job in jobs.values()}
    )
    errors = Error.objects.in_bulk({job.error_id for job in jobs.values() if job.error_id})
    for place in places:
        place.recipe, place.job = recipe, jobs[place.job_id]
        place.job.job_type = types[place.job.job_type_id]
        place.job.job_type_rev = revisions[place.job.job_type_rev_id]
        place.job.error = errors.get(place.job.error_id)
        place.job.event = recipe.event
    return places
