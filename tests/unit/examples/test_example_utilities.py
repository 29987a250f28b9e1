from pathlib import Path

import pytest
from example_jobs import run_job


@pytest.mark.parametrize(
    "text", ["", "--help", "two  words\n", "${text} $(id) 'é' 東京", "v" * 100_000]
)
def test_echo_writes_its_text_unchanged(tmp_path: Path, text: str) -> None:
    path, _ = run_job("echo", {"text": text}, tmp_path / "out").product("echo")

    assert path.read_bytes() == text.encode()


def test_sleep_tells_its_progress_each_second(tmp_path: Path) -> None:
    run = run_job("sleep", {"seconds": "1.01"}, tmp_path / "out")

    assert run.exit_code == 0
    assert run.stdout.splitlines() == [
        "0 of 1.01 seconds",
        "1 of 1.01 seconds",
        "slept 1.01 seconds",
    ]


@pytest.mark.parametrize("seconds", ["-1", "nan", "inf", "soon", ""])
def test_sleep_of_no_length_is_bad_arguments(tmp_path: Path, seconds: str) -> None:
    assert run_job("sleep", {"seconds": seconds}, tmp_path / "out").error == "bad-arguments"
