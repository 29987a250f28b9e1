import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.workers.processes.helpers import PYTHON
from tests.unit.workers.processes.supervised import (
    RUN,
    Supervise,
    Supervised,
)
from workers.processes import program, tree

Start = Callable[..., program.Program]


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


@pytest.fixture
def supervise(tmp_path: Path, here: Path) -> Iterator[Supervise]:
    started: list[Supervised] = []

    def supervise(
        command: list[str], *, stop_seconds: float = 60, first_seconds: float = 0
    ) -> Supervised:
        log = tmp_path / f"log-{len(started)}"
        with log.open("wb") as stderr:
            popen = subprocess.Popen(
                [*PYTHON, RUN, str(stop_seconds), str(first_seconds), *command],
                stderr=stderr,
                process_group=0,
            )
        started.append(Supervised(popen, log, here))
        return started[-1]

    yield supervise
    for one in started:
        with one.popen:
            if one.popen.poll() is None:
                one.popen.send_signal(signal.SIGQUIT)
            try:
                one.popen.wait(30)
            finally:
                one.popen.kill()
