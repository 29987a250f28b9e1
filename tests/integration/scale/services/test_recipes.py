import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scale.errors import InvalidInput, NotFound
from scale.models import Job, JobExecution, Recipe, RecipeEdge, TriggerEvent
from scale.services.recipes import queue_new_recipe
from tests.factories import make_job_type, make_source, make_workspace
from tests.recipe_factories import (
    complete,
    graph,
    job_ids,
    make_recipe,
    make_recipe_type,
    statuses,
)

pytestmark = pytest.mark.django_db

DIAMOND = {"join": ["left", "right"], "left": ["top"], "right": ["top"], "top": []}


def nothing_was_made():
    return not (Recipe.objects.exists() or Job.objects.exists() or TriggerEvent.objects.exists())


def test_new_recipe_queues_jobs_that_wait_for_nothing():
    details = make_recipe(DIAMOND)

    assert statuses(details) == {
        "top": "QUEUED",
        "left": "PENDING",
        "right": "PENDING",
        "join": "PENDING",
    }
    top = Job.objects.get(pk=job_ids(details)["top"])
    execution = JobExecution.objects.get()
    assert (execution.job_id, execution.exe_num, top.num_exes) == (top.pk, 1, 1)
    assert top.queued == top.last_status_change == details.recipe.created


def test_new_recipe_creates_jobs_in_topological_order():
    details = make_recipe(DIAMOND)

    assert [place.node_name for place in details.jobs] == ["top", "left", "right", "join"]
    assert [place.job_id for place in details.jobs] == sorted(job_ids(details).values())
    assert all(edge.parent.job_id < edge.child.job_id for edge in RecipeEdge.objects.all())


def test_new_recipe_leaves_waiting_jobs_untouched():
    details = make_recipe({"a": [], "b": ["a"]})

    job = Job.objects.get(pk=job_ids(details)["b"])
    assert (job.num_exes, job.data, job.results) == (0, {}, {})
    assert (job.queued, job.last_status_change, job.disk_in_required) == (None, None, None)
    assert job.created == details.recipe.created


def test_new_recipe_copies_limits_from_job_type():
    job_type = make_job_type(
        priority=7, timeout=11, max_tries=2, cpus_required=0.1, mem_required=512.0
    )

    make_recipe({"a": [], "b": ["a"]}, job_type=job_type)

    for job in Job.objects.all():
        assert (job.priority, job.timeout, job.max_tries) == (7, 11, 2)
        assert (job.cpus_required, job.mem_required) == (0.25, 512.0)
        assert job.job_type_rev.job_type_id == job_type.pk


def test_new_recipe_jobs_share_its_event():
    details = make_recipe({"a": [], "b": ["a"]})

    event = TriggerEvent.objects.get()
    assert (event.type, event.description) == ("USER", {"user": "tester"})
    assert {details.recipe.event_id, *Job.objects.values_list("event", flat=True)} == {event.pk}


def test_new_recipe_of_no_jobs_never_completes():
    details = make_recipe({})

    assert (list(details.jobs), details.recipe.completed) == ([], None)


