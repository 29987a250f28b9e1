from collections.abc import Callable

import pytest

from client.errors import ExitCode
from tests.unit.client.conftest import Server, page
from tests.unit.client.samples import job, recipe

Run = Callable[..., int]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> Capture:
    monkeypatch.setattr("client.output.is_terminal", lambda: True)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("LINES", "25")
    return capsys


def test_table_has_colours_on_a_terminal(server: Server, scale: Run, terminal: Capture) -> None:
    server.on("GET /jobs/", page(job(1, "FAILED")))

    scale("jobs")

    assert "\x1b[31mFAILED" in terminal.readouterr().out


def test_table_on_a_terminal_has_no_control_characters_of_the_server(
    server: Server, scale: Run, terminal: Capture
) -> None:
    evil = {"name": "\x1b[2Jevil", "version": "\x07"}
    server.on("GET /jobs/", page(job(1, "FAILED", job_type=evil)))

    scale("jobs")

    said = terminal.readouterr().out
    assert "␛[2Jevil ␇" in said
    assert "\x1b[2J" not in said


def test_table_is_plain_when_colour_is_unwanted(
    server: Server, scale: Run, terminal: Capture
) -> None:
    server.on("GET /jobs/", page(job(1, "FAILED")))

    scale("jobs", NO_COLOR="1")

    said = terminal.readouterr().out
    assert "FAILED" in said
    assert "\x1b" not in said


def test_table_keeps_long_texts_whole_on_a_narrow_terminal(
    server: Server, scale: Run, terminal: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    name = "x" * 90
    server.on("GET /jobs/", page(job(1, "QUEUED", job_type={"name": name, "version": "1"})))

    scale("jobs", NO_COLOR="1")

    said = terminal.readouterr().out
    assert said.count("x") == 90
    assert max(map(len, said.splitlines())) <= 60


def test_followed_recipe_is_redrawn_in_place(server: Server, scale: Run, terminal: Capture) -> None:
    server.on(
        "GET /recipes/4/",
        recipe({"a": "RUNNING", "b": "PENDING"}, {"b": ["a"]}),
        recipe({"a": "COMPLETED", "b": "COMPLETED"}, {"b": ["a"]}),
    )

    assert scale("recipe", "4", "--follow") == ExitCode.OK

    said = terminal.readouterr()
    assert "\x1b[1A" in said.out
    assert "RUNNING" in said.out
    assert said.out.rindex("COMPLETED") > said.out.index("RUNNING")
    assert said.out.endswith("\x1b[?25h")
    assert said.err == ""


def test_recipe_too_tall_for_the_terminal_is_followed_line_by_line(
    server: Server, scale: Run, terminal: Capture
) -> None:
    server.on("GET /recipes/4/", recipe({f"j{number}": "COMPLETED" for number in range(30)}, {}))

    assert scale("recipe", "4", "--follow") == ExitCode.OK

    said = terminal.readouterr()
    assert "\x1b[1A" not in said.out
    assert len(said.err.splitlines()) == 30
