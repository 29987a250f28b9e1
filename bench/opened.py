"""Noticing from outside, to a fraction of a millisecond, that a program has begun.

The program opens a file as the first thing it does itself, and the kernel says so. Nothing has to
be compiled, and it costs every contender the same.
"""

import ctypes
import os
import select
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from launcher.errors import Problem

#: Reads its one argument, here an empty file, and ends.
PROGRAM = "/bin/cat"

_IN_OPEN = 0x20
_EVENTS = 4096


class OpenWatch:
    """Watches one file."""

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
        self.path = path
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd = self._libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._fd < 0 or self._libc.inotify_add_watch(self._fd, bytes(path), _IN_OPEN) < 0:
            raise Problem(f"{path} cannot be watched: {os.strerror(ctypes.get_errno())}")

    def forget(self) -> None:
        """Forget every opening so far."""
        with suppress(BlockingIOError):
            while os.read(self._fd, _EVENTS):
                pass

    def next(self, seconds: float = 30.0) -> float:
        """Return the time at which the file was next opened.

        Raises:
            Problem: it was not, for so long.
        """
        ready, _, _ = select.select([self._fd], [], [], seconds)
        now = time.time()
        if not ready:
            raise Problem(f"No program opened {self.path} within {seconds:.0f} s.")
        os.read(self._fd, _EVENTS)
        return now

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._fd)
