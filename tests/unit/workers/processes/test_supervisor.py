import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.workers.processes.helpers import (
    PRELUDE,
    announced,
    announcing,
    is_alive,
    wait_until,
)
from workers.processes.procfs import Stat, read_stat
from workers.processes.supervisor import NOT_STARTED, Backoff

PYTHON = [sys.executable, "-S", "-E", "-c"]
PATH = "import sys; sys.path[:] = " + repr(sys.path) + "\n"
RUN = (
    PATH
    + """
from workers.processes.supervisor import Backoff, main
stop_seconds, first_seconds, *command = sys.argv[1:]
sys.exit(
    main(
        command,
        stop_seconds=float(stop_seconds),
        grace_seconds=0.1,
        backoff=Backoff(first_seconds=float(first_seconds), healthy_seconds=0),
    )
)
"""
)

#: A worker that becomes a subreaper, has a program, a deaf program and a daemon, and rests.
WORKER = (
    PATH
    + PRELUDE
    + f"""
import subprocess
from workers.processes.lifeline import abandon, watch_guardian
from workers.processes.prctl import become_subreaper
become_subreaper()
watch_guardian(abandon)
REST = {PRELUDE!r} + "rest()"
DEAF = {PRELUDE!r} + "signal.signal(signal.SIGTERM, signal.SIG_IGN); rest()"
DAEMON = {PRELUDE!r} + '''
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execve(sys.executable, [sys.executable, "-S", "-c", sys.argv[2], sys.argv[1]], {{}})
    os._exit(0)
'''
HERE = sys.argv[1]
for words in ([REST, HERE], [DEAF, HERE], [DAEMON, HERE, DEAF]):
    subprocess.Popen([sys.executable, "-S", "-E", "-c", *words], start_new_session=True)
"""
)
FAMILY = 4


class Supervised:
    """A supervisor in a process group of its own, with what its worker announces."""

    def __init__(self, popen: "subprocess.Popen[bytes]", log: Path, here: Path) -> None:
        self.popen = popen
        self.here = here
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text()

    def logged(self, event: str, times: int = 1) -> list[str]:
        wait_until(lambda: self.log.count(f" {event} ") >= times, f"{event} in the log")
        return [line for line in self.log.splitlines() if f" {event} " in line]

    def pid_of(self, event: str) -> int:
        match = re.search(r" pid=(\d+)", self.logged(event)[-1])
        assert match is not None
        return int(match[1])

    def everyone(self) -> list[Stat]:
        pids = (self.popen.pid, self.pid_of("guardian_started"), self.pid_of("worker_started"))
        stats = [stat for pid in pids if (stat := read_stat(pid))]
        return stats + announced(self.here, FAMILY)


Supervise = Callable[..., Supervised]


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


def worker(rest: str, here: Path, *words: str) -> list[str]:
    return [*PYTHON, WORKER + rest, str(here), *words]


RESTING = "rest()"
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN); rest()"


def assert_all_end(processes: list[Stat]) -> None:
    wait_until(lambda: not any(map(is_alive, processes)), f"the end of {processes}")


def test_stop_ends_everything_and_returns_the_code_of_the_worker(
    supervise: Supervise, here: Path
) -> None:
    leave = "signal.signal(signal.SIGTERM, lambda *_: sys.exit(7)); rest()"
    supervised = supervise(worker(leave, here))
    everyone = supervised.everyone()

    supervised.popen.terminate()

    assert supervised.popen.wait(30) == 7
    assert not [stat for stat in everyone if is_alive(stat)]


def test_stop_by_interrupt_reaches_the_worker_as_one_sigterm(
    supervise: Supervise, here: Path
) -> None:
    count = """
    announce()
    got = []
    signal.signal(signal.SIGTERM, lambda *_: got.append(1))
    signal.signal(signal.SIGINT, lambda *_: got.append(2))
    os.mkfifo(os.path.join(sys.argv[1], "ready"))
    with open(os.path.join(sys.argv[1], "ready")) as fifo:
        fifo.read()
    sys.exit(10 * len(got) + sum(got))
    """
    supervised = supervise(announcing(count, here))
    ready = here / "ready"
    wait_until(ready.exists)

    with ready.open("w"):
        for _ in range(3):
            os.kill(supervised.popen.pid, signal.SIGINT)
        supervised.logged("worker_stopping")

    assert supervised.popen.wait(30) == 11


def test_stop_that_takes_too_long_kills(supervise: Supervise, here: Path) -> None:
    supervised = supervise(worker(DEAF, here), stop_seconds=0.1)
    everyone = supervised.everyone()

    supervised.popen.terminate()

    assert supervised.popen.wait(30) == 128 + signal.SIGKILL
    assert supervised.logged("worker_overdue")
    assert not [stat for stat in everyone if is_alive(stat)]


def test_quit_kills_at_once(supervise: Supervise, here: Path) -> None:
    supervised = supervise(worker(DEAF, here))
    everyone = supervised.everyone()

    supervised.popen.send_signal(signal.SIGQUIT)

    assert supervised.popen.wait(30) == 128 + signal.SIGKILL
    assert not [stat for stat in everyone if is_alive(stat)]


