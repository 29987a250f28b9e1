from typing import Any

import pytest

from scale.models import JobType, RecipeTypeRevision
from tests.factories import make_job_type, make_workspace
from tests.integration.api.catalogue import (
    INTERFACE,
    RECIPE_TYPE,
    RECIPE_TYPE_DETAILS,
    WARNINGS,
    definition,
    everything,
    rule,
)
from tests.integration.api.conftest import Api
from tests.integration.api.shapes import conform, page_of

URL = "/recipe-types/"
EMPTY: dict[str, Any] = {"version": "1.0", "input_data": [], "jobs": []}


@pytest.fixture
def job_type(db: None) -> JobType:
    return make_job_type(name="convert", interface=INTERFACE)


@pytest.fixture
def new(job_type: JobType) -> dict[str, Any]:
    return {"name": "maps", "version": "1.0", "definition": definition(job_type)}


@pytest.fixture
def made(api: Api, new: dict[str, Any]) -> dict[str, Any]:
    return api.post(URL, new).json()


def edit(api: Api, made: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    response = api.patch(f"{URL}{made['id']}/", changes)
    assert response.status_code == 200, response.content
    return response.json()


def refused(api: Api, made: dict[str, Any], changes: dict[str, Any]) -> str:
    before = everything()
    response = api.patch(f"{URL}{made['id']}/", changes)
    assert response.status_code == 400
    assert everything() == before
    return response.json()["detail"]


def test_recipe_types_list_is_by_name_and_version(api: Api) -> None:
    for name, version in [("b", "1"), ("a", "2"), ("a", "1")]:
        api.post(URL, {"name": name, "version": version, "definition": EMPTY})

    body = api.get(URL).json()

    conform(body, page_of(RECIPE_TYPE))
    found = [(row["name"], row["version"]) for row in body["results"]]
    assert found == [("a", "1"), ("a", "2"), ("b", "1")]
    reverse = api.get(URL, order="-version").json()["results"]
    assert [row["version"] for row in reverse] == ["2", "1", "1"]
    assert api.get(URL, ended="PT1H").json()["count"] == 0


def test_create_recipe_type_answers_it_with_location(
    api: Api, new: dict[str, Any], job_type: JobType
) -> None:
    response = api.post(URL, new)

    body = response.json()
    assert response.status_code == 201
    conform(body, RECIPE_TYPE_DETAILS)
    assert response["Location"] == f"http://testserver/recipe-types/{body['id']}/"
    assert api.get(f"{URL}{body['id']}/").json() == body
    assert (body["title"], body["description"]) == ("maps", None)
    assert (body["is_active"], body["archived"], body["revision_num"]) == (True, None, 1)
    assert body["trigger_rule"] is None
    assert [used["id"] for used in body["job_types"]] == [job_type.pk]
    assert body["job_types"][0]["interface"] == job_type.interface


def test_create_recipe_type_stores_the_definition_with_its_defaults(made: dict[str, Any]) -> None:
    assert made["definition"] == {
        "version": "1.0",
        "input_data": [
            {"name": "scene", "type": "file", "required": True, "media_types": ["image/png"]}
        ],
        "jobs": [
            {
                "name": "convert",
                "job_type": {"name": "convert", "version": "1.0"},
                "recipe_inputs": [{"recipe_input": "scene", "job_input": "image"}],
                "dependencies": [],
            }
        ],
    }
    revision = RecipeTypeRevision.objects.get()
    assert (revision.revision_num, revision.definition) == (1, made["definition"])


def test_create_recipe_type_without_jobs_is_taken(api: Api) -> None:
    body = api.post(URL, {"name": "x", "version": "1", "definition": {"jobs": []}}).json()

    assert body["definition"] == EMPTY
    assert body["job_types"] == []


def test_details_show_each_job_type_once(api: Api, job_type: JobType) -> None:
    doubled = definition(job_type)
    doubled["jobs"].append(doubled["jobs"][0] | {"name": "again"})

    body = api.post(URL, {"name": "x", "version": "1", "definition": doubled}).json()

    assert [used["name"] for used in body["job_types"]] == ["convert"]


def test_create_archived_recipe_type_is_stamped(api: Api, new: dict[str, Any]) -> None:
    body = api.post(URL, new | {"is_active": False}).json()

    assert (body["is_active"], body["archived"]) == (False, body["created"])


BAD_FIELDS: list[tuple[dict[str, Any], str]] = [
    ({"title": "x" * 51}, "title"),
    ({"title": 1}, "title"),
    ({"description": "x" * 501}, "description"),
    ({"is_active": "x"}, "is_active"),
    ({"definition": []}, "definition"),
    ({"definition": {}}, "definition.jobs"),
    ({"definition": EMPTY | {"version": "2.0"}}, "definition.version"),
    ({"definition": EMPTY | {"colour": "red"}}, "definition.colour"),
    (
        {"definition": {"jobs": [{"name": "a", "job_type": {"name": "no", "version": "1"}}]}},
        "definition.jobs[0].job_type",
    ),
    (
        {"definition": {"jobs": [{"name": "a", "job_type": {"name": "convert"}}]}},
        "definition.jobs[0].job_type.version",
    ),
    (
        {
            "definition": {
                "jobs": [{"name": "a", "job_type": {"name": "convert", "version": "1.0"}}]
            }
        },
        "definition.jobs[0]",
    ),
    ({"trigger_rule": []}, "trigger_rule"),
    ({"trigger_rule": {"is_active": False}}, "trigger_rule"),
    (
        {"trigger_rule": rule("nowhere", input_name="scene")},
        "trigger_rule.configuration.data.workspace_name",
    ),
]


@pytest.mark.parametrize("path", [URL, f"{URL}validation/"])
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": None}, "name"),
        ({"name": "x" * 51}, "name"),
        ({"version": None}, "version"),
        ({"version": ""}, "version"),
        ({"definition": None}, "definition"),
        *BAD_FIELDS,
    ],
)
def test_create_recipe_type_refused_names_the_field_and_changes_nothing(
    api: Api, new: dict[str, Any], path: str, change: dict[str, Any], field: str
) -> None:
    before = everything()

    response = api.post(path, new | change)

    assert response.status_code == 400
    assert response.json()["detail"].startswith(f"{field}: ")
    assert everything() == before


