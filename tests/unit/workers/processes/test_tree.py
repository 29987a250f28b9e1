import os
import time
from pathlib import Path

import pytest

from tests.unit.workers.processes.conftest import Start
from tests.unit.workers.processes.helpers import (
    PRELUDE,
    announced,
    announcing,
    is_alive,
    wait_until,
)
from workers.processes import procfs, tree
from workers.processes.program import Exit

pytestmark = pytest.mark.usefixtures("subreaper")

REST = "rest()"
REST_DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN); rest()"
REST_UNMARKED = """
import resource
resource.setrlimit(resource.RLIMIT_RTTIME, (resource.RLIM_INFINITY,) * 2)
rest()
"""
#: Makes a daemon with a cleared environment that runs the source in the second argument.
DAEMON = """
if os.fork() == 0:
    os.setsid()
    if os.fork():
        os._exit(0)
    os.execve(sys.executable, [sys.executable, "-S", "-c", sys.argv[2], sys.argv[1]], {})
os.wait()
"""


def test_end_program_that_obeys_lets_it_end_by_sigterm(start: Start, here: Path) -> None:
    program = start(announcing(REST, here))
    announced(here)

    assert tree.end(program, grace_seconds=30)

    assert program.wait(0) == Exit(None, 15)


def test_end_program_that_cleans_up_lets_it(start: Start, here: Path) -> None:
    source = """
    def stop(*_):
        sys.exit(3)
    signal.signal(signal.SIGTERM, stop)
    rest()
    """
    program = start(announcing(source, here))
    announced(here)

    assert tree.end(program, grace_seconds=30)

    assert program.wait(0) == Exit(3, None)


def test_end_deaf_program_kills_it_after_grace(start: Start, here: Path) -> None:
    program = start(announcing(REST_DEAF, here))
    announced(here)
    begun = time.monotonic()

    assert tree.end(program, grace_seconds=0.2)

    assert program.wait(0) == Exit(None, 9)
    assert 0.2 <= time.monotonic() - begun < 5


def test_end_stopped_program_wakes_it_to_hear_sigterm(start: Start, here: Path) -> None:
    program = start(announcing("announce()\nos.kill(os.getpid(), 19)", here))
    announced(here)

    assert tree.end(program, grace_seconds=30)

    assert program.wait(0) == Exit(None, 15)


def test_end_calls_tick_during_grace(start: Start, here: Path) -> None:
    program = start(announcing(REST_DEAF, here))
    announced(here)
    ticks: list[float] = []

    tree.end(program, grace_seconds=0.1, tick=lambda: ticks.append(time.monotonic()))

    assert ticks


def test_end_program_with_deaf_children_ends_all(start: Start, here: Path) -> None:
    source = """
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    for _ in range(3):
        if os.fork() == 0:
            os.setpgid(0, 0)
            if os.fork() == 0:
                os.setsid()
            break
    rest()
    """
    program = start(announcing(source, here))
    processes = announced(here, 7)

    assert tree.end(program, grace_seconds=0.05)

    assert not [process for process in processes if is_alive(process)]


def test_end_after_normal_exit_ends_background_children(start: Start, here: Path) -> None:
    program = start(["sh", "-c", "sleep 1000 & touch $0/$!", str(here)])
    assert program.wait(10) == Exit(0, None)
    processes = announced(here)

    assert tree.end(program, grace_seconds=30)

    assert not [process for process in processes if is_alive(process)]


@pytest.mark.parametrize("rest", [REST, REST_DEAF, REST_UNMARKED])
def test_end_after_normal_exit_ends_daemon_with_cleared_environment(
    start: Start, here: Path, rest: str
) -> None:
    program = start(announcing(DAEMON, here, PRELUDE + rest))
    assert program.wait(10) == Exit(0, None)
    (daemon,) = announced(here)
    assert daemon.session != program.pid

    assert tree.end(program, grace_seconds=0.1)

    assert not is_alive(daemon)


