"""What the routes of recipes take and show (contract 2.3.4, 2.8)."""

from typing import Any

from rest_framework import serializers

from api.fields import Id, JsonObject, Order, ids, texts
from api.inputs import Input, Range
from api.ordering import EVENT, RECIPE_TYPE, STAMPS, walk
from api.serializers.base import Joined, Json, Output, Ref, TimeOut, text_or_null, time_or_null
from api.serializers.files import FileOutput
from api.serializers.jobs import JobOutput, RecipeTypeRevRefOutput
from api.serializers.triggers import EventOutput
from scale.selectors.recipes import RecipeDetails

RECIPE = (
    "id",
    "completed",
    *STAMPS,
    "recipe_type",
    *walk("recipe_type", RECIPE_TYPE),
    "recipe_type_rev",
    "recipe_type_rev__id",
    "recipe_type_rev__revision_num",
    "event",
    *walk("event", EVENT),
)


class RecipeListInput(Range):
    """Filters and order of recipes."""

    type_id = ids()
    type_name = texts()
    order = Order(RECIPE, default=["last_modified"])


class NewRecipeInput(Input):
    """A recipe type and the data to run it on."""

    recipe_type_id = Id(help_text="The recipe type to run.")
    recipe_data = JsonObject(default=dict, help_text="The recipe data document.")


class RecipeTypeOutput(Output):
    """A recipe type with its definition."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    version = serializers.CharField()
    title = text_or_null()
    description = text_or_null()
    is_active = serializers.BooleanField()
    definition = Json()
    revision_num = serializers.IntegerField()
    created = TimeOut()
    last_modified = TimeOut()
    archived = time_or_null()
    trigger_rule = Ref(source="trigger_rule_id", allow_null=True)


class RecipeTypeRevOutput(RecipeTypeRevRefOutput):
    """The revision that a recipe runs by, with its definition."""

    definition = Json()
    created = TimeOut()


class RecipeJobOutput(Output):
    """A job at its place in a recipe."""

    job_name = serializers.CharField(source="node_name")
    job = JobOutput()
    recipe = Ref(source="recipe_id")


class RecipeDetailsOutput(Output):
    """A recipe with everything that belongs to it, from a `RecipeDetails`."""

    id = serializers.IntegerField()
    recipe_type = RecipeTypeOutput()
    recipe_type_rev = RecipeTypeRevOutput()
    event = EventOutput()
    created = TimeOut()
    completed = time_or_null()
    last_modified = TimeOut()
    data = Json()  # type: ignore[assignment]
    input_files = FileOutput(many=True)
    jobs = RecipeJobOutput(many=True)

    def to_representation(self, instance: RecipeDetails) -> dict[str, Any]:
        return super().to_representation(Joined(instance, instance.recipe))
