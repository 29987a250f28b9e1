from typing import Any

import pytest

from scale.dispatch import Follower
from scale.models import JobExecution, JobType, JobTypeRevision, RecipeType, TriggerRule
from scale.services.feed import feed, feeder
from tests.factories import make_job, make_job_type, make_node, make_workspace
from tests.integration.api.catalogue import (
    INTERFACE,
    JOB_TYPE_DETAILS,
    WARNINGS,
    definition,
    everything,
    rule,
)
from tests.integration.api.conftest import Api
from tests.integration.api.shapes import conform
from tests.integration.api.test_job_types import BAD_FIELDS, NEW, URL


@pytest.fixture
def made(api: Api) -> dict[str, Any]:
    return api.post(URL, NEW).json()


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


def use(api: Api, made: dict[str, Any], **options: Any) -> None:
    job_type = JobType.objects.get(pk=made["id"])
    body = {"name": "user", "version": "2", "definition": definition(job_type, **options)}
    assert api.post("/recipe-types/", body).status_code == 201


def test_edit_changes_what_is_given_and_makes_no_revision(api: Api, made: dict[str, Any]) -> None:
    changes = {"title": "New", "priority": 1, "mem_required": 512.0, "max_scheduled": 3}

    body = edit(api, made, changes)

    conform(body, JOB_TYPE_DETAILS)
    assert body == made | changes | {"last_modified": body["last_modified"]}
    assert api.get(f"{URL}{made['id']}/").json() == body
    assert JobTypeRevision.objects.filter(job_type=made["id"]).count() == 1


def test_edit_with_null_clears_what_may_be_null(api: Api, made: dict[str, Any]) -> None:
    edit(api, made, {"title": "x", "max_scheduled": 3, "docker_image": "x"})

    body = edit(api, made, {"title": None, "max_scheduled": None, "docker_image": None})

    assert body["title"] is body["max_scheduled"] is body["docker_image"] is None


def test_edit_with_null_leaves_what_may_not_be_null(api: Api, made: dict[str, Any]) -> None:
    body = edit(api, made, {"priority": None, "is_paused": None, "interface": None})

    assert body | {"last_modified": made["last_modified"]} == made


def test_edit_ignores_what_is_not_editable_or_unknown(api: Api, made: dict[str, Any]) -> None:
    ignored = {
        "name": "x",
        "version": "x",
        "is_system": True,
        "is_long_running": True,
        "uses_docker": True,
        "revision_num": 9,
        "created": "x",
        "archived": "x",
        "paused": "x",
        "last_modified": "x",
        "colour": "red",
    }

    body = edit(api, made, ignored)

    assert body | {"last_modified": made["last_modified"]} == made


@pytest.mark.parametrize(("change", "field"), BAD_FIELDS)
def test_edit_refused_names_the_field_and_changes_nothing(
    api: Api, made: dict[str, Any], change: dict[str, Any], field: str
) -> None:
    assert refused(api, made, {"title": "New", **change}).startswith(f"{field}: ")


def test_edit_of_a_system_type_is_400(api: Api) -> None:
    job_type = make_job_type(is_system=True)

    assert "built in" in refused(api, {"id": job_type.pk}, {"title": "x"})


def test_new_interface_makes_a_revision_and_leaves_jobs_theirs(api: Api) -> None:
    details = make_job(make_job_type(name="t", priority=5))
    url = f"/jobs/{details.job.pk}/"
    before = api.get(url).json()
    interface = {"command": "/bin/new", "command_arguments": "x"}

    body = edit(api, {"id": details.job.job_type_id}, {"interface": interface, "priority": 1})

    assert body["revision_num"] == 2
    assert body["interface"]["command"] == "/bin/new"
    revisions = JobTypeRevision.objects.filter(job_type=body["id"]).order_by("revision_num")
    assert [r.interface["command"] for r in revisions] == ["/bin/true", "/bin/new"]
    after = api.get(url).json()
    assert after["job_type_rev"] == before["job_type_rev"]
    assert after["priority"] == 5
    assert make_job(JobType.objects.get(pk=body["id"])).job.job_type_rev.revision_num == 2


def test_new_interface_that_keeps_recipe_types_valid_is_taken(
    api: Api, made: dict[str, Any]
) -> None:
    use(api, made)
    more = {"name": "speed", "type": "property", "required": False}

    body = edit(
        api, made, {"interface": INTERFACE | {"input_data": [*INTERFACE["input_data"], more]}}
    )

    assert body["revision_num"] == 2


