import os
import re
import shutil
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.unit.workers.processes.helpers import (
    PATH,
    PYTHON,
    announced,
    announcing,
    is_alive,
    wait_until,
)
from tests.unit.workers.processes.supervised import (
    DEAF,
    FAMILY,
    RESTING,
    Supervise,
    worker,
)
from workers.processes.supervisor import NOT_STARTED, Backoff


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
