import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from launcher import stack as stack_module
from launcher import testing
from launcher.errors import Problem
from launcher.paths import hold
from launcher.servers import Servers
from launcher.stack import Stack

SERVERS = Servers("postgres://db/scale", "redis://mq/0")


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    return Stack(tmp_path, lambda _text: None)


@pytest.mark.parametrize("port", ["0", "65536", "-1", "web", " 80"])
def test_port_that_is_none_is_told(monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    monkeypatch.setenv("PORT", port)

    with pytest.raises(Problem, match="PORT must be a port number"):
        stack_module._web_port()


def test_port_that_is_taken_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        monkeypatch.setenv("PORT", str(server.getsockname()[1]))

        with pytest.raises(Problem, match="cannot be used"):
            stack_module._web_port()

    assert str(stack_module._web_port()) == os.environ["PORT"]


def test_second_start_in_the_same_place_is_refused(stack: Stack) -> None:
    with hold(stack.var / "run.lock", "-"), pytest.raises(Problem, match="already running here"):
        stack.start()


def test_second_start_leaves_the_addresses_of_the_first(stack: Stack) -> None:
    stack.run_file.write_text("{}")

    with hold(stack.var / "run.lock", "-"), pytest.raises(Problem, match="already running here"):
        stack.start()

    assert stack.run_file.read_text() == "{}"


def test_environment_lets_the_user_tune_all_but_the_servers(
    stack: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SCALE_LOAD_SAMPLE_SECONDS", "60")
    monkeypatch.setenv("DATABASE_URL", "postgres://elsewhere/scale")

    environment = stack._environment(SERVERS)

    assert environment["SCALE_LOAD_SAMPLE_SECONDS"] == "60"
    assert environment["DATABASE_URL"] == SERVERS.database
    assert environment["SCALE_SECRET_KEY"] == stack._environment(SERVERS)["SCALE_SECRET_KEY"]
    assert (stack.var / "secret_key").stat().st_mode & 0o777 == 0o600
    assert Path(environment["TMPDIR"]).is_relative_to(stack.var)


def test_process_that_ended_is_named(stack: Stack) -> None:
    stack.check()
    with subprocess.Popen(["echo", "beat stopped (rc=1)"], stdout=subprocess.PIPE) as ended:
        ended.wait()
        stack._processes = ended

        with pytest.raises(Problem, match=r"beat stopped \(rc=1\).*The logs are in"):
            stack.check()


def test_failing_management_command_is_told_by_its_last_line(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "manage.py").write_text("raise SystemExit('no table scale_job')")
    monkeypatch.setattr(stack_module, "ROOT", tmp_path)

    with pytest.raises(Problem, match=r"`manage.py migrate` failed: no table scale_job"):
        stack.manage("migrate")


def test_runs_of_the_tests_at_a_time_have_a_directory_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(testing, "VAR", tmp_path)

    with ExitStack() as first, ExitStack() as second:
        names = [testing._free_directory(each).name for each in (first, second)]
        assert names == ["test-1", "test-2"]
    with ExitStack() as third:
        assert testing._free_directory(third).name == "test-1"


@pytest.mark.parametrize("reason", [None, "Connection refused"])
def test_rabbitmq_is_named_only_where_it_answers(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    reason: str | None,
) -> None:
    monkeypatch.setattr(testing, "broker_answers", lambda _url: reason)
    monkeypatch.setenv(testing.RABBITMQ_VARIABLE, "amqp://elsewhere//")

    environment = testing._environment(tmp_path, SERVERS)

    assert environment.get(testing.RABBITMQ_VARIABLE) == (None if reason else "amqp://elsewhere//")
    assert ("skipped" in capsys.readouterr().out) == bool(reason)


@pytest.mark.parametrize(("code", "status"), [("0", 0), ("5", 5)])
def test_tests_end_with_the_status_of_pytest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, status: int
) -> None:
    (tmp_path / "pytest.py").write_text(f"raise SystemExit({code})")
    monkeypatch.setattr(testing, "ROOT", tmp_path)
    monkeypatch.setattr(testing.signal, "signal", lambda *_: None)
    monkeypatch.setattr(sys, "argv", ["testing"])

    assert testing._run_pytest({"PATH": os.defpath}) == status