def test_new_interface_that_breaks_a_recipe_type_is_400(api: Api, made: dict[str, Any]) -> None:
    use(api, made)
    RecipeType.objects.update(is_active=False)
    other = INTERFACE | {"command_arguments": "", "input_data": [{"name": "x", "type": "file"}]}

    detail = refused(api, made, {"interface": other})

    assert "recipe type 'user' version '2'" in detail


def test_new_interface_that_breaks_another_version_s_users_is_taken(
    api: Api, made: dict[str, Any]
) -> None:
    use(api, made)
    newer = api.post(URL, NEW | {"version": "2.0"}).json()

    edit(api, newer, {"interface": {"command": "x", "command_arguments": ""}})


def test_pausing_stamps_once_and_letting_go_clears(api: Api, made: dict[str, Any]) -> None:
    paused = edit(api, made, {"is_paused": True})
    again = edit(api, made, {"is_paused": True})
    resumed = edit(api, made, {"is_paused": False})

    assert paused["is_paused"] is True
    assert paused["paused"] == paused["last_modified"] == again["paused"]
    assert (resumed["is_paused"], resumed["paused"]) == (False, None)


def test_pausing_withdraws_what_waits_of_this_type_only(api: Api, published: list[Any]) -> None:
    make_node()
    mine, other = make_job(), make_job()
    feed()
    job_before = mine.job.last_modified

    edit(api, {"id": mine.job.job_type_id}, {"is_paused": True})

    waiting = dict(JobExecution.objects.values_list("job", "dispatched"))
    assert waiting[mine.job.pk] is None
    assert waiting[other.job.pk] is not None
    mine.job.refresh_from_db()
    assert mine.job.last_modified == job_before


def test_letting_go_or_a_new_cap_asks_for_dispatch(
    api: Api,
    made: dict[str, Any],
    asked: list[Follower],
    django_capture_on_commit_callbacks: Any,
) -> None:
    def asks(changes: dict[str, Any]) -> bool:
        asked.clear()
        with django_capture_on_commit_callbacks(execute=True):
            edit(api, made, changes)
        return feeder in asked

    assert not asks({"title": "x"})
    assert not asks({"is_paused": True})
    assert asks({"is_paused": False})
    assert asks({"max_scheduled": 3})
    assert asks({"max_scheduled": None})


def test_paused_type_goes_on_after_it_is_let_go(api: Api, published: list[Any]) -> None:
    make_node()
    job_type = make_job_type()
    edit(api, {"id": job_type.pk}, {"is_paused": True})
    details = make_job(job_type)
    assert feed() == 0

    edit(api, {"id": job_type.pk}, {"is_paused": False})

    assert feed() == 1
    assert published[0].execution_id == details.executions[0].pk


def test_archiving_stops_new_jobs_until_it_is_brought_back(api: Api, made: dict[str, Any]) -> None:
    api.patch(f"{URL}{made['id']}/", {"interface": {"command": "x", "command_arguments": ""}})
    queue = {"job_type_id": made["id"]}

    archived = edit(api, made, {"is_active": False})
    refusal = api.post("/queue/new-job/", queue)
    back = edit(api, made, {"is_active": True})

    assert (archived["is_active"], archived["archived"]) == (False, archived["last_modified"])
    assert refusal.status_code == 400
    assert (back["is_active"], back["archived"]) == (True, None)
    assert api.post("/queue/new-job/", queue).status_code == 201


# ---- trigger rules


@pytest.fixture
def products() -> str:
    return make_workspace(name="products").name


def test_rule_is_shown_with_its_defaults(api: Api, products: str) -> None:
    body = api.post(URL, NEW | {"trigger_rule": rule(products)}).json()

    conform(body, JOB_TYPE_DETAILS)
    shown = body["trigger_rule"]
    assert (shown["type"], shown["is_active"], shown["archived"]) == ("PARSE", True, None)
    assert shown["configuration"] == {
        "version": "1.0",
        "condition": {"media_type": "", "data_types": []},
        "data": {"input_data_name": "image", "workspace_name": "products"},
    }


def test_rule_is_replaced_and_the_old_one_archived(api: Api, products: str) -> None:
    made = api.post(URL, NEW | {"trigger_rule": rule(products)}).json()

    body = edit(api, made, {"trigger_rule": rule(products, type="INGEST", is_active=False)})

    assert body["trigger_rule"]["id"] != made["trigger_rule"]["id"]
    assert (body["trigger_rule"]["type"], body["trigger_rule"]["is_active"]) == ("INGEST", False)
    old = TriggerRule.objects.get(pk=made["trigger_rule"]["id"])
    assert (old.is_active, old.archived is not None) == (False, True)


