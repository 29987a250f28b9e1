import os
import select
import subprocess
import threading
from pathlib import Path

import pytest

from tests.unit.workers.processes.helpers import (
    PATH,
    PRELUDE,
    PYTHON,
    announced,
    is_alive,
    wait_until,
)
from workers.processes.lifeline import EXIT_CODE, GUARDIAN_VARIABLE, watch_guardian, watch_parent
from workers.processes.procfs import Stat


def test_watch_parent_that_is_not_ours_calls_at_once() -> None:
    called = threading.Event()

    watch_parent(os.getpid(), called.set)

    assert called.wait(10)


def test_watch_parent_that_is_gone_calls_at_once() -> None:
    with subprocess.Popen(["true"]) as gone:
        gone.wait()
    called = threading.Event()

    watch_parent(gone.pid, called.set)

    assert called.wait(10)


def test_watch_guardian_without_one_watches_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(GUARDIAN_VARIABLE, raising=False)
    before = threading.active_count()

    watch_guardian(lambda: None)

    assert threading.active_count() == before


CHILD = (
    PATH
    + """
import os, threading
from workers.processes.lifeline import watch_parent
writing = int(sys.argv[1])
watch_parent(os.getppid(), lambda: (os.write(writing, b"dead"), os._exit(0)))
os.write(writing, b"watching")
threading.Event().wait()
"""
)
PARENT = f"""
import signal, subprocess, sys
subprocess.Popen([*{PYTHON!r}, {CHILD!r}, sys.argv[1]], close_fds=False)
signal.pause()
"""


def test_watch_parent_calls_when_it_dies_and_not_before() -> None:
    reading, writing = os.pipe()
    command = [*PYTHON, PARENT, str(writing)]
    with subprocess.Popen(command, pass_fds=(writing,)) as process:
        os.close(writing)
        assert os.read(reading, 100) == b"watching"
        assert select.select([reading], [], [], 0.05)[0] == []

        process.kill()

        assert os.read(reading, 100) == b"dead"
    os.close(reading)


WORKER = (
    PATH
    + PRELUDE
    + f"""
import pathlib, threading
from workers.processes import program, tree
from workers.processes.lifeline import abandon
from workers.processes.prctl import become_subreaper
become_subreaper()
here = pathlib.Path(sys.argv[1])
REST = {PRELUDE!r} + "signal.signal(signal.SIGTERM, signal.SIG_IGN); rest()"
threading.excepthook = lambda args: (here / "learnt").write_text(str(args))
def run(number):
    one = program.start(
        [sys.executable, "-S", "-E", "-c", REST, str(here)],
        execution_id=number, worker="w", cwd=here, home=here,
        stdout=here / "stdout", stderr=here / "stderr",
    )
    one.wait()
    (here / "learnt").write_text(str(number))
for number in range(4):
    threading.Thread(target=run, args=(number,), daemon=True).start()
sys.stdin.read()
abandon()
"""
)


def test_abandon_ends_programs_and_their_threads_learn_nothing(here: Path) -> None:
    with subprocess.Popen([*PYTHON, WORKER, str(here)], stdin=subprocess.PIPE) as worker:
        programs: list[Stat] = announced(here, 4)
        assert worker.stdin is not None
        worker.stdin.close()

        assert worker.wait(30) == EXIT_CODE

    wait_until(lambda: not any(map(is_alive, programs)))
    assert not (here / "learnt").exists()
