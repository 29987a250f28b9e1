import ctypes
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workers.processes import program, tree
from workers.processes.prctl import become_subreaper

Start = Callable[..., program.Program]

PR_SET_CHILD_SUBREAPER = 36


@pytest.fixture
def subreaper() -> Iterator[None]:
    become_subreaper()
    yield
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """Where programs announce themselves."""
    here = tmp_path / "here"
    here.mkdir()
    return here


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    started: list[program.Program] = []

    def start(argv: list[str], execution_id: int = 1) -> program.Program:
        directory = tmp_path / f"execution-{execution_id}"
        directory.mkdir(exist_ok=True)
        one = program.start(
            argv,
            execution_id=execution_id,
            worker="tests",
            cwd=directory,
            home=directory,
            stdout=directory / "stdout",
            stderr=directory / "stderr",
        )
        started.append(one)
        return one

    yield start
    for one in started:
        if one.pid in program.running:
            tree.kill(one)
            one.close()
