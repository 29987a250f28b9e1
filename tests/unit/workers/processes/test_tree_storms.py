import os
import signal
import time
from pathlib import Path

import pytest

from tests.unit.workers.processes.conftest import Start
from tests.unit.workers.processes.helpers import announced, announcing
from workers.processes import procfs, tree

pytestmark = pytest.mark.usefixtures("subreaper")


@pytest.mark.parametrize("change", ["", "os.setpgid(0, 0)", "os.setsid()"])
def test_end_fork_storm_leaves_nothing(start: Start, here: Path, change: str) -> None:
    storm = f"""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    reading, writing = os.pipe()
    os.write(writing, b"x" * 600)
    announce()
    while os.read(reading, 1):
        if os.fork() == 0:
            {change or "pass"}
            announce()
    """
    program = start(announcing(storm, here))
    announced(here, 20)

    assert tree.end(program, grace_seconds=0)

    program.close()
    left = [stat for stat in procfs.all_processes() if is_marked_here(stat.pid, str(here))]
    assert left == []


def is_marked_here(pid: int, here: str) -> bool:
    try:
        return here.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def test_end_process_that_hops_from_pid_to_pid_catches_it(start: Start, here: Path) -> None:
    hopper = """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    announce()
    while True:
        if os.fork():
            os._exit(0)
        os.setsid()
    """
    program = start(announcing(hopper, here))
    announced(here)
    program.wait(10)

    assert tree.end(program, grace_seconds=0)

    assert not [s for s in procfs.all_processes() if is_marked_here(s.pid, str(here))]


def test_end_process_that_hops_whenever_it_is_looked_at_catches_it(
    start: Start, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hopper = """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
    if os.fork():
        os._exit(0)
    os.setsid()
    announce()
    while signal.sigwait([signal.SIGUSR1]):
        if os.fork():
            os._exit(0)
    """
    program = start(announcing(hopper, here))
    announced(here)
    program.wait(10)
    hops = iter(range(10))
    wait = os.waitid

    def wait_for_one_that_hops(kind: int, pid: int, options: int) -> object:
        # Other tests may have children that run on meanwhile.
        is_hopper = kind == os.P_PID and is_marked_here(pid, str(here))
        if is_hopper and next(hops, None) is not None:
            os.kill(pid, signal.SIGUSR1)
            while (stat := procfs.read_stat(pid)) and not stat.is_zombie:
                time.sleep(0.001)
        return wait(kind, pid, options)

    monkeypatch.setattr(os, "waitid", wait_for_one_that_hops)

    assert tree.end(program, grace_seconds=0)

    assert next(hops, None) is None
    assert not [s for s in procfs.all_processes() if is_marked_here(s.pid, str(here))]


def test_end_two_that_restart_each_other_leaves_nothing(start: Start, here: Path) -> None:
    source = """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    def revive():
        while True:
            reading, writing = os.pipe()
            if os.fork():
                os.close(writing)
                announce()
                os.read(reading, 1)
                os.close(reading)
            else:
                os.setsid()
                os.close(reading)
                if os.fork() == 0:
                    os.close(writing)
                    continue
                announce()
                while True: signal.pause()
    revive()
    """
    program = start(announcing(source, here))
    announced(here, 2)

    assert tree.end(program, grace_seconds=0)

    assert not [s for s in procfs.all_processes() if is_marked_here(s.pid, str(here))]
