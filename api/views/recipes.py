"""Recipes (contract 2.3.4, 2.8)."""

from drf_spectacular.utils import OpenApiExample
from rest_framework.request import Request
from rest_framework.response import Response

from api.access import OPERATOR
from api.schema import describe
from api.serializers.jobs import RecipeOutput
from api.serializers.recipes import NewRecipeInput, RecipeDetailsOutput, RecipeListInput
from api.views.base import ScaleView
from scale.selectors.recipes import get_recipe_details, list_recipes
from scale.services.recipes import queue_new_recipe

NEW_RECIPE = OpenApiExample(
    "Two files and a workspace",
    request_only=True,
    value={
        "recipe_type_id": 1234,
        "recipe_data": {
            "version": "1.0",
            "input_data": [
                {"name": "image", "file_id": 1234},
                {"name": "georeference_data", "file_id": 1235},
            ],
            "workspace_id": 12,
        },
    },
)


class QueueNewRecipe(ScaleView):
    """POST /queue/new-recipe/."""

    roles = {"POST": OPERATOR}

    @describe(
        "Create a recipe and queue its first jobs",
        tag="Queue",
        body=NewRecipeInput,
        answer=RecipeDetailsOutput,
        code=201,
        problems=(404,),
        examples=[NEW_RECIPE],
    )
    def post(self, request: Request) -> Response:
        details = queue_new_recipe(**NewRecipeInput.read(request), user=self.user_name)
        body = RecipeDetailsOutput(details).data
        return self.created(body, "recipe", recipe_id=details.recipe.pk)


class RecipeList(ScaleView):
    """GET /recipes/."""

    @describe("List recipes", tag="Recipes", query=RecipeListInput, answer=RecipeOutput, paged=True)
    def get(self, request: Request) -> Response:
        filters = RecipeListInput.read(request)
        order = filters.pop("order")
        return self.page(list_recipes(**filters).order_by(*order), RecipeOutput)


class RecipeDetail(ScaleView):
    """GET /recipes/{id}/."""

    @describe("Show a recipe", tag="Recipes", answer=RecipeDetailsOutput, problems=(404,))
    def get(self, request: Request, recipe_id: int) -> Response:
        return Response(RecipeDetailsOutput(get_recipe_details(recipe_id)).data)
