"""What the routes of recipe types take and show (contract 2.7)."""

from typing import Any

from api.fields import Boolean, JsonObject, Order, Text
from api.inputs import Input, Range
from api.ordering import RECIPE_TYPE
from api.serializers.base import Joined, Json
from api.serializers.job_types import JobTypeBaseOutput
from api.serializers.recipes import RecipeTypeOutput
from api.serializers.triggers import RuleOutput
from scale.selectors.recipe_types import RecipeTypeDetails


class RecipeTypeListInput(Range):
    """Filters and order of recipe types."""

    order = Order(RECIPE_TYPE, default=["name", "version"])


class RecipeTypeEditInput(Input):
    """What may change of a recipe type."""

    title = Text(required=False, allow_null=True, max_length=50)
    description = Text(required=False, allow_null=True, max_length=500)
    definition = JsonObject(required=False, help_text="The definition; makes a revision.")
    trigger_rule = JsonObject(required=False, allow_null=True, help_text="Null removes the rule.")
    is_active = Boolean(required=False, help_text="False archives: no new recipes.")


class RecipeTypeCreateInput(RecipeTypeEditInput):
    """A new recipe type."""

    name = Text(max_length=50, allow_blank=False)
    version = Text(max_length=50, allow_blank=False)
    title = Text(required=False, allow_null=True, max_length=50, help_text="By default the name.")
    definition = JsonObject(help_text="The definition.")
    trigger_rule = JsonObject(required=False, allow_null=True)


class RecipeTypeJobTypeOutput(JobTypeBaseOutput):
    """A job type that a recipe type uses."""

    interface = Json()


class RecipeTypeDetailsOutput(RecipeTypeOutput):
    """A recipe type with everything that belongs to it, from a `RecipeTypeDetails`."""

    trigger_rule = RuleOutput(allow_null=True)  # type: ignore[assignment]
    job_types = RecipeTypeJobTypeOutput(many=True)

    def to_representation(self, instance: RecipeTypeDetails) -> dict[str, Any]:
        return super().to_representation(Joined(instance, instance.recipe_type))
