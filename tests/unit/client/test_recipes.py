import json
from collections.abc import Callable

import pytest

from client.errors import ExitCode
from tests.unit.client.conftest import Server, page
from tests.unit.client.samples import recipe

Run = Callable[..., int]
Capture = pytest.CaptureFixture[str]


def test_recipe_shows_its_states_and_its_tree(server: Server, scale: Run, capsys: Capture) -> None:
    server.on("GET /recipes/4/", recipe({"a": "COMPLETED", "b": "QUEUED"}, {"b": ["a"]}))

    assert scale("recipe", "4") == ExitCode.OK

    said = capsys.readouterr().out
    assert "4: report 1.0" in said
    assert "1 COMPLETED, 1 QUEUED" in said
    assert "└─ b" in said


def test_recipe_without_jobs_has_nothing_to_wait_for(server: Server, scale: Run) -> None:
    server.on("GET /recipes/4/", recipe({}, {}))

    assert scale("recipe", "4", "--follow") == ExitCode.OK


def test_recipe_in_json_is_printed_once_it_has_ended(
    server: Server, scale: Run, capsys: Capture
) -> None:
    ended = recipe({"a": "CANCELED"}, {})
    server.on("GET /recipes/4/", recipe({"a": "RUNNING"}, {}), ended)

    assert scale("recipe", "4", "--follow", "--json") == ExitCode.JOB_FAILED

    said = capsys.readouterr()
    assert (json.loads(said.out), said.err) == (ended, "")


def test_interrupted_recipe_goes_on(server: Server, scale: Run, capsys: Capture) -> None:
    server.on("GET /recipes/4/", recipe({"a": "RUNNING"}, {}), KeyboardInterrupt())

    assert scale("recipe", "4", "--follow") == ExitCode.INTERRUPTED
    assert capsys.readouterr().err.endswith("No longer followed; recipe 4 goes on.\n")


def test_recipe_types_are_listed(server: Server, scale: Run, capsys: Capture) -> None:
    row = {"id": 2, "name": "report", "version": "1.0", "title": "Report", "revision_num": 3}
    server.on("GET /recipe-types/", page(row | {"is_active": False}))

    assert scale("recipe-types") == ExitCode.OK
    assert capsys.readouterr().out.split()[-1] == "archived"