def test_create_recipe_type_with_taken_name_and_version_is_400(
    api: Api, made: dict[str, Any], new: dict[str, Any]
) -> None:
    before = everything()

    response = api.post(URL, new)

    assert response.status_code == 400
    assert response.json()["detail"].startswith("version: ")
    assert everything() == before


def test_create_recipe_type_ignores_unknown_fields(api: Api, new: dict[str, Any]) -> None:
    assert api.post(URL, new | {"colour": "red", "revision_num": 4}).json()["revision_num"] == 1


def test_edit_changes_what_is_given_and_makes_no_revision(api: Api, made: dict[str, Any]) -> None:
    changes = {"title": "New", "description": "Other"}

    body = edit(api, made, changes | {"name": "x", "version": "x", "revision_num": 9})

    conform(body, RECIPE_TYPE_DETAILS)
    assert body == made | changes | {"last_modified": body["last_modified"]}
    assert edit(api, made, {"title": None})["title"] is None
    assert RecipeTypeRevision.objects.count() == 1


def test_new_definition_makes_a_revision_and_leaves_recipes_theirs(api: Api) -> None:
    made = api.post(URL, {"name": "x", "version": "1", "definition": EMPTY}).json()
    recipe = api.post("/queue/new-recipe/", {"recipe_type_id": made["id"]}).json()
    new = EMPTY | {"input_data": [{"name": "a", "type": "property", "required": False}]}

    body = edit(api, made, {"definition": new})

    assert body["revision_num"] == 2
    assert RecipeTypeRevision.objects.count() == 2
    after = api.get(f"/recipes/{recipe['id']}/").json()
    assert after["recipe_type_rev"] == recipe["recipe_type_rev"]
    assert after["recipe_type"]["definition"] == body["definition"]


