import os
import socket
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workers.processes import removal
from workers.processes.removal import remove_tree

NOBODY = 65534


@pytest.fixture
def root() -> Iterator[Path]:
    """A directory that the user nobody can reach."""
    with tempfile.TemporaryDirectory() as parent:
        Path(parent).chmod(0o777)
        root = Path(parent, "root")
        root.mkdir()
        root.chmod(0o777)
        yield root


def as_nobody(act: Callable[[], None], directory: Path) -> None:
    """Run in a process that modes do bind, in the parent of the root.

    The way there may be closed to it, so it takes relative paths.
    """
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.chdir(directory)
            if os.getuid() == 0:
                os.setuid(NOBODY)
            act()
            code = 0
        except BaseException:  # noqa: BLE001 -- shown, and told by the code
            traceback.print_exc()
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_remove_tree_absent_does_nothing(tmp_path: Path) -> None:
    remove_tree(tmp_path / "absent")


def test_remove_tree_everything_a_program_can_make(root: Path) -> None:
    (root / "a" / "b").mkdir(parents=True)
    (root / "a" / "b" / "file").write_text("x")
    (root / "a" / "\n\udcff ümlaut").write_text("x")
    os.mkfifo(root / "a" / "fifo")
    with socket.socket(socket.AF_UNIX) as bound:
        bound.bind(str(root / "socket"))
    (root / "a" / "loop").symlink_to(root)
    (root / "dangling").symlink_to("/no/such")

    remove_tree(root)

    assert not root.exists()


def test_remove_tree_never_follows_links(root: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    kept.mkdir(mode=0o500)
    (kept / "file").write_text("kept")
    (kept / "file").chmod(0o400)
    (root / "directory").symlink_to(kept)
    (root / "file").symlink_to(kept / "file")
    (root / "hard").hardlink_to(kept / "file")

    remove_tree(root)

    assert not root.exists()
    assert (kept / "file").read_text() == "kept"
    assert kept.stat().st_mode & 0o777 == 0o500
    assert (kept / "file").stat().st_mode & 0o777 == 0o400


def test_remove_tree_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "link").symlink_to("kept")

    with pytest.raises(NotADirectoryError):
        remove_tree(tmp_path / "link")

    assert (tmp_path / "kept").exists()


@pytest.mark.parametrize("mode", [0o500, 0o400, 0o100, 0o000])
def test_remove_tree_read_only_directories(root: Path, mode: int) -> None:
    def act() -> None:
        deep = Path(root.name, "one", "two", "three")
        deep.mkdir(parents=True)
        (deep / "file").write_text("x")
        (deep / "file").chmod(0o400)
        for directory in (deep, deep.parent, deep.parent.parent):
            directory.chmod(mode)
        remove_tree(Path(root.name))

    as_nobody(act, root.parent)
    assert not root.exists()


def test_remove_tree_deeper_than_the_stack_and_open_files(root: Path) -> None:
    current = os.open(root, os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("d", dir_fd=current)
        deeper = os.open("d", os.O_RDONLY, dir_fd=current)
        os.close(current)
        current = deeper
    os.close(current)

    remove_tree(root)

    assert not root.exists()


def test_remove_tree_while_files_appear(root: Path) -> None:
    made = threading.Event()
    stop = threading.Event()

    def write() -> None:
        number = 0
        while not stop.is_set() and number < 3000:
            number += 1
            try:
                (root / f"d{number % 7}").mkdir(exist_ok=True)
                (root / f"d{number % 7}" / str(number)).touch()
            except OSError:
                if not root.exists():
                    return
            if number == 100:
                made.set()

    writer = threading.Thread(target=write)
    writer.start()
    made.wait(10)

    remove_tree(root)

    stop.set()
    writer.join()
    assert not root.exists()


def test_remove_tree_that_grows_without_end_gives_up(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal, "_LIMIT_SECONDS", 0.0)
    (root / "directory").mkdir()

    with pytest.raises(OSError, match="faster than it is removed"):
        remove_tree(root)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can give files away")
def test_remove_tree_of_another_user_removes_the_rest_and_raises(root: Path) -> None:
    (root / "own").mkdir()
    (root / "own" / "file").write_text("x")
    (root / "foreign").mkdir(mode=0o755)
    (root / "foreign" / "file").write_text("x")
    os.chown(root / "own", NOBODY, NOBODY)
    os.chown(root, NOBODY, NOBODY)

    def act() -> None:
        with pytest.raises(PermissionError):
            remove_tree(Path(root.name))

    as_nobody(act, root.parent)
    assert [path.name for path in root.rglob("file")] == ["file"]
    assert not (root / "own").exists()
