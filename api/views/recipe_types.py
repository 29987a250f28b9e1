"""Recipe types (contract 2.7)."""

from rest_framework.request import Request
from rest_framework.response import Response

from api.schema import describe
from api.serializers.recipe_types import (
    RecipeTypeCreateInput,
    RecipeTypeDetailsOutput,
    RecipeTypeEditInput,
    RecipeTypeListInput,
)
from api.serializers.recipes import RecipeTypeOutput
from api.serializers.validation import WarningsOutput
from api.views.base import ScaleView
from api.views.samples import RECIPE_TYPE
from scale.selectors.recipe_types import get_recipe_type_details, list_recipe_types
from scale.services.recipe_types import (
    create_recipe_type,
    edit_recipe_type,
    validate_recipe_type,
)

TAG = "Recipe types"


class RecipeTypeList(ScaleView):
    """GET and POST /recipe-types/."""

    @describe(
        "List recipe types",
        tag=TAG,
        query=RecipeTypeListInput,
        answer=RecipeTypeOutput,
        paged=True,
    )
    def get(self, request: Request) -> Response:
        filters = RecipeTypeListInput.read(request)
        order = filters.pop("order")
        return self.page(list_recipe_types(**filters).order_by(*order), RecipeTypeOutput)

    @describe(
        "Make a recipe type",
        tag=TAG,
        body=RecipeTypeCreateInput,
        answer=RecipeTypeDetailsOutput,
        code=201,
        examples=[RECIPE_TYPE],
    )
    def post(self, request: Request) -> Response:
        recipe_type_id = create_recipe_type(**RecipeTypeCreateInput.read(request)).pk
        body = RecipeTypeDetailsOutput(get_recipe_type_details(recipe_type_id)).data
        return self.created(body, "recipe-type", recipe_type_id=recipe_type_id)


class RecipeTypeDetail(ScaleView):
    """GET and PATCH /recipe-types/{id}/."""

    @describe("Show a recipe type", tag=TAG, answer=RecipeTypeDetailsOutput, problems=(404,))
    def get(self, request: Request, recipe_type_id: int) -> Response:
        return Response(RecipeTypeDetailsOutput(get_recipe_type_details(recipe_type_id)).data)

    @describe(
        "Edit or archive a recipe type",
        tag=TAG,
        body=RecipeTypeEditInput,
        answer=RecipeTypeDetailsOutput,
        problems=(404,),
    )
    def patch(self, request: Request, recipe_type_id: int) -> Response:
        edit_recipe_type(recipe_type_id, **RecipeTypeEditInput.read(request))
        return Response(RecipeTypeDetailsOutput(get_recipe_type_details(recipe_type_id)).data)


class RecipeTypeValidation(ScaleView):
    """POST /recipe-types/validation/."""

    @describe(
        "Check a recipe type without making it",
        tag=TAG,
        body=RecipeTypeCreateInput,
        answer=WarningsOutput,
        examples=[RECIPE_TYPE],
    )
    def post(self, request: Request) -> Response:
        warnings = validate_recipe_type(**RecipeTypeCreateInput.read(request))
        return Response(WarningsOutput({"warnings": warnings}).data)