@pytest.mark.parametrize(("change", "field"), BAD_FIELDS)
def test_edit_refused_names_the_field_and_changes_nothing(
    api: Api, made: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    assert refused(api, made, {"title": "New", **change}).startswith(f"{field}: ")


def test_archiving_stops_new_recipes_until_it_is_brought_back(api: Api) -> None:
    made = api.post(URL, {"name": "x", "version": "1", "definition": EMPTY}).json()
    queue = {"recipe_type_id": made["id"]}

    archived = edit(api, made, {"is_active": False})
    refusal = api.post("/queue/new-recipe/", queue)
    back = edit(api, made, {"is_active": True})

    assert (archived["is_active"], archived["archived"]) == (False, archived["last_modified"])
    assert refusal.status_code == 400
    assert (back["is_active"], back["archived"]) == (True, None)
    assert api.post("/queue/new-recipe/", queue).status_code == 201


def test_rule_is_made_switched_replaced_and_removed(api: Api, new: dict[str, Any]) -> None:
    make_workspace(name="products")
    wanted = rule("products", input_name="scene")
    made = api.post(URL, new | {"trigger_rule": wanted}).json()

    off = edit(api, made, {"trigger_rule": {"is_active": False}})
    other = edit(api, made, {"trigger_rule": wanted | {"type": "INGEST"}})
    listed = api.get(URL).json()["results"][0]
    gone = edit(api, made, {"trigger_rule": None})

    conform(made, RECIPE_TYPE_DETAILS)
    assert off["trigger_rule"]["id"] == made["trigger_rule"]["id"]
    assert off["trigger_rule"]["is_active"] is False
    assert other["trigger_rule"]["id"] != made["trigger_rule"]["id"]
    assert listed["trigger_rule"] == {"id": other["trigger_rule"]["id"]}
    assert gone["trigger_rule"] is None


def test_new_definition_must_fit_the_rule_that_stays(api: Api, new: dict[str, Any]) -> None:
    make_workspace(name="products")
    made = api.post(URL, new | {"trigger_rule": rule("products", input_name="scene")}).json()

    detail = refused(api, made, {"definition": EMPTY})

    assert detail.startswith("trigger_rule.configuration.data.input_data_name: ")


def test_unknown_recipe_type_is_404(api: Api) -> None:
    assert api.get(f"{URL}999999/").status_code == 404
    assert api.patch(f"{URL}999999/", {"title": "x"}).status_code == 404


def test_validation_of_a_sound_type_has_no_warnings(api: Api, new: dict[str, Any]) -> None:
    before = everything()

    response = api.post(f"{URL}validation/", new)

    assert response.status_code == 200
    assert response.json() == {"warnings": []}
    assert everything() == before


def test_validation_of_an_existing_type_is_no_conflict(
    api: Api, made: dict[str, Any], new: dict[str, Any]
) -> None:
    assert api.post(f"{URL}validation/", new).status_code == 200


def test_validation_warns_of_media_types_that_do_not_fit(api: Api, job_type: JobType) -> None:
    make_workspace(name="products")
    new = {
        "name": "x",
        "version": "1",
        "definition": definition(job_type, media_types=("image/png", "text/plain")),
        "trigger_rule": rule("products", input_name="scene", condition={"media_type": "image/gif"}),
    }

    body = api.post(f"{URL}validation/", new).json()

    conform(body, WARNINGS)
    assert [warning["id"] for warning in body["warnings"]] == ["media_type"] * 2
    assert "image/gif" in body["warnings"][0]["details"]
    assert "text/plain" in body["warnings"][1]["details"]
