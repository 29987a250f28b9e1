import os
import signal
from pathlib import Path

import pytest

from tests.unit.workers.processes.helpers import (
    PYTHON,
    is_alive,
)
from tests.unit.workers.processes.supervised import (
    DEAF,
    RESTING,
    WORKER,
    Supervise,
    assert_all_end,
    worker,
)


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
