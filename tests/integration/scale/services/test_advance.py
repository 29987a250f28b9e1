from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scale.domain.geo import GeoFacts
from scale.models import Job, JobExecution, Recipe
from scale.services.completions import complete_execution
from scale.services.executions import fail_execution
from scale.services.files import StoredProduct
from scale.services.recipes import queue_new_recipe
from scale.services.requeue import RequeueFilters, requeue_jobs
from tests.factories import claim, make_job_type, make_node, make_workspace, report
from tests.recipe_factories import (
    complete,
    graph,
    job_ids,
    make_recipe,
    make_recipe_type,
    statuses,
    waiting_execution,
)

pytestmark = pytest.mark.django_db

CHAIN = {"a": [], "b": ["a"], "c": ["b"]}
DIAMOND = {"top": [], "left": ["top"], "right": ["top"], "join": ["left", "right"]}

OUTPUT = {"output_data": [{"name": "out", "type": "file", "required": True}]}


def product(workspace, name, *, is_list=False):
    return StoredProduct(
        output_name="out",
        is_list=is_list,
        workspace_id=workspace.pk,
        file_path=f"jobs/{name}",
        file_name=name,
        file_size=5 * 1024 * 1024,
        media_type="text/plain",
        uuid=name.ljust(32, "0"),
        facts=GeoFacts(),
    )


def requeue(*job_ids):
    return requeue_jobs(filters=RequeueFilters(job_ids=job_ids))


def queue(definition, workspace):
    return queue_new_recipe(
        recipe_type_id=make_recipe_type(definition).pk,
        recipe_data={"workspace_id": workspace.pk},
        user="tester",
    )


def feeding(parent_interface, child_input):
    """Write a definition of two jobs, the output of the first feeding the second."""
    parent = make_job_type(interface=parent_interface)
    child = make_job_type(interface=OUTPUT | {"input_data": [child_input]})
    definition = graph({"parent": [], "child": ["parent"]}, parent)
    definition["jobs"][1]["job_type"] = {"name": child.name, "version": child.version}
    definition["jobs"][1]["dependencies"][0]["connections"] = [
        {"output": "out", "input": child_input["name"]}
    ]
    return definition


def test_completed_job_queues_children_that_waited_for_it_alone():
    details = make_recipe(DIAMOND)

    complete(job_ids(details)["top"])

    assert statuses(details) == {
        "top": "COMPLETED",
        "left": "QUEUED",
        "right": "QUEUED",
        "join": "PENDING",
    }
    left = Job.objects.get(pk=job_ids(details)["left"])
    top = Job.objects.get(pk=job_ids(details)["top"])
    assert (left.num_exes, left.last_status_change) == (1, left.queued)
    assert left.queued >= top.ended


def test_child_is_queued_after_both_parents_although_one_was_reported_late():
    details = make_recipe({"soon": [], "late": [], "child": ["soon", "late"]})
    ids = job_ids(details)
    late = claim(waiting_execution(ids["late"]))
    told = report()
    complete(ids["soon"])

    told.ended -= timedelta(seconds=5)
    assert complete_execution(late, told)

    child = Job.objects.get(pk=ids["child"])
    assert child.queued >= Job.objects.get(pk=ids["soon"]).ended


def test_join_is_queued_after_its_last_parent():
    details = make_recipe(DIAMOND)
    complete(job_ids(details)["top"])

    complete(job_ids(details)["right"])
    assert statuses(details)["join"] == "PENDING"

    complete(job_ids(details)["left"])
    assert statuses(details)["join"] == "QUEUED"


def test_recipe_completes_with_its_last_job():
    details = make_recipe(CHAIN)
    ids = job_ids(details)

    complete(ids["a"])
    complete(ids["b"])
    assert Recipe.objects.get().completed is None

    complete(ids["c"])
    recipe = Recipe.objects.get()
    assert recipe.completed == recipe.last_modified == Job.objects.get(pk=ids["c"]).ended


def test_child_is_fed_from_results_of_its_parent():
    workspace = make_workspace()
    details = queue(feeding(OUTPUT, {"name": "in", "type": "file"}), workspace)
    ids = job_ids(details)

    complete(ids["parent"], products=[product(workspace, "made.txt")])

    parent, child = Job.objects.get(pk=ids["parent"]), Job.objects.get(pk=ids["child"])
    made = parent.results["output_data"][0]["file_id"]
    assert child.data == {
        "version": "1.0",
        "input_data": [{"name": "in", "file_id": made}],
        "output_data": [{"name": "out", "workspace_id": workspace.pk}],
    }
    assert (child.disk_in_required, child.disk_out_required) == (5.0, 64.0)
    assert child.status == "QUEUED"


