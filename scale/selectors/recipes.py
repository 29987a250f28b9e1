"""Reading recipes."""

from functools import lru_cache

from scale.domain.definition import Definition
from scale.models import Recipe, RecipeTypeRevision


# Few, for a definition of 10,000 jobs takes tens of megabytes.
@lru_cache(maxsize=64)
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