def test_new_recipe_feeds_first_job_from_recipe_data():
    workspace = make_workspace()
    source = make_source(workspace, file_size=3 * 1024 * 1024)
    job_type = make_job_type(
        interface={
            "command_arguments": "${flag} ${in} ${job_output_dir}",
            "input_data": [
                {"name": "in", "type": "file", "required": True},
                {"name": "flag", "type": "property", "required": True},
                {"name": "more", "type": "files", "required": False},
            ],
            "output_data": [{"name": "out", "type": "file", "required": True}],
        },
        disk_out_mult_required=2.0,
        disk_out_const_required=1.0,
    )
    definition = graph({"only": []}, job_type) | {
        "input_data": [
            {"name": "picture", "type": "file"},
            {"name": "mode", "type": "property"},
            {"name": "extra", "type": "file", "required": False},
        ]
    }
    definition["jobs"][0]["recipe_inputs"] = [
        {"recipe_input": "picture", "job_input": "in"},
        {"recipe_input": "mode", "job_input": "flag"},
        {"recipe_input": "extra", "job_input": "more"},
    ]
    recipe_type = make_recipe_type(definition)

    details = queue_new_recipe(
        recipe_type_id=recipe_type.pk,
        recipe_data={
            "input_data": [
                {"name": "picture", "file_id": source.pk},
                {"name": "mode", "value": "fast"},
            ],
            "workspace_id": workspace.pk,
        },
        user="tester",
    )

    job = details.jobs[0].job
    stored = Job.objects.get(pk=job.pk)
    assert stored.data == {
        "version": "1.0",
        "input_data": [
            {"name": "in", "file_id": source.pk},
            {"name": "flag", "value": "fast"},
        ],
        "output_data": [{"name": "out", "workspace_id": workspace.pk}],
    }
    assert (stored.disk_in_required, stored.disk_out_required) == (3.0, 7.0)
    assert JobExecution.objects.get().command_arguments == "fast ${in} ${job_output_dir}"
    assert [file.pk for file in details.input_files] == [source.pk]
    assert details.recipe.data["version"] == "1.0"


@pytest.mark.parametrize("recipe_type_id", [0, -1, 987654])
def test_new_recipe_of_unknown_type_is_not_found(recipe_type_id):
    with pytest.raises(NotFound):
        queue_new_recipe(recipe_type_id=recipe_type_id, recipe_data=[], user="")


def test_new_recipe_of_archived_type_is_refused():
    recipe_type = make_recipe_type(graph({"a": []}, make_job_type()), is_active=False)

    with pytest.raises(InvalidInput, match="archived"):
        queue_new_recipe(recipe_type_id=recipe_type.pk, recipe_data={}, user="")
    assert nothing_was_made()


def test_new_recipe_with_archived_job_type_is_refused():
    recipe_type = make_recipe_type(graph({"a": []}, make_job_type(is_active=False)))

    with pytest.raises(InvalidInput, match="archived"):
        queue_new_recipe(recipe_type_id=recipe_type.pk, recipe_data={}, user="")
    assert nothing_was_made()


def test_new_recipe_with_output_needs_workspace():
    output = {"output_data": [{"name": "out", "type": "file", "required": True}]}
    recipe_type = make_recipe_type(graph({"a": []}, make_job_type(interface=output)))

    with pytest.raises(InvalidInput, match="workspace_id"):
        queue_new_recipe(recipe_type_id=recipe_type.pk, recipe_data={}, user="")
    assert nothing_was_made()


def test_new_recipe_asks_for_feeding_when_committed(asked, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        make_recipe({"a": []})

    assert len(asked) == 1


def test_new_recipe_statements_do_not_grow_with_its_jobs():
    counts = []
    for width in (10, 300):
        parents = {"top": []} | {f"leaf-{number}": ["top"] for number in range(width)}
        recipe_type = make_recipe_type(graph(parents, make_job_type()))
        queue_new_recipe(recipe_type_id=recipe_type.pk, recipe_data={}, user="")
        with CaptureQueriesContext(
            connection,
        ) as queries:
            queue_new_recipe(recipe_type_id=recipe_type.pk, recipe_data={}, user="")
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert counts[0] < 35


def test_running_recipe_keeps_revision_of_its_job_types():
    job_type = make_job_type()
    details = make_recipe({"a": [], "b": ["a"]}, job_type=job_type)
    job_type.revisions.create(
        revision_num=2,
        interface=job_type.interface
        | {"input_data": [{"name": "new", "type": "property", "required": True}]},
        created=job_type.created,
    )
    job_type.revision_num = 2
    job_type.save(update_fields=["revision_num"])

    complete(job_ids(details)["a"])

    assert statuses(details)["b"] == "QUEUED"
