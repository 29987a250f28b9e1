import fcntl
import subprocess
import sys
from pathlib import Path

import pytest

from launcher import setup
from launcher.errors import Problem
from launcher.paths import ROOT


class Calls(list[list[str]]):
    """Stands in for the commands that set-up runs; makes .venv as `venv` would."""

    def __init__(self, venv: Path, status: int = 0) -> None:
        self.venv = venv
        self.pip_status = status

    def __call__(self, command: list[str]) -> int:
        self.append(command)
        if command[1:3] == ["-m", "venv"]:
            python = self.venv / "bin" / "python"
            python.parent.mkdir(parents=True)
            python.symlink_to(sys.executable)
        return self.pip_status if "install" in command else 0

    def count(self, word: str) -> int:  # type: ignore[override]
        return sum(word in command for command in self)


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Calls:
    venv = tmp_path / ".venv"
    calls = Calls(venv)
    monkeypatch.setattr(setup, "_run", calls)
    monkeypatch.setattr(setup, "VENV", venv)
    monkeypatch.setattr(setup, "PYTHON", venv / "bin" / "python")
    monkeypatch.setattr(setup, "VAR", tmp_path / "var")
    monkeypatch.setattr(setup, "LOG", tmp_path / "var" / "log" / "setup.log")
    for name, file in (("RUNTIME", "requirements.txt"), ("DEVELOPMENT", "requirements-dev.txt")):
        (tmp_path / file).write_text("one==1\ntwo==2\n")
        monkeypatch.setattr(setup, name, tmp_path / file)
    return calls


def run(monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setattr(sys, "argv", ["setup", *words])
    assert setup.main() == 0


def test_setup_with_nothing_changed_runs_nothing(
    calls: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch)
    assert "installing 2 packages" in capsys.readouterr().out
    calls.clear()

    run(monkeypatch)

    assert calls == []
    assert capsys.readouterr().out == ""


def test_setup_after_a_changed_pin_installs_into_the_same_environment(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(monkeypatch)
    setup.RUNTIME.write_text("one==1.1\n")

    run(monkeypatch)

    assert calls.count("venv") == 1
    assert calls.count("install") == 2


def test_setup_for_development_serves_running_too(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(monkeypatch, "--dev")
    run(monkeypatch)

    assert calls.count("install") == 1
    assert str(setup.DEVELOPMENT) in calls[-1]


def test_setup_in_a_moved_clone_makes_the_environment_anew(
    calls: Calls, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run(monkeypatch)
    calls.venv = tmp_path / "moved"
    monkeypatch.setattr(setup, "VENV", (tmp_path / ".venv").rename(calls.venv))
    monkeypatch.setattr(setup, "PYTHON", calls.venv / "bin" / "python")
    (calls.venv / "bin" / "python").unlink()
    (calls.venv / "bin").rmdir()

    run(monkeypatch)

    assert calls.count("venv") == 2


def test_setup_whose_install_fails_is_not_taken_for_done(
    calls: Calls, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls.pip_status = 1
    setup.LOG.parent.mkdir(parents=True)
    setup.LOG.write_text("WARNING: Retrying … NewConnectionError …\nERROR: No matching …\n")
    with pytest.raises(Problem, match="package index is out of reach"):
        run(monkeypatch)
    setup.LOG.write_text("ERROR: No matching distribution found for one==1\n")
    with pytest.raises(Problem, match="No matching distribution found for one==1"):
        run(monkeypatch)

    calls.pip_status = 0
    run(monkeypatch)

    assert calls.count("install") == 3


def test_setup_beside_another_waits_and_says_so(
    calls: Calls, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    setup.VAR.mkdir()
    other = (setup.VAR / "setup.lock").open("a")
    fcntl.flock(other, fcntl.LOCK_EX)
    flock = fcntl.flock

    def release_then_lock(file: int, operation: int) -> None:
        if operation == fcntl.LOCK_EX:
            other.close()
        flock(file, operation)

    monkeypatch.setattr(setup.fcntl, "flock", release_then_lock)
    run(monkeypatch)

    assert "waiting for another setup" in capsys.readouterr().out
    assert calls.count("install") == 1


def test_setup_needs_only_the_standard_library(tmp_path: Path) -> None:
    # -S leaves the installed packages out.
    done = subprocess.run(
        [sys.executable, "-S", "-c", "import launcher.setup"], cwd=ROOT, check=False
    )

    assert done.returncode == 0


def test_setup_without_a_fitting_python_says_which(tmp_path: Path) -> None:
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    (tmp_path / "dirname").symlink_to("/usr/bin/dirname")

    done = subprocess.run(
        ["/bin/bash", str(ROOT / "bin" / "setup")],
        env={"PATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stdout == ""
    assert "needs Python 3.11 or newer" in done.stderr


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_pinned_requirements_name_no_machine(name: str) -> None:
    lines = (ROOT / name).read_text().splitlines()
    pins = [line for line in lines if line and not line.lstrip().startswith("#")]

    assert pins
    assert all("==" in pin and "://" not in pin and not pin.startswith("-") for pin in pins)


def test_runtime_pins_stand_in_the_development_pins_too() -> None:
    runtime, development = (
        {line for line in (ROOT / name).read_text().splitlines() if "==" in line}
        for name in ("requirements.txt", "requirements-dev.txt")
    )

    assert runtime <= development
