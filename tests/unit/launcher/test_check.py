import os
import sys
from pathlib import Path

import pytest

from launcher import check, paths
from launcher.errors import Problem, exit_with


def step(name: str, code: str) -> check.Step:
    return check.Step(name, (sys.executable, "-c", code))


def test_check_runs_every_step_and_names_all_that_fail(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(
        check,
        "STEPS",
        (
            step("first", "import sys; print('what is wrong'); sys.exit(1)"),
            step("second", "print('of no interest')"),
            step("third", "raise SystemExit(2)"),
        ),
    )

    assert check.main() == 1

    out = capsys.readouterr().out
    assert out.splitlines()[-1] == "check: FAILED: first, third"
    assert "what is wrong" in out
    assert "of no interest" not in out


def test_check_passes_when_every_step_does(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(check, "STEPS", (step("only", ""),))

    assert check.main() == 0
    assert capsys.readouterr().out.splitlines()[-1] == "check: all passed"


def test_problem_ends_with_its_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> int:
        raise Problem("There is no Redis.")

    with pytest.raises(SystemExit) as ended:
        exit_with(fail)

    assert ended.value.code == 1
    assert capsys.readouterr().err.endswith(": There is no Redis.\n")


def test_private_file_is_never_readable_by_others(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text("old")
    path.chmod(0o644)
    before = os.umask(0)
    try:
        paths.write_private(path, "new")
    finally:
        os.umask(before)

    assert path.read_text() == "new"
    assert path.stat().st_mode & 0o777 == 0o600


def test_log_that_has_grown_large_is_put_aside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paths, "LOG_MAX_BYTES", 3)
    for text in (b"long text", b"short"):
        with paths.open_log(tmp_path / "logs" / "web.log") as log:
            log.write(text)

    assert (tmp_path / "logs" / "web.log").read_bytes() == b"short"
    assert (tmp_path / "logs" / "web.log.1").read_bytes() == b"long text"


def test_held_file_is_refused_until_it_is_closed(tmp_path: Path) -> None:
    with (
        paths.hold(tmp_path / "lock", "taken"),
        pytest.raises(Problem, match="taken"),
    ):
        paths.hold(tmp_path / "lock", "taken")

    paths.hold(tmp_path / "lock", "taken").close()
