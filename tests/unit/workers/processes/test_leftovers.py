import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.workers.processes.helpers import announced, announcing, is_alive, wait_until
from workers.processes.identity import Identity
from workers.processes.leftovers import clear_leftovers
from workers.processes.marks import mark_for, marked
from workers.processes.procfs import Stat
from workers.processes.workdir import WorkDirectory, WorkerDirectory

HOST = f"tests-{os.getpid()}"
Leave = Callable[..., Stat]


@pytest.fixture
def own() -> Identity:
    return Identity.of_this_process(HOST)


@pytest.fixture
def dead(own: Identity) -> Identity:
    return Identity(HOST, own.pid, own.start[:-1] + ("1" if own.start[-1] == "0" else "0"))


@pytest.fixture
def leave(tmp_path: Path) -> Iterator[Leave]:
    """Start a process as programs of a worker are, with children, and return it."""
    started = []

    def leave(source: str, environment: dict[str, str], worker: str = "") -> Stat:
        here = tmp_path / f"here-{len(started)}"
        here.mkdir()
        with marked(mark_for(1, worker)):
            started.append(
                subprocess.Popen(announcing(source, here), env=environment, start_new_session=True)
            )
        return announced(here)[0]

    yield leave
    for process in started:
        process.kill()
        process.wait()


def test_clear_leftovers_ends_processes_of_dead_worker_and_spares_others(
    leave: Leave, own: Identity, dead: Identity, tmp_path: Path
) -> None:
    of_dead = leave(
        "signal.signal(signal.SIGTERM, signal.SIG_IGN); rest()", {"SCALE_WORKER": str(dead)}
    )
    of_living = leave("rest()", {"SCALE_WORKER": str(own)})
    elsewhere = leave("rest()", {"SCALE_WORKER": str(dead._replace(host="elsewhere"))})
    of_nobody = leave("rest()", {"SCALE_WORKER": "something"})

    cleared = clear_leftovers(tmp_path / "absent", own)

    assert cleared.ended == [of_dead.pid]
    assert [is_alive(p) for p in (of_dead, of_living, elsewhere, of_nobody)] == [
        False,
        True,
        True,
        True,
    ]


def test_clear_leftovers_ends_children_with_cleared_environment(
    leave: Leave, own: Identity, dead: Identity, tmp_path: Path
) -> None:
    here = tmp_path / "child"
    here.mkdir()
    source = f"""
    if os.fork() == 0:
        os.execve(sys.executable, {announcing("rest()", here)!r}, {{}})
    rest()
    """
    leave(source, {"SCALE_WORKER": str(dead)})
    (child,) = announced(here)

    clear_leftovers(tmp_path / "absent", own)

    wait_until(lambda: not is_alive(child))


def test_clear_leftovers_knows_cleared_process_by_mark_of_a_worker_with_directory(
    leave: Leave, own: Identity, dead: Identity, tmp_path: Path
) -> None:
    root = tmp_path / "root"
    os.close(WorkerDirectory.claim(root, str(dead))._lock)
    process = leave("rest()", {}, worker=str(dead))

    cleared = clear_leftovers(root, own)

    assert cleared.ended == [process.pid]
    assert not is_alive(process)


def test_clear_leftovers_spares_itself_and_its_ancestors(dead: Identity, tmp_path: Path) -> None:
    source = f"""
import sys
sys.path[:] = {sys.path!r}
from pathlib import Path
from workers.processes.identity import Identity
from workers.processes.leftovers import clear_leftovers
own = Identity.of_this_process({HOST!r})
print(clear_leftovers(Path({str(tmp_path)!r}), own).ended)
    """
    outcome = subprocess.run(
        ["sh", "-c", '"$0" -c "$1"; true', sys.executable, source],
        env={"SCALE_WORKER": str(dead)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (0, "[]\n", "")


def test_clear_leftovers_removes_directories_of_dead_workers_only(
    own: Identity, dead: Identity, tmp_path: Path
) -> None:
    directory = WorkerDirectory.claim(tmp_path, str(dead))
    (WorkDirectory.make(directory.path, 1).output / "file").write_text("x")
    os.close(directory._lock)
    living = WorkerDirectory.claim(tmp_path, str(dead._replace(start="00000000-1")))
    (tmp_path / "something else").mkdir()
    elsewhere = tmp_path / str(dead._replace(host="elsewhere"))
    elsewhere.mkdir()

    cleared = clear_leftovers(tmp_path, own)

    assert cleared == ([], [str(dead)], {})
    assert living.path.is_dir()
    assert elsewhere.is_dir()
    assert (tmp_path / "something else").is_dir()
    living.release()