def test_killed_worker_is_started_again_after_its_descendants_have_ended(
    supervise: Supervise, here: Path
) -> None:
    supervised = supervise(worker(RESTING, here))
    family = announced(here, FAMILY)
    first = supervised.pid_of("worker_started")

    os.kill(first, signal.SIGKILL)

    supervised.logged("worker_started", 2)
    assert not [stat for stat in family if is_alive(stat)]
    assert supervised.pid_of("worker_started") != first
    events = re.findall(r"supervisor (\w+)", supervised.log)
    assert events[-4:] == [
        "worker_ended",
        "descendants_ended",
        "worker_restarting",
        "worker_started",
    ]


@pytest.mark.parametrize("code", [0, 1])
def test_worker_that_exits_is_started_again_and_again(supervise: Supervise, code: int) -> None:
    supervised = supervise(["sh", "-c", f"exit {code}"])

    supervised.logged("worker_started", 4)

    assert f"code={code}" in supervised.logged("worker_ended")[0]


def test_stop_while_waiting_to_start_again_is_prompt(supervise: Supervise) -> None:
    supervised = supervise(["sh", "-c", "exit 3"], first_seconds=1000)
    supervised.logged("worker_restarting")

    supervised.popen.terminate()

    assert supervised.popen.wait(10) == 3


def test_command_that_cannot_be_started_ends_the_supervisor(supervise: Supervise) -> None:
    assert supervise(["no-such-command"]).popen.wait(10) == NOT_STARTED


def test_command_that_vanishes_later_is_tried_again(supervise: Supervise, tmp_path: Path) -> None:
    command = tmp_path / "command"
    command.write_text("#!/bin/sh\nmv $0 $0.away\n")
    command.chmod(0o755)
    supervised = supervise([str(command)])
    supervised.logged("worker_not_started", 2)

    shutil.move(f"{command}.away", command)

    supervised.logged("worker_started", 2)


@pytest.mark.parametrize("rest", [RESTING, DEAF])
def test_killed_front_leaves_nothing(supervise: Supervise, here: Path, rest: str) -> None:
    supervised = supervise(worker(rest, here), stop_seconds=0.1)
    everyone = supervised.everyone()

    supervised.popen.kill()

    assert_all_end(everyone)


def test_killed_process_group_of_the_caller_leaves_nothing(
    supervise: Supervise, here: Path
) -> None:
    supervised = supervise(worker(RESTING, here))
    everyone = supervised.everyone()

    os.killpg(supervised.popen.pid, signal.SIGKILL)

    assert_all_end(everyone)


def test_killed_guardian_leaves_nothing(supervise: Supervise, here: Path) -> None:
    supervised = supervise(worker(RESTING, here))
    everyone = supervised.everyone()

    os.kill(supervised.pid_of("guardian_started"), signal.SIGKILL)

    assert supervised.popen.wait(30) == 128 + signal.SIGKILL
    assert not [stat for stat in everyone if is_alive(stat)]


def test_killed_guardian_of_worker_without_lifeline_leaves_nothing(
    supervise: Supervise, here: Path
) -> None:
    source = WORKER.replace("watch_guardian(abandon)", "pass") + DEAF
    supervised = supervise([*PYTHON, source, str(here)])
    everyone = supervised.everyone()

    os.kill(supervised.pid_of("guardian_started"), signal.SIGKILL)

    assert supervised.popen.wait(30) == 128 + signal.SIGKILL
    assert not [stat for stat in everyone if is_alive(stat)]


def test_killed_front_and_guardian_leave_nothing(supervise: Supervise, here: Path) -> None:
    supervised = supervise(worker(DEAF, here))
    everyone = supervised.everyone()
    guardian = supervised.pid_of("guardian_started")

    for pid in (supervised.popen.pid, guardian):
        os.kill(pid, signal.SIGSTOP)
    for pid in (supervised.popen.pid, guardian):
        os.kill(pid, signal.SIGKILL)

    assert_all_end(everyone)


def test_worker_has_default_signal_handling(supervise: Supervise, here: Path) -> None:
    supervise(["sh", "-c", 'grep -E "^Sig(Blk|Ign)" /proc/self/status > $0/told', str(here)])
    told = here / "told"

    wait_until(lambda: told.exists() and told.read_text().count("\n") == 2)

    blocked, ignored = (int(line.split()[1], 16) for line in told.read_text().splitlines())
    assert blocked == 0
    # glibc's posix_spawn ignores two signals of its own, 32 and 33.
    assert ignored & 0x7FFFFFFF == 0


def test_backoff_grows_to_its_limit_and_starts_anew_after_a_healthy_life() -> None:
    backoff = Backoff(first_seconds=1, most_seconds=5, healthy_seconds=60)
    waits: list[Any] = [0.0]
    for lived in (1, 1, 1, 1, 60, 59):
        waits.append(backoff.after(waits[-1], lived))

    assert waits == [0, 1, 2, 4, 5, 1, 2]


def test_supervisor_imports_little() -> None:
    source = PATH + (
        "import workers.processes.supervisor\n"
        "heavy = {'celery', 'django', 'logging', 'subprocess', 'dataclasses', 'asyncio', 'scale'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )

    said = subprocess.run([*PYTHON, source], capture_output=True, check=True)

    assert said.stdout == b"[]\n"
