"""The private directories of workers and of the executions they run."""

import contextlib
import fcntl
import itertools
import logging
import os
import stat
from collections.abc import Callable
from pathlib import Path

from workers.processes.removal import remove_tree

logger = logging.getLogger(__name__)

_LOCK = "lock"
_LOCK_FLAGS = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
_MODE, _SEALED = 0o700, 0o500
_LOGS = ("stdout", "stderr")


class WorkerDirectory:
    """The directory of one worker process, locked for as long as that lives."""

    def __init__(self, path: Path, lock: int) -> None:
        self.path = path
        self._lock = lock

    @classmethod
    def claim(cls, root: Path, identity: str) -> "WorkerDirectory":
        """Make and lock the directory `<root>/<identity>`."""
        path = root / identity
        while True:
            root.mkdir(parents=True, exist_ok=True)
            # Not by `exist_ok`, which fails where it is removed before it is looked at.
            with contextlib.suppress(FileExistsError):
                os.mkdir(path, _MODE)
            with contextlib.suppress(FileNotFoundError):
                lock = os.open(path / _LOCK, _LOCK_FLAGS | os.O_CREAT, 0o600)
                fcntl.flock(lock, fcntl.LOCK_EX)
                # Someone else may have taken it for a dead worker's, and be removing it.
                if os.fstat(lock).st_nlink:
                    return cls(path, lock)
                os.close(lock)

    def release(self) -> None:
        """Remove the directory.

        Raises:
            OSError: something in it resists.
        """
        try:
            remove_tree(self.path)
        finally:
            os.close(self._lock)


def settle_nothing(_directory: Path) -> None:
    """Be what is done before a directory is removed that nobody else has a stake in."""


def remove_if_stale(path: Path, settle: Callable[[Path], object] = settle_nothing) -> bool:
    """Remove the directory of a worker that is dead, and return whether it was.

    Before that, and only if it is dead, `settle` is called with the directory.

    Raises:
        OSError: something in it resists.
        Exception: whatever `settle` raises; then the directory stays.
    """
    try:
        lock = os.open(path / _LOCK, _LOCK_FLAGS)
    except FileNotFoundError:
        # Being made or being removed, or its worker died before it was locked.
        with contextlib.suppress(OSError):
            path.rmdir()
        return not path.exists()
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        settle(path)
        remove_tree(path)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


class WorkDirectory:
    """The directory of one execution (contract 6.1); its user closes it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.input = root / "input"
        self.output = root / "output"
        #: Where the program may leave temporary files.
        self.home = root / "home"
        self.logs = root / "logs"
        self.stdout, self.stderr = (self.logs / name for name in _LOGS)
        self._is_sealed = False

    @classmethod
    def make(cls, parent: Path, name: int | str) -> "WorkDirectory":
        """Make the directory of an execution, anew and empty, named by it or otherwise.

        Raises:
            OSError: the disk is full, or the remains of an earlier one resist.
        """
        directory = cls(parent / str(name))
        try:
            os.mkdir(directory.root, _MODE)
        except FileExistsError:
            remove_tree(directory.root)
            os.mkdir(directory.root, _MODE)
        for path in directory.parts:
            os.mkdir(path, _MODE)
        return directory

    @property
    def parts(self) -> tuple[Path, ...]:
        """Return the directories in it."""
        return (self.input, self.output, self.home, self.logs)

    def seal_input(self) -> None:
        """Make the input read-only for the program, unless it runs as root, whom modes do not bind.

        Links are left alone: the files they lead to are in a workspace.
        """
        if self._is_sealed:
            return
        for directory, _, files in os.walk(self.input, topdown=False):
            for name in files:
                path = os.path.join(directory, name)
                if not os.path.islink(path):
                    os.chmod(path, 0o400)
            os.chmod(directory, _SEALED)
        self._is_sealed = True

    def remove(self) -> None:
        """Remove the directory with all that is in it.

        Raises:
            OSError: something in it resists.
        """
        if not self._remove_if_unused():
            remove_tree(self.root)

    def _remove_if_unused(self) -> bool:
        """Remove the directory of a program that has left no file: a tenth of the usual cost."""
        try:
            # A program may have put a link in the place of the directory.
            logs = os.open(self.logs, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                for name in _LOGS:
                    os.unlink(name, dir_fd=logs)
            finally:
                os.close(logs)
            for path in (*self.parts, self.root):
                os.rmdir(path)
        except OSError:
            return False
        return True

    def close(self) -> None:
        """Remove the directory; if something resists, it is logged and left.

        What an execution came to does not depend on whether its remains can be removed.
        """
        try:
            self.remove()
        except OSError as exc:
            logger.warning("work_directory_left path=%s reason=%s", self.root, exc)

    def renew(self) -> bool:
        """Make it as new for another execution, its input empty and sealed.

        False if more than its logs has been touched.
        """
        try:
            if not (
                all(_is_own(path, _MODE) for path in (self.root, self.output, self.home, self.logs))
                and _is_own(self.input, _SEALED)
                and not any(map(os.listdir, (self.input, self.output, self.home)))
                and len(os.listdir(self.root)) == len(self.parts)
            ):
                return False
            printed = os.listdir(self.logs)
            if not set(printed).issubset(_LOGS):
                return False
            for name in printed:
                _empty(f"{self.logs}/{name}")
        except OSError:
            return False
        return True


def _is_own(path: Path, mode: int) -> bool:
    """Tell whether this is a directory of ours with these permissions, and no link to one."""
    found = os.lstat(path)
    return found.st_mode == stat.S_IFDIR | mode and found.st_uid == os.getuid()


def _empty(log: str) -> None:
    """Have a log be as made, or not there."""
    found = os.lstat(log)
    if found.st_size or found.st_nlink != 1 or found.st_mode != stat.S_IFREG | 0o600:
        os.unlink(log)


class Spares:
    """Directories that executions have left as they were made, for others that leave nothing.

    Making and removing directories takes longer than most of what else an execution needs. One
    thread at a time.
    """

    def __init__(self, parent: Path, *, limit: int) -> None:
        self._parent = parent
        self._limit = limit
        self._spares: list[WorkDirectory] = []
        self._numbers = itertools.count(1)

    def take(self) -> WorkDirectory:
        """Return an empty directory, for an execution that is brought no input.

        Raises:
            OSError: the disk is full.
        """
        if self._spares:
            return self._spares.pop()
        return WorkDirectory.make(self._parent, f"brief-{next(self._numbers)}")

    def put(self, directory: WorkDirectory) -> bool:
        """Keep a directory that nobody uses any more, if it is wanted and as new."""
        if len(self._spares) >= self._limit or not directory.renew():
            return False
        self._spares.append(directory)
        return True