def test_child_takes_one_file_as_list_of_files():
    workspace = make_workspace()
    details = queue(feeding(OUTPUT, {"name": "in", "type": "files"}), workspace)
    ids = job_ids(details)

    complete(ids["parent"], products=[product(workspace, "made.txt")])

    child = Job.objects.get(pk=ids["child"])
    made = Job.objects.get(pk=ids["parent"]).results["output_data"][0]["file_id"]
    assert child.data["input_data"] == [{"name": "in", "file_ids": [made]}]


def test_output_not_made_is_left_out_of_child():
    workspace = make_workspace()
    optional = {"output_data": [{"name": "out", "type": "file", "required": False}]}
    details = queue(feeding(optional, {"name": "in", "type": "file", "required": False}), workspace)

    complete(job_ids(details)["parent"])

    child = Job.objects.get(pk=job_ids(details)["child"])
    assert (child.status, child.data["input_data"]) == ("QUEUED", [])


def test_child_whose_data_does_not_fit_fails_and_parent_stays_completed():
    workspace = make_workspace()
    definition = feeding(OUTPUT, {"name": "in", "type": "file"})
    definition["jobs"].append(
        {
            "name": "last",
            "job_type": definition["jobs"][0]["job_type"],
            "dependencies": [{"name": "child"}],
        }
    )
    details = queue(definition, workspace)
    workspace.is_active = False
    workspace.save(update_fields=["is_active"])

    complete(job_ids(details)["parent"], products=[product(workspace, "made.txt")])

    assert statuses(details) == {"parent": "COMPLETED", "child": "FAILED", "last": "BLOCKED"}
    child = Job.objects.select_related("error").get(pk=job_ids(details)["child"])
    assert (child.error.name, child.num_exes, child.data) == ("unknown", 0, {})
    assert child.ended >= Job.objects.get(pk=job_ids(details)["parent"]).ended
    assert not JobExecution.objects.filter(job=child).exists()


def test_child_left_without_required_input_fails():
    details = queue(feeding(OUTPUT, {"name": "in", "type": "file"}), make_workspace())

    complete(job_ids(details)["parent"])

    assert statuses(details) == {"parent": "COMPLETED", "child": "FAILED"}


def test_requeued_job_whose_data_fits_now_is_shown_pending_then_queued():
    workspace = make_workspace()
    details = queue(feeding(OUTPUT, {"name": "in", "type": "file"}), workspace)
    ids = job_ids(details)
    workspace.is_active = False
    workspace.save(update_fields=["is_active"])
    complete(ids["parent"], products=[product(workspace, "made.txt")])
    workspace.is_active = True
    workspace.save(update_fields=["is_active"])

    answer = requeue(ids["child"])

    assert [job.status for job in answer.jobs] == ["PENDING"]
    child = Job.objects.get(pk=ids["child"])
    assert (child.status, child.num_exes, child.max_tries) == ("QUEUED", 1, 3)


def test_requeued_job_whose_data_still_does_not_fit_fails_again():
    workspace = make_workspace()
    details = queue(feeding(OUTPUT, {"name": "in", "type": "file"}), workspace)
    ids = job_ids(details)
    workspace.is_active = False
    workspace.save(update_fields=["is_active"])
    complete(ids["parent"], products=[product(workspace, "made.txt")])

    requeue(ids["child"])

    child = Job.objects.get(pk=ids["child"])
    assert (child.status, child.error.name, child.num_exes) == ("FAILED", "unknown", 0)


def test_duplicate_report_counts_once():
    details = make_recipe(DIAMOND)
    ids = job_ids(details)
    complete(ids["top"])
    claimed = claim(waiting_execution(ids["left"]))
    first = report()

    assert complete_execution(claimed, first)
    complete_execution(claimed, first)
    assert not fail_execution(claimed, report(error="unknown"))

    assert statuses(details)["join"] == "PENDING"


@pytest.mark.parametrize("shape", ["leaf of many", "root of many"])
def test_statements_per_finished_job_do_not_grow_with_recipe(shape):
    node = make_node()
    counts = []
    for size in (10, 1000):
        parents = {"top": []} | {f"leaf-{number}": ["top"] for number in range(size)}
        ids = job_ids(make_recipe(parents))
        if shape == "leaf of many":
            complete(ids["top"], node=node)
            claimed = claim(waiting_execution(ids["leaf-3"]), node=node)
        else:
            claimed = claim(waiting_execution(ids["top"]), node=node)
        with CaptureQueriesContext(connection) as queries:
            complete_execution(claimed, report())
        counts.append(len(queries))

    assert counts[0] == counts[1]
    assert counts[1] < 30
