import fcntl
import os
import threading
import time
from pathlib import Path

import pytest

from workers.processes import workdir
from workers.processes.workdir import WorkDirectory, WorkerDirectory, remove_if_stale


def modes(*paths: Path) -> list[int]:
    return [path.stat().st_mode & 0o777 for path in paths]


def test_make_directory_is_empty_and_private(tmp_path: Path) -> None:
    directory = WorkDirectory.make(tmp_path, 7)

    assert directory.root == tmp_path / "7"
    paths = (directory.root, directory.input, directory.output, directory.home, directory.logs)
    assert modes(*paths) == [0o700] * 5
    assert [path for path in directory.root.rglob("*") if not path.is_dir()] == []


def test_make_directory_again_removes_the_remains(tmp_path: Path) -> None:
    (WorkDirectory.make(tmp_path, 7).output / "old").write_text("x")

    directory = WorkDirectory.make(tmp_path, 7)

    assert list(directory.output.iterdir()) == []


def test_closed_directory_is_gone_with_sealed_files(tmp_path: Path) -> None:
    directory = WorkDirectory.make(tmp_path, 7)
    (directory.input / "file").write_text("x")
    directory.seal_input()

    directory.close()

    assert list(tmp_path.iterdir()) == []


def test_directory_that_resists_is_left_and_logged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def resist(path: Path) -> None:
        raise PermissionError(1, "Not permitted", str(path))

    directory = WorkDirectory.make(tmp_path, 7)
    monkeypatch.setattr(workdir, "remove_tree", resist)

    (directory.output / "file").touch()
    directory.close()

    assert directory.root.is_dir()
    assert "work_directory_left" in caplog.text


def test_seal_input_makes_all_read_only_but_what_links_lead_to(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir()
    (kept / "file").write_text("x")
    (kept / "file").chmod(0o644)
    kept.chmod(0o755)
    directory = WorkDirectory.make(tmp_path, 7)
    (directory.input / "one").mkdir()
    (directory.input / "one" / "file").write_text("x")
    (directory.input / "one" / "link").symlink_to(kept / "file")
    (directory.input / "all").symlink_to(kept)

    directory.seal_input()

    sealed = (directory.input, directory.input / "one", directory.input / "one" / "file")
    assert modes(*sealed) == [0o500, 0o500, 0o400]
    assert modes(kept, kept / "file") == [0o755, 0o644]
    assert modes(directory.output) == [0o700]


def test_stale_directory_of_living_worker_is_kept(tmp_path: Path) -> None:
    own = WorkerDirectory.claim(tmp_path, "living")

    assert not remove_if_stale(own.path)

    assert own.path.is_dir()
    own.release()
    assert not own.path.exists()


def test_stale_directory_of_dead_worker_is_removed(tmp_path: Path) -> None:
    dead = WorkerDirectory.claim(tmp_path, "dead")
    (WorkDirectory.make(dead.path, 7).output / "file").write_text("x")
    os.close(dead._lock)

    assert remove_if_stale(dead.path)

    assert not dead.path.exists()


def test_stale_directory_without_lock_is_removed_only_if_empty(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "file").write_text("x")

    assert remove_if_stale(tmp_path / "empty")
    assert not remove_if_stale(tmp_path / "foreign")

    assert (tmp_path / "foreign" / "file").exists()


def test_claim_while_it_is_removed_as_stale_makes_it_anew(tmp_path: Path) -> None:
    path = tmp_path / "worker"
    path.mkdir()
    remover = os.open(path / "lock", os.O_RDWR | os.O_CREAT)
    fcntl.flock(remover, fcntl.LOCK_EX)
    claimed: list[WorkerDirectory] = []
    waits = threading.Thread(
        target=lambda: claimed.append(WorkerDirectory.claim(tmp_path, "worker"))
    )
    waits.start()
    while len(opened(path / "lock")) < 2:
        time.sleep(0.001)

    (path / "lock").unlink()
    path.rmdir()
    os.close(remover)
    waits.join(10)

    assert claimed[0].path.is_dir()
    assert not remove_if_stale(path)
    claimed[0].release()


def opened(path: Path) -> list[Path]:
    """Return the descriptors of this process that lead to a file."""
    return [fd for fd in Path("/proc/self/fd").iterdir() if os.path.realpath(fd) == str(path)]


def test_claim_and_removal_racing_leave_a_locked_directory(tmp_path: Path) -> None:
    for number in range(50):
        path = tmp_path / str(number)
        done = threading.Event()

        def remove(path: Path = path, done: threading.Event = done) -> None:
            while not done.is_set():
                if path.exists():
                    remove_if_stale(path)

        remover = threading.Thread(target=remove)
        remover.start()
        own = WorkerDirectory.claim(tmp_path, str(number))
        done.set()
        remover.join()

        assert (own.path / "lock").stat().st_ino == os.fstat(own._lock).st_ino
        own.release()
