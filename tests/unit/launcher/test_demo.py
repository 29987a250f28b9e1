import io
import json
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest
from rich.console import Console

from launcher import demo
from launcher.demo import job_type_document
from launcher.display import Display
from launcher.errors import Problem

OUTCOME = demo.Outcome(3, "COMPLETED", "/x/footprint.kml", 1.5)


class FakeStack:
    """Stands in for a running Scale."""

    url = "http://127.0.0.1:1"
    token = "secret"
    flower = "http://admin:secret@127.0.0.1:2"
    is_up = False

    def __init__(self, var_dir: Path, say: Callable[[str], None]) -> None:
        assert not FakeStack.is_up

    def __enter__(self) -> Self:
        FakeStack.is_up = True
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        FakeStack.is_up = False

    def check(self) -> None:
        raise KeyboardInterrupt


@pytest.fixture(autouse=True)
def calm(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "Stack", FakeStack)
    monkeypatch.setattr(demo.signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["demo", "--once"])


def tells(monkeypatch: pytest.MonkeyPatch, result: demo.Outcome | BaseException) -> None:
    def tell(*_: Any) -> demo.Outcome:
        if isinstance(result, BaseException):
            raise result
        return result

    monkeypatch.setattr(demo, "tell", tell)


def test_once_ends_with_one_json_object(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tells(monkeypatch, OUTCOME)

    assert demo.main() == 0

    out = capsys.readouterr().out
    assert json.loads(out.splitlines()[-1]) == {
        "job": 3,
        "status": "COMPLETED",
        "product": "/x/footprint.kml",
        "seconds": 1.5,
    }
    assert "curl -H 'Authorization: Token secret' http://127.0.0.1:1/queue/status/" in out


@pytest.mark.parametrize(("error", "status"), [(Problem("no!"), 1), (KeyboardInterrupt(), 130)])
def test_once_that_fails_says_so_in_status_and_json(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    status: int,
) -> None:
    tells(monkeypatch, error)

    assert demo.main() == status

    assert json.loads(capsys.readouterr().out.splitlines()[-1])["status"] == "FAILED"
    assert not FakeStack.is_up


def test_demo_stays_up_until_interrupted(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["demo"])
    tells(monkeypatch, OUTCOME)

    assert demo.main() == 0

    assert "up; Ctrl-C stops it" in capsys.readouterr().out
    assert not FakeStack.is_up


def test_job_type_command_keeps_paths_with_spaces_as_one_word(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "EXAMPLES", Path("/it's a/clone/examples"))
    monkeypatch.setattr(sys, "executable", "/it's a/python")
    document = tmp_path / "echo.json"
    document.write_text('{"interface": {"command": "@PYTHON@ @EXAMPLES@/echo.py"}}')

    command = job_type_document(document)["interface"]["command"]

    assert shlex.split(command) == ["/it's a/python", "/it's a/clone/examples/echo.py"]


def job(status: str) -> dict[str, Any]:
    return {"id": 1, "status": status, "job_type": {"name": "echo"}}


def test_display_without_a_terminal_tells_each_change_once() -> None:
    out = io.StringIO()
    display = Display(Console(file=out, width=20))

    with display.jobs() as jobs:
        for status in ("QUEUED", "QUEUED", "RUNNING", "COMPLETED"):
            jobs.show([job(status)])

    lines = [line.split("s  ", 1)[1] for line in out.getvalue().splitlines()]
    assert lines == ["job 1 echo: QUEUED", "job 1 echo: RUNNING", "job 1 echo: COMPLETED"]


def test_display_on_a_terminal_shows_the_last_state() -> None:
    out = io.StringIO()
    display = Display(Console(file=out, force_terminal=True, width=60))

    with display.jobs() as jobs:
        jobs.show([job("QUEUED")])
        jobs.show([job("COMPLETED")])

    assert "COMPLETED" in out.getvalue()


def test_display_never_wraps_or_interprets_what_is_to_be_copied() -> None:
    out = io.StringIO()

    Display(Console(file=out, width=10)).plain("curl [red] " + "x" * 200)

    assert out.getvalue() == "curl [red] " + "x" * 200 + "\n"
