from pathlib import Path
from typing import Any

import pytest

from scale.domain.geo import GeoFacts
from scale.models import Job, JobType, Recipe, ScaleFile, TriggerEvent, Workspace
from scale.selectors.jobs import get_job_details
from scale.services.completions import complete_execution
from scale.services.files import ParsedSource
from scale.services.job_types import create_job_type, edit_job_type
from scale.services.recipe_types import create_recipe_type
from scale.services.sources import register_source, upload_source
from scale.services.workspaces import edit_workspace
from tests.factories import claim, make_workspace, report

INTERFACE: dict[str, Any] = {
    "command": "/bin/true",
    "command_arguments": "${image}",
    "input_data": [
        {"name": "image", "type": "file"},
        {"name": "speed", "type": "property", "required": False},
    ],
    "output_data": [
        {"name": "map", "type": "file"},
        {"name": "tiles", "type": "files", "required": False},
    ],
}


@pytest.fixture
def workspace(db: None, tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path, name="raw")


@pytest.fixture
def products(db: None) -> Workspace:
    return make_workspace(name="products")


def rule(kind: str = "PARSE", media_type: str = "", *tags: str, **fields: Any) -> dict[str, Any]:
    return {
        "type": kind,
        "configuration": {
            "condition": {"media_type": media_type, "data_types": list(tags)},
            "data": {"input_data_name": "image", "workspace_name": "products"},
        },
        **fields,
    }


def make_type(trigger_rule: Any, name: str = "convert", **fields: Any) -> JobType:
    fields.setdefault("interface", INTERFACE)
    return create_job_type(name=name, version="1", trigger_rule=trigger_rule, **fields)


def take_in(workspace: Workspace, name: str = "a.png", *tags: str) -> ScaleFile:
    root = Path(workspace.json_config["broker"]["host_path"])
    (root / name).write_text("data")
    return register_source(workspace_id=workspace.pk, file_path=name, data_type=tags)


def parse(source: ScaleFile, job: Job, *tags: str) -> None:
    """Complete a queued job that says what is in a source."""
    execution = get_job_details(job.pk).executions[0]
    parsed = [ParsedSource(file_id=source.pk, facts=GeoFacts(), data_types=tags)]
    assert complete_execution(claim(execution.pk), report(parsed=parsed))


@pytest.mark.parametrize("kind", ["PARSE", "INGEST"])
def test_rule_queues_its_job_for_a_source_that_is_taken_in(
    workspace: Workspace, products: Workspace, kind: str
) -> None:
    job_type = make_type(rule(kind))

    source = take_in(workspace)

    details = get_job_details(Job.objects.get().pk)
    job = details.job
    assert (job.job_type, job.status, job.num_exes) == (job_type, "QUEUED", 1)
    assert job.data == {
        "version": "1.0",
        "input_data": [{"name": "image", "file_id": source.pk}],
        "output_data": [
            {"name": "map", "workspace_id": products.pk},
            {"name": "tiles", "workspace_id": products.pk},
        ],
    }
    assert [file.pk for file in details.input_files] == [source.pk]
    assert (job.event.type, job.event.rule) == (kind, job_type.trigger_rule)
    assert job.event.occurred == source.created
    assert job.event.description == {
        "version": "1.0",
        "file_name": "a.png",
        "file_id": source.pk,
        "parse_id": source.pk,
    }


def test_rule_fires_for_an_upload(workspace: Workspace, products: Workspace) -> None:
    make_type(rule())
    path = Path(workspace.json_config["broker"]["host_path"]) / "outside"
    path.write_text("data")

    with path.open("rb") as content:
        source = upload_source(workspace_id=workspace.pk, content=content, file_name="b.png")

    assert TriggerEvent.objects.get().description["file_id"] == source.pk


@pytest.mark.parametrize(
    ("media_type", "wanted", "fires"),
    [
        ("", (), True),
        ("image/png", (), True),
        ("image/gif", (), False),
        ("", ("one",), True),
        ("image/png", ("two", "one"), True),
        ("", ("one", "three"), False),
    ],
)
def test_rule_fires_for_its_media_type_and_all_its_tags(
    workspace: Workspace,
    products: Workspace,
    media_type: str,
    wanted: tuple[str, ...],
    fires: bool,
) -> None:
    make_type(rule("PARSE", media_type, *wanted))

    take_in(workspace, "a.png", "one", "two")

    assert Job.objects.exists() == fires
    assert TriggerEvent.objects.exists() == fires


def test_rule_puts_its_file_into_several_files(workspace: Workspace, products: Workspace) -> None:
    interface = INTERFACE | {"input_data": [{"name": "image", "type": "files"}]}
    make_type(rule(), interface=interface)

    source = take_in(workspace)

    assert Job.objects.get().data["input_data"] == [{"name": "image", "file_ids": [source.pk]}]