def test_end_one_of_two_programs_spares_the_daemon_of_the_other(
    start: Start, tmp_path: Path
) -> None:
    programs, daemons = [], []
    for number in (1, 2):
        here = tmp_path / str(number)
        here.mkdir()
        programs.append(start(announcing(DAEMON, here, PRELUDE + REST), number))
        daemons += announced(here)
        programs[-1].wait(10)

    assert tree.end(programs[0], grace_seconds=30)
    assert [is_alive(daemon) for daemon in daemons] == [False, True]

    programs[0].close()
    assert tree.end(programs[1], grace_seconds=30)
    assert [is_alive(daemon) for daemon in daemons] == [False, False]


def test_end_unmarked_daemon_with_the_last_of_its_suspects(
    start: Start, here: Path, tmp_path: Path
) -> None:
    maker = start(announcing(DAEMON, here, PRELUDE + REST_UNMARKED), 1)
    maker.wait(10)
    (daemon,) = announced(here)
    elder = start(["sleep", "1000"], 2)

    assert tree.end(elder, grace_seconds=30)
    assert is_alive(daemon)

    elder.close()
    younger = start(["sleep", "1000"], 3)
    assert tree.end(maker, grace_seconds=30)
    assert not is_alive(daemon)
    assert younger.wait(0) is None


def test_end_spares_processes_that_are_older_or_of_our_session(start: Start, here: Path) -> None:
    helper = os.posix_spawnp("sleep", ["sleep", "1000"], os.environ)
    older = start(announcing(DAEMON, here, PRELUDE + REST_UNMARKED), 1)
    older.wait(10)
    (daemon,) = announced(here)
    older.close()

    wait_until(lambda: procfs.ticks_since_boot() > daemon.start, "the next tick")
    program = start(["true"], 2)
    program.wait(10)
    assert tree.end(program, grace_seconds=0)

    assert is_alive(daemon)
    for pid in (daemon.pid, helper):
        os.kill(pid, 9)
        os.waitpid(pid, 0)


def test_reap_orphans_removes_zombies_and_keeps_the_living(start: Start, here: Path) -> None:
    source = """
    if os.fork() == 0:
        for _ in range(5):
            if os.fork() == 0:
                announce()
                os._exit(0)
        os._exit(0)
    os.wait()
    rest()
    """
    program = start(announcing(source, here))
    wait_until(lambda: len(list(here.iterdir())) == 6, "all have announced themselves")
    me = os.getpid()

    def zombies() -> set[int]:
        return {int(file.name) for file in here.iterdir()} - {program.pid} & set(
            procfs.children_of(me)
        )

    def reaped() -> bool:
        tree.reap_orphans()
        return not zombies()

    wait_until(reaped, "no zombies")
    assert program.wait(0) is None


def test_end_without_children_files_ends_all(
    start: Start, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(procfs, "HAS_CHILDREN_FILES", False)
    program = start(announcing(DAEMON, here, PRELUDE + REST))
    program.wait(10)
    (daemon,) = announced(here)

    assert tree.end(program, grace_seconds=30)

    assert not is_alive(daemon)


def test_terminate_and_kill_return_before_and_after_the_end(start: Start, here: Path) -> None:
    program = start(announcing(REST_DEAF, here))
    announced(here)

    tree.terminate(program)
    assert program.wait(0) is None

    assert tree.kill(program)
    assert program.wait(0) == Exit(None, 9)


def test_pause_stops_and_resume_wakes_every_process(start: Start, here: Path) -> None:
    program = start(announcing("os.fork()\nrest()", here))
    processes = announced(here, 2)

    def states() -> set[str]:
        return {
            Path(f"/proc/{process.pid}/stat").read_text().rpartition(") ")[2][0]
            for process in processes
        }

    tree.pause(program)
    wait_until(lambda: states() == {"T"}, "all are stopped")
    tree.resume(program)
    wait_until(lambda: states() == {"S"}, "all go on")


def test_end_paused_program_lets_it_end_by_sigterm(start: Start, here: Path) -> None:
    program = start(announcing(REST, here))
    announced(here)
    tree.pause(program)

    assert tree.end(program, grace_seconds=30)

    assert program.wait(0) == Exit(None, 15)
