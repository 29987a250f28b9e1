import subprocess
import time

import pytest

from bench.opened import PROGRAM, OpenWatch
from launcher.errors import Problem


def test_time_is_when_the_program_opens_the_file(tmp_path):
    with OpenWatch(tmp_path / "deep" / "file") as watch:
        before = time.time()
        subprocess.run([PROGRAM, str(watch.path)], check=True)
        opened = watch.next()

        assert before < opened <= time.time()


def test_each_program_is_told_once(tmp_path):
    with OpenWatch(tmp_path / "file") as watch:
        subprocess.run([PROGRAM, str(watch.path)], check=True)
        watch.next()

        with pytest.raises(Problem, match="No program opened"):
            watch.next(seconds=0.01)


def test_openings_before_can_be_forgotten(tmp_path):
    with OpenWatch(tmp_path / "file") as watch:
        watch.forget()
        for _ in range(3):
            subprocess.run([PROGRAM, str(watch.path)], check=True)
        watch.forget()

        with pytest.raises(Problem):
            watch.next(seconds=0.01)


def test_looking_at_the_file_is_not_opening_it(tmp_path):
    with OpenWatch(tmp_path / "file") as watch:
        assert watch.path.stat().st_size == 0

        with pytest.raises(Problem):
            watch.next(seconds=0.01)


def test_file_that_cannot_be_watched_is_a_problem(tmp_path, monkeypatch):
    monkeypatch.setattr("pathlib.Path.write_bytes", lambda *_: 0)

    with pytest.raises(Problem, match="cannot be watched"):
        OpenWatch(tmp_path / "missing")
