import re

import pytest

from scale.models import Recipe
from tests.factories import make_job_type, make_source, make_workspace
from tests.recipe_factories import complete, graph, job_ids, make_recipe, make_recipe_type

JOB = {
    "id",
    "job_type",
    "job_type_rev",
    "event",
    "error",
    "status",
    "priority",
    "num_exes",
    "timeout",
    "max_tries",
    "cpus_required",
    "mem_required",
    "disk_in_required",
    "disk_out_required",
    "created",
    "queued",
    "started",
    "ended",
    "last_status_change",
    "last_modified",
}
FILE = {
    "id",
    "workspace",
    "file_name",
    "media_type",
    "file_size",
    "data_type",
    "is_deleted",
    "uuid",
    "url",
    "created",
    "deleted",
    "data_started",
    "data_ended",
    "geometry",
    "center_point",
    "meta_data",
    "countries",
    "last_modified",
}
DETAILS = {
    "id",
    "recipe_type",
    "recipe_type_rev",
    "event",
    "created",
    "completed",
    "last_modified",
    "data",
    "input_files",
    "jobs",
}
RECIPE_TYPE = {
    "id",
    "name",
    "version",
    "title",
    "description",
    "is_active",
    "definition",
    "revision_num",
    "created",
    "last_modified",
    "archived",
    "trigger_rule",
}


def recipe_type_of_two():
    job_type = make_job_type()
    return make_recipe_type(graph({"first": [], "second": ["first"]}, job_type))


def test_new_recipe_answers_with_its_details(api):
    workspace = make_workspace()
    source = make_source(workspace)
    definition = graph({"only": []}, make_job_type()) | {
        "input_data": [{"name": "picture", "type": "file"}]
    }
    recipe_type = make_recipe_type(definition)
    data = {
        "input_data": [{"name": "picture", "file_id": source.pk}],
        "workspace_id": workspace.pk,
    }

    answer = api.post("/queue/new-recipe/", {"recipe_type_id": recipe_type.pk, "recipe_data": data})

    body = answer.json()
    assert answer.status_code == 201
    assert answer["Location"] == f"http://testserver/recipes/{body['id']}/"
    assert api.get(answer["Location"]).json() == body
    assert body.keys() == DETAILS
    assert body["recipe_type"].keys() == RECIPE_TYPE
    assert body["recipe_type"]["definition"] == recipe_type.definition
    assert body["recipe_type_rev"].keys() == {
        "id",
        "recipe_type",
        "revision_num",
        "definition",
        "created",
    }
    assert body["event"].keys() == {"id", "type", "rule", "occurred", "description"}
    assert (body["event"]["type"], body["event"]["rule"]) == ("USER", None)
    assert body["completed"] is None
    assert body["data"] == {"version": "1.0", **data}
    assert [file.keys() for file in body["input_files"]] == [FILE]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z", body["created"])


def test_new_recipe_shows_jobs_in_list_form(api):
    answer = api.post("/queue/new-recipe/", {"recipe_type_id": recipe_type_of_two().pk})

    body = answer.json()
    first, second = body["jobs"]
    assert first.keys() == {"job_name", "job", "recipe"}
    assert first["recipe"] == {"id": body["id"]}
    assert first["job"].keys() == JOB
    assert [first["job_name"], second["job_name"]] == ["first", "second"]
    assert [first["job"]["status"], second["job"]["status"]] == ["QUEUED", "PENDING"]
    assert first["job"]["event"] == {
        "id": body["event"]["id"],
        "type": "USER",
        "rule": None,
        "occurred": body["event"]["occurred"],
    }
    assert first["job"]["job_type_rev"].keys() == {"id", "job_type", "revision_num"}
    assert first["job"]["queued"] == body["created"]
    assert second["job"]["queued"] is None


def test_recipe_jobs_look_as_in_the_list_of_jobs(api):
    recipe = api.post("/queue/new-recipe/", {"recipe_type_id": recipe_type_of_two().pk}).json()

    listed = api.get("/jobs/", order="id").json()["results"]

    assert [place["job"] for place in recipe["jobs"]] == listed


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, 400),
        ({"recipe_type_id": None}, 400),
        ({"recipe_type_id": "one"}, 400),
        ({"recipe_type_id": True}, 400),
        ({"recipe_type_id": 1.5}, 400),
        ({"recipe_type_id": 987654}, 404),
        ({"recipe_type_id": -1}, 404),
        ({"recipe_type_id": 10**30}, 404),
        ({"recipe_type_id": 987654, "recipe_data": []}, 400),
        ([], 400),
    ],
)
def test_new_recipe_bad_parameters_are_refused(api, body, code):
    answer = api.post("/queue/new-recipe/", body)

    assert (answer.status_code, list(answer.json())) == (code, ["detail"])


