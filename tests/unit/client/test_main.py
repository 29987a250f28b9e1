import json
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from client.errors import ExitCode
from client.main import app, main
from tests.unit.client.conftest import Server, page

Run = Callable[..., int]
Capture = pytest.CaptureFixture[str]

COMMANDS = [command.name for command in app.registered_commands]


def test_every_command_explains_itself(scale: Run, capsys: Capture) -> None:
    for name in COMMANDS:
        assert name
        assert scale(name, "--help") == ExitCode.OK
        assert f"scale {name}" in capsys.readouterr().out


def test_every_command_that_answers_can_do_so_in_json(scale: Run, capsys: Capture) -> None:
    for name in {*COMMANDS} - {"login"}:
        assert name
        scale(name, "--help")
        assert "--json" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["nonsense"], "No such command 'nonsense'. See `scale --help`."),
        (["job"], "Missing argument 'ID'. See `scale job --help`."),
        (["job", "x"], "Invalid value for 'ID'"),
        (["jobs", "--limit", "-1"], "Invalid value"),
        (["jobs", "--nope"], "No such option: --nope"),
    ],
)
def test_misuse_is_one_sentence(
    scale: Run, capsys: Capture, words: list[str], sentence: str
) -> None:
    assert scale(*words) == ExitCode.USAGE

    said = capsys.readouterr()
    assert said.err.startswith("scale: ")
    assert sentence in said.err
    assert said.err.count("\n") == 1
    assert said.out == ""


def test_refusal_is_the_servers_sentence_made_harmless(
    server: Server, scale: Run, capsys: Capture
) -> None:
    server.on("GET /jobs/5/", httpx.Response(404, json={"detail": "No job\n\x1b[2J5"}))

    assert scale("job", "5") == ExitCode.REFUSED
    assert capsys.readouterr() == ("", "scale: No job ␛[2J5.\n")


def test_absent_server_is_one_sentence(server: Server, scale: Run, capsys: Capture) -> None:
    server.on("GET /jobs/5/", httpx.ConnectError("[Errno 111] Connection refused"))

    assert scale("job", "5") == ExitCode.AWAY
    expected = "scale: http://scale.test cannot be reached: [Errno 111] Connection refused.\n"
    assert capsys.readouterr().err == expected


def test_unknown_user_is_told_to_sign_in(server: Server, scale: Run, capsys: Capture) -> None:
    server.on("GET /jobs/5/", httpx.Response(401, json={"detail": "The token is not valid."}))

    assert scale("job", "5") == ExitCode.NOT_ALLOWED

    said = capsys.readouterr().err
    assert "The token is not valid. Run `scale login URL`." in said
    assert "secret" not in said


@pytest.mark.parametrize("answer", [{}, page({}), page(5), {"count": 1, "results": None}])
def test_answer_of_something_else_is_no_traceback(
    server: Server, scale: Run, capsys: Capture, answer: object
) -> None:
    server.on("GET /job-types/", answer)

    assert scale("job-types") == ExitCode.AWAY
    assert "The server's answer is not what a Scale says" in capsys.readouterr().err


def test_interrupt_ends_quietly(server: Server, scale: Run, capsys: Capture) -> None:
    server.on("GET /jobs/5/", KeyboardInterrupt())

    assert scale("job", "5") == ExitCode.INTERRUPTED
    assert capsys.readouterr() == ("", "")


def test_login_stores_what_the_server_accepts(
    server: Server, scale: Run, capsys: Capture, tmp_path: Path
) -> None:
    server.on("GET /version/", {"version": "3.1"})

    words = ("login", "http://scale.test/", "--token", "my-key")
    assert scale(*words, XDG_CONFIG_HOME=str(tmp_path)) == ExitCode.OK

    file = tmp_path / "scale" / "config.json"
    assert json.loads(file.read_text()) == {"url": "http://scale.test", "token": "my-key"}
    assert server.requests[0].headers["Authorization"] == "Token my-key"
    said = capsys.readouterr()
    assert "Signed in at http://scale.test (Scale 3.1)" in said.out
    assert "without https" in said.err
    assert "my-key" not in said.out + said.err


def test_login_reads_the_token_from_a_pipe(
    server: Server, scale: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "in").write_text("piped-key\n")
    server.on("GET /version/", {"version": "3.1"})

    with (tmp_path / "in").open() as pipe:
        monkeypatch.setattr("sys.stdin", pipe)
        assert scale("login", "http://scale.test", XDG_CONFIG_HOME=str(tmp_path)) == ExitCode.OK

    assert server.requests[0].headers["Authorization"] == "Token piped-key"


@pytest.mark.parametrize(
    ("token", "status", "code"),
    [("wrong", 401, ExitCode.NOT_ALLOWED), ("wörng", 200, ExitCode.USAGE),
     ("a b", 200, ExitCode.USAGE), ("a\nb", 200, ExitCode.USAGE)],
)  # fmt: skip
def test_login_stores_nothing_that_is_refused(
    server: Server, scale: Run, tmp_path: Path, token: str, status: int, code: ExitCode
) -> None:
    server.on("GET /version/", httpx.Response(status, json={"detail": "No.", "version": "1"}))

    words = ("login", "http://scale.test", "--token", token)
    assert scale(*words, XDG_CONFIG_HOME=str(tmp_path)) == code
    assert list(tmp_path.iterdir()) == []


def test_login_that_cannot_be_written_is_one_sentence(
    server: Server, scale: Run, capsys: Capture, tmp_path: Path
) -> None:
    server.on("GET /version/", {"version": "3.1"})
    (tmp_path / "scale").write_text("a file")

    words = ("login", "http://scale.test", "--token", "t")
    assert scale(*words, XDG_CONFIG_HOME=str(tmp_path)) == ExitCode.USAGE
    assert "cannot be written" in capsys.readouterr().err


def test_no_command_shows_the_help(capsys: Capture) -> None:
    assert main([]) == ExitCode.USAGE
    assert "Exit codes" in capsys.readouterr().out