def test_rule_is_removed_by_null_and_archived(api: Api, products: str) -> None:
    made = api.post(URL, NEW | {"trigger_rule": rule(products)}).json()

    assert edit(api, made, {"trigger_rule": None})["trigger_rule"] is None

    assert TriggerRule.objects.get().archived is not None
    assert edit(api, made, {"trigger_rule": None})["trigger_rule"] is None


def test_rule_is_switched_by_is_active_alone(api: Api, products: str) -> None:
    made = api.post(URL, NEW | {"trigger_rule": rule(products)}).json()

    off = edit(api, made, {"trigger_rule": {"is_active": False}})["trigger_rule"]
    on = edit(api, made, {"trigger_rule": {"is_active": True}})["trigger_rule"]

    assert off["is_active"] is False
    assert on == made["trigger_rule"] | {"last_modified": on["last_modified"]}


def test_rule_stays_as_it_is_when_something_else_changes(api: Api, products: str) -> None:
    made = api.post(URL, NEW | {"trigger_rule": rule(products)}).json()

    assert edit(api, made, {"title": "x"})["trigger_rule"] == made["trigger_rule"]


def test_switch_without_a_rule_is_400(api: Api, made: dict[str, Any]) -> None:
    assert refused(api, made, {"trigger_rule": {"is_active": False}}).startswith("trigger_rule: ")


def test_new_interface_must_fit_the_rule_that_stays(api: Api, products: str) -> None:
    made = api.post(URL, NEW | {"trigger_rule": rule(products)}).json()
    needs_two = [*INTERFACE["input_data"], {"name": "second", "type": "file"}]

    detail = refused(api, made, {"interface": INTERFACE | {"input_data": needs_two}})

    assert detail.startswith("trigger_rule.configuration.data.input_data_name: ")
    assert "second" in detail


def test_new_interface_need_not_fit_a_rule_that_goes(api: Api, products: str) -> None:
    made = api.post(URL, NEW | {"trigger_rule": rule(products)}).json()
    other = {"command": "x", "command_arguments": ""}

    body = edit(api, made, {"interface": other, "trigger_rule": None})

    assert (body["revision_num"], body["trigger_rule"]) == (2, None)


@pytest.mark.parametrize(
    "bad",
    [
        {"type": "PARSE"},
        {"configuration": rule("products")["configuration"]},
        rule("products", type="CLOCK"),
        rule("products", is_active="yes"),
        rule("products", colour="red"),
        rule("products", condition={"media_types": []}),
        rule("products", condition={"data_types": "tag"}),
        rule("nowhere"),
        rule("products", input_name="nothing"),
        {"type": "PARSE", "configuration": {"data": {"input_data_name": "image"}}},
        {"type": "PARSE", "configuration": {}},
    ],
)
def test_bad_rule_is_400(
    api: Api, made: dict[str, Any], products: str, bad: dict[str, Any]
) -> None:
    assert refused(api, made, {"trigger_rule": bad}).startswith("trigger_rule")


# ---- validation


def test_validation_of_a_sound_type_has_no_warnings(api: Api, products: str) -> None:
    condition = {"media_type": "image/png", "data_types": []}
    before = everything()

    response = api.post(
        f"{URL}validation/", NEW | {"trigger_rule": rule(products, condition=condition)}
    )

    assert response.status_code == 200
    assert response.json() == {"warnings": []}
    assert everything() == before


def test_validation_warns_of_files_that_the_rule_s_input_does_not_list(
    api: Api, products: str
) -> None:
    condition = {"media_type": "text/plain"}

    body = api.post(
        f"{URL}validation/", NEW | {"trigger_rule": rule(products, condition=condition)}
    ).json()

    conform(body, WARNINGS)
    assert [warning["id"] for warning in body["warnings"]] == ["media_type"]


def test_validation_of_an_existing_type_checks_its_recipe_types(
    api: Api, made: dict[str, Any]
) -> None:
    use(api, made)
    before = everything()
    breaking = INTERFACE | {"command_arguments": "", "input_data": [{"name": "x", "type": "file"}]}
    narrower = INTERFACE | {
        "input_data": [{"name": "image", "type": "file", "media_types": ["image/gif"]}]
    }

    same = api.post(f"{URL}validation/", NEW)
    warned = api.post(f"{URL}validation/", NEW | {"interface": narrower}).json()
    broken = api.post(f"{URL}validation/", NEW | {"interface": breaking})
    other_version = api.post(f"{URL}validation/", NEW | {"version": "9", "interface": breaking})

    assert same.json() == {"warnings": []}
    assert [warning["id"] for warning in warned["warnings"]] == ["media_type"]
    assert broken.status_code == 400
    assert "recipe type 'user'" in broken.json()["detail"]
    assert other_version.status_code == 200
    assert everything() == before