def test_rule_that_is_off_removed_or_of_an_archived_type_does_not_fire(
    workspace: Workspace, products: Workspace
) -> None:
    make_type(rule(is_active=False), "off")
    make_type(rule(), "archived", is_active=False)
    edit_job_type(make_type(rule(), "removed").pk, trigger_rule=None)
    edit_job_type(make_type(rule(), "switched").pk, trigger_rule={"is_active": False})
    edit_job_type(make_type(rule(), "replaced").pk, trigger_rule=rule("PARSE", "text/plain"))

    take_in(workspace)

    assert not Job.objects.exists()
    assert not TriggerEvent.objects.exists()


def test_rule_of_a_paused_type_queues(workspace: Workspace, products: Workspace) -> None:
    make_type(rule(), is_paused=True)

    take_in(workspace)

    assert Job.objects.get().status == "QUEUED"


def test_every_matching_rule_fires_with_its_own_event(
    workspace: Workspace, products: Workspace
) -> None:
    types = {make_type(rule(), "one"), make_type(rule("INGEST"), "two")}

    take_in(workspace)

    assert {job.job_type for job in Job.objects.all()} == types
    assert TriggerEvent.objects.count() == 2


def test_rule_starts_its_recipe(workspace: Workspace, products: Workspace) -> None:
    make_type(None)
    definition = {
        "input_data": [{"name": "image", "type": "file"}],
        "jobs": [
            {
                "name": "only",
                "job_type": {"name": "convert", "version": "1"},
                "recipe_inputs": [{"recipe_input": "image", "job_input": "image"}],
            }
        ],
    }
    recipe_type = create_recipe_type(
        name="r", version="1", definition=definition, trigger_rule=rule()
    )

    source = take_in(workspace)

    recipe = Recipe.objects.get()
    assert (recipe.recipe_type, recipe.event.rule) == (recipe_type, recipe_type.trigger_rule)
    assert recipe.data == {
        "version": "1.0",
        "input_data": [{"name": "image", "file_id": source.pk}],
        "workspace_id": products.pk,
    }
    assert Job.objects.get().status == "QUEUED"


def test_rule_that_cannot_be_followed_does_not_keep_the_source_out(
    workspace: Workspace, products: Workspace
) -> None:
    make_type(rule(), "first")
    make_type(None, "second")
    edit_workspace(products.pk, is_active=False)

    source = take_in(workspace)

    assert ScaleFile.objects.filter(pk=source.pk).exists()
    assert not Job.objects.exists()
    assert not TriggerEvent.objects.exists()


def test_rule_fires_when_a_parse_gives_the_source_its_tag(
    workspace: Workspace, products: Workspace
) -> None:
    parser = make_type(rule(), "parser")
    follower = make_type(rule("PARSE", "", "found"), "follower")
    source = take_in(workspace)

    parse(source, Job.objects.get(job_type=parser), "found")

    job = Job.objects.get(job_type=follower)
    source.refresh_from_db()
    assert (job.status, job.event.rule) == ("QUEUED", follower.trigger_rule)
    assert job.event.occurred == source.parsed


def test_parse_does_not_fire_ingest_rules(workspace: Workspace, products: Workspace) -> None:
    parser = make_type(rule(), "parser")
    make_type(rule("INGEST", "", "found"), "follower")
    source = take_in(workspace)

    parse(source, Job.objects.get(job_type=parser), "found")

    assert Job.objects.count() == 1


def test_rules_whose_jobs_parse_the_file_do_not_fire_each_other_for_ever(
    workspace: Workspace, products: Workspace
) -> None:
    make_type(rule(), "one")
    make_type(rule(), "two")
    source = take_in(workspace)

    for job in Job.objects.order_by("id"):
        parse(source, job, "found")

    assert Job.objects.count() == 2
    assert not Job.objects.exclude(status="COMPLETED").exists()


def test_parse_fires_a_rule_that_came_after_the_source(
    workspace: Workspace, products: Workspace
) -> None:
    parser = make_type(rule(), "parser")
    source = take_in(workspace)
    late = make_type(rule(), "late")

    parse(source, Job.objects.get(job_type=parser))

    assert Job.objects.filter(job_type=late, status="QUEUED").count() == 1


def test_rule_fires_for_each_file(workspace: Workspace, products: Workspace) -> None:
    make_type(rule())

    sources = [take_in(workspace, name) for name in ("a", "b")]

    events = TriggerEvent.objects.order_by("id")
    assert [event.description["file_id"] for event in events] == [file.pk for file in sources]
