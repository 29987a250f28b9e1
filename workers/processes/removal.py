"""Remove a directory with all that is in it, whatever a program has made of it."""

import contextlib
import errno
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

_LIMIT_SECONDS = 60.0
_PATH_ONLY = os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def remove_tree(root: Path) -> None:
    """Remove a directory that may be deep, read-only, full of links or still written to.

    Links are removed and never followed, other file systems left alone. Does nothing when the
    directory is gone already.

    Raises:
        OSError: something resists: it is another user's, immutable, a mount point, …
    """
    deadline = time.monotonic() + _LIMIT_SECONDS
    while True:
        try:
            with _opened(root) as top:
                _Removal(top, deadline).empty()
            root.rmdir()
        except FileNotFoundError:
            return
        except OSError as exc:
            # Something was added between the last look and the end.
            if exc.errno != errno.ENOTEMPTY or time.monotonic() > deadline:
                raise


class _Removal:
    """The emptying of one directory.

    Directories are first moved up to the top, so that neither stack nor paths nor open files grow
    with the depth of the tree.
    """

    def __init__(self, top: int, deadline: float) -> None:
        self._top = top
        self._deadline = deadline
        self._device = os.fstat(top).st_dev
        self._steps = 0
        self._failures: list[OSError] = []

    def empty(self) -> None:
        while True:
            steps = self._steps
            self._failures.clear()
            directories = self._remove_files(self._top)
            for name in directories:
                with self._noting_failures():
                    self._dissolve(name)
            if not directories and not self._failures:
                return
            if self._failures and self._steps == steps:
                raise self._failures[0]
            if time.monotonic() > self._deadline:
                raise OSError(errno.ENOTEMPTY, "Grows faster than it is removed")

    def _dissolve(self, name: str) -> None:
        with _opened(name, self._top) as directory:
            if os.fstat(directory).st_dev != self._device:
                raise OSError(errno.EXDEV, "Is another file system", name)
            for inner in self._remove_files(directory):
                # Opened, as moving a directory takes the right to write to it.
                with self._noting_failures(), _opened(inner, directory):
                    os.rename(
                        inner, secrets.token_hex(16), src_dir_fd=directory, dst_dir_fd=self._top
                    )
                    self._steps += 1
        os.rmdir(name, dir_fd=self._top)
        self._steps += 1

    def _remove_files(self, directory: int) -> list[str]:
        """Remove all but the directories and return their names."""
        directories = []
        with os.scandir(directory) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    directories.append(entry.name)
                    continue
                with self._noting_failures():
                    os.unlink(entry.name, dir_fd=directory)
                    self._steps += 1
        return directories

    @contextlib.contextmanager
    def _noting_failures(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            pass
        except OSError as exc:
            self._failures[1:] = [exc]


@contextlib.contextmanager
def _opened(path: str | Path, parent: int | None = None) -> Iterator[int]:
    """Open a directory and give its owner all rights to it."""
    # By a descriptor that needs no rights: the directory may deny all, and its name be swapped.
    named = os.open(path, _PATH_ONLY, dir_fd=parent)
    try:
        with contextlib.suppress(PermissionError):
            os.chmod(f"/proc/self/fd/{named}", 0o700)  # noqa: PTH101
        opened = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=named)
        try:
            yield opened
        finally:
            os.close(opened)
    finally:
        os.close(named)
