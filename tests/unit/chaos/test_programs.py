import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from chaos.catalogue import PROGRAMS
from chaos.journal import Journal, read_journals

WORKER = "host.4711.0a1b2c3d-99"


def run(tmp_path: Path, program: str, *words: str, execution: int = 8) -> int:
    journal = tmp_path / "journal"
    journal.mkdir(exist_ok=True)
    environment = {
        "SCALE_JOB_EXE": str(execution),
        "SCALE_WORKER": WORKER,
        "PATH": os.environ["PATH"],
    }
    command = [sys.executable, "-S", str(PROGRAMS / program), str(journal), *words]
    return subprocess.run(
        command,
        env=environment,
        cwd=tmp_path,
        # Not a pipe, which children that stay would keep open.
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=30,
        check=False,
    ).returncode


def journal(tmp_path: Path) -> Journal:
    return read_journals(tmp_path / "journal")


def test_journal_tells_start_and_end_of_program(tmp_path: Path) -> None:
    assert run(tmp_path, "succeed.py") == 0

    found = journal(tmp_path)
    [start] = found.starts[8]
    [end] = found.ends[8]
    assert (start.worker, start.worker_pid, start.alone) == (WORKER, 4711, True)
    assert (end.member, end.code) == (start.member, 0)
    assert end.at >= start.at
    assert found.alive() == []


@pytest.mark.parametrize(
    ("words", "execution", "code"), [(["3"], 8, 3), (["9", "2"], 8, 9), (["9", "2"], 7, 0)]
)
def test_fail_exits_with_code(tmp_path: Path, words: list[str], execution: int, code: int) -> None:
    assert run(tmp_path, "fail.py", *words, execution=execution) == code
    assert [end.code for end in journal(tmp_path).ends[execution]] == [code]


def test_crash_leaves_no_end(tmp_path: Path) -> None:
    assert run(tmp_path, "crash.py") == -signal.SIGKILL

    found = journal(tmp_path)
    assert len(found.starts[8]) == 1
    assert 8 not in found.ends


def test_sleep_takes_its_time(tmp_path: Path) -> None:
    assert run(tmp_path, "sleep.py", "0.3") == 0

    found = journal(tmp_path)
    assert found.ends[8][0].at - found.starts[8][0].at >= 0.3


def test_written_files_are_joined(tmp_path: Path) -> None:
    made, joined = tmp_path / "made", tmp_path / "joined"
    made.mkdir()
    joined.mkdir()

    assert run(tmp_path, "write.py", str(made), "2") == 0
    assert (made / "results_manifest.json").exists()
    (made / "results_manifest.json").unlink()
    assert run(tmp_path, "join.py", str(made), str(joined), execution=9) == 0

    text = (joined / "joined.txt").read_text()
    assert text.startswith("execution 8, part 0\n")
    assert text.endswith("execution 8, part 1\n")


def test_forking_program_leaves_children_whose_lock_shows(tmp_path: Path) -> None:
    assert run(tmp_path, "fork.py", "0.3") == 0
    children = journal(tmp_path).alive()
    try:
        assert len(children) == 2
        assert run(tmp_path, "succeed.py") == 0
        assert [start.alone for start in journal(tmp_path).starts[8]] == [True, False]
    finally:
        for child in children:
            with suppress(psutil.NoSuchProcess):
                psutil.Process(child.pid).kill()


@pytest.mark.parametrize("worker", ["host:4711:0a1b2c3d", WORKER])
def test_worker_pid_is_read_from_identity(worker: str) -> None:
    found = Journal()
    found.add(
        {
            "event": "start",
            "execution": 1,
            "pid": 2,
            "ticks": 3,
            "at": 4.0,
            "worker": worker,
            "alone": True,
        }
    )

    assert found.starts[1][0].worker_pid == 4711
