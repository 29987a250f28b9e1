import ast
import inspect
import re
import textwrap

from django.urls import get_resolver

import beat.tasks
import workers.tasks
from beat.schedule import timetable
from scale import dispatch
from scale.celery import LANES, app
from scale.conf import Conf
from tests.architecture.source import DOCS, SERVED

OURS = {name for name in app.tasks if name.split(".")[0] in SERVED}
API_PAGE = DOCS / "api.md"


def routes():
    """Return every path of the API as the documentation writes it."""
    patterns = [
        str(pattern.pattern)
        for part in get_resolver().url_patterns
        if str(part.pattern) == ""
        for pattern in part.url_patterns
    ]
    return ["/" + re.sub(r"<\w+:(\w+)>", r"{\1}", path) for path in patterns if path]


def test_task_that_dispatch_names_is_registered():
    assert app.tasks[dispatch.RUN_EXECUTION].run is workers.tasks.run_execution.run


def test_queue_that_dispatch_names_exists():
    assert dispatch.JOBS_QUEUE in app.amqp.queues


def test_every_entry_of_the_timetable_is_registered():
    tasks = {entry["task"] for entry in timetable(Conf()).values()}

    assert tasks == {name for name in OURS if name.startswith("beat.")}
    assert all(app.tasks[task].run.__module__ == beat.tasks.__name__ for task in tasks)


def test_every_entry_of_the_timetable_goes_to_a_queue_and_expires():
    for entry in timetable(Conf()).values():
        assert entry["options"]["queue"] in app.amqp.queues
        assert entry["options"]["expires"] >= entry["schedule"]


def test_timetable_is_what_beat_runs():
    assert app.conf.beat_schedule.keys() == timetable(Conf()).keys()


def test_every_task_is_published_by_somebody():
    scheduled = {entry["task"] for entry in timetable(Conf()).values()}

    assert scheduled | {dispatch.RUN_EXECUTION} == OURS


def test_tasks_are_named_after_their_package():
    assert all(re.fullmatch(r"(workers|beat)\.[a-z_]+", name) for name in OURS)


def test_lanes_of_conf_and_celery_agree():
    assert len(Conf().lane_bounds) == LANES - 1


def test_tasks_are_shells():
    for name in OURS:
        (function,) = ast.parse(textwrap.dedent(inspect.getsource(app.tasks[name].run))).body
        assert isinstance(function, ast.FunctionDef)
        assert ast.get_docstring(function)
        assert len(function.body) <= 4


def test_every_route_is_in_the_documentation():
    normal = re.sub(r"\{\w+\}", "{}", API_PAGE.read_text("utf-8"))

    assert [path for path in routes() if re.sub(r"\{\w+\}", "{}", path) not in normal] == []


def test_routes_are_found():
    assert {"/queue/new-job/", "/jobs/{job_id}/", "/sources/{key}/"} <= set(routes())