@pytest.mark.parametrize(
    "data",
    [
        {"version": "2.0"},
        {"input_data": {}},
        {"input_data": [{"file_id": 1}]},
        {"input_data": [{"name": "picture"}]},
        {"input_data": [{"name": "picture", "file_id": 987654}]},
        {"input_data": [{"name": "picture", "file_id": True}]},
        {"workspace_id": "2"},
        {},
    ],
)
def test_new_recipe_bad_data_is_refused_and_makes_nothing(api, data):
    definition = graph({"only": []}, make_job_type()) | {
        "input_data": [{"name": "picture", "type": "file"}]
    }
    recipe_type = make_recipe_type(definition)

    answer = api.post("/queue/new-recipe/", {"recipe_type_id": recipe_type.pk, "recipe_data": data})

    assert (answer.status_code, list(answer.json())) == (400, ["detail"])
    assert not Recipe.objects.exists()


def test_new_recipe_of_no_jobs_is_accepted(api):
    recipe_type = make_recipe_type({"jobs": []})

    answer = api.post("/queue/new-recipe/", {"recipe_type_id": recipe_type.pk})

    assert (answer.status_code, answer.json()["jobs"]) == (201, [])
    assert answer.json()["completed"] is None


def test_new_recipe_needs_operator(as_role, nobody):
    body = {"recipe_type_id": recipe_type_of_two().pk}

    assert nobody.post("/queue/new-recipe/", body).status_code == 401
    assert as_role("viewer").post("/queue/new-recipe/", body).status_code == 403
    assert as_role("operator").post("/queue/new-recipe/", body).status_code == 201


def test_recipe_unknown_is_not_found(api):
    assert api.get("/recipes/987654/").status_code == 404


def test_recipe_completed_shows_when(api):
    details = make_recipe({"only": []})
    complete(job_ids(details)["only"])

    body = api.get(f"/recipes/{details.recipe.pk}/").json()

    assert body["completed"] == body["jobs"][0]["job"]["ended"] == body["last_modified"]


def test_list_recipes_shows_rows(api):
    details = make_recipe({"only": []})

    body = api.get("/recipes/").json()

    assert (body["count"], body["next"], body["previous"]) == (1, None, None)
    row = body["results"][0]
    assert row.keys() == {
        "id",
        "recipe_type",
        "recipe_type_rev",
        "event",
        "created",
        "completed",
        "last_modified",
    }
    assert row["recipe_type"].keys() == {"id", "name", "version", "title", "description"}
    assert row["recipe_type_rev"].keys() == {"id", "recipe_type", "revision_num"}
    assert row["event"].keys() == {"id", "type", "rule", "occurred"}
    assert row["id"] == details.recipe.pk


def test_list_recipes_filters(api):
    one, other = make_recipe({"only": []}).recipe, make_recipe({"only": []}).recipe

    def found(**query):
        return [row["id"] for row in api.get("/recipes/", **query).json()["results"]]

    assert found(type_id=one.recipe_type_id) == [one.pk]
    assert found(type_id=[one.recipe_type_id, other.recipe_type_id]) == [one.pk, other.pk]
    assert found(type_name=other.recipe_type.name) == [other.pk]
    assert found(type_id=one.recipe_type_id, type_name=other.recipe_type.name) == []
    assert found(order="-id") == [other.pk, one.pk]
    assert found(order="-recipe_type__id") == [other.pk, one.pk]
    assert found(ended="2020-01-01T00:00:00Z") == []
    assert found(started="PT1H") == [one.pk, other.pk]


@pytest.mark.parametrize("query", [{"order": "nonsense"}, {"type_id": "x"}, {"started": "now"}])
def test_list_recipes_bad_parameters_are_refused(api, query):
    assert api.get("/recipes/", **query).status_code == 400
