"""Follow a growing output file: scan all, keep its beginning and its end, free its disk space."""

import ctypes
import os
import time
from collections.abc import Callable
from pathlib import Path

from workers.processes.excerpt import MIB, Excerpt, LogChanges

_BLOCK = 256 * 1024
_PAGE = 4096
_PUNCH_BYTES = 4 * MIB
#: A program that writes more than this between two reads writes too fast.
_MUCH_BYTES = 64 * MIB
_READ_SECONDS = 0.25
#: The moving end of an output is stored no faster than this, whatever the program prints.
_TAIL_BYTES_PER_SECOND = 256 * 1024

_KEEP_SIZE_PUNCH_HOLE = 0x01 | 0x02
_libc = ctypes.CDLL(None, use_errno=True)
_libc.fallocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]


class LogTail:
    """One output stream of a program.

    `read` often, `take` and store about once a second, and `finish` when nobody writes any more.
    A program that writes faster than is read, or very fast, should be paused until `read` says
    otherwise: that bounds the disk space.

    With `live_tail` off the end of a long output comes only with the last `take`; rows are then
    never replaced. Known weakness: where the file system cannot punch holes, disk space is freed
    only with the file.
    """

    def __init__(
        self,
        path: Path,
        *,
        scan: Callable[[bytes], object] | None = None,
        cap_bytes: int = 10 * MIB,
        live_tail: bool = True,
    ) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        self._scan = scan
        self._cap_bytes = cap_bytes
        #: None while nothing was printed, as is most often so to the end.
        self._excerpt: Excerpt | None = None
        self._live_tail = live_tail
        self._next_tail = 0.0
        self._is_finished = False
        self._offset = 0
        self._punched = 0

    @property
    def unread(self) -> int:
        """Return how many bytes were written and not read yet."""
        return os.fstat(self._fd).st_size - self._offset

    def read(self) -> bool:
        """Read what has been written, for a moment at most; return whether that is too fast."""
        size = os.fstat(self._fd).st_size
        is_much = self._read(size, time.monotonic() + _READ_SECONDS) > _MUCH_BYTES
        return is_much or self._offset < size

    def take(self) -> LogChanges:
        """Return what is to be stored since the last `take`."""
        if self._excerpt is None:
            return LogChanges({}, set())
        changes = self._excerpt.take_head(is_last=self._is_finished)
        now = time.monotonic()
        if self._is_finished or (self._live_tail and now >= self._next_tail):
            of_tail = self._excerpt.take_tail(is_last=self._is_finished)
            size = sum(map(len, of_tail.put.values()))
            self._next_tail = now + size / _TAIL_BYTES_PER_SECOND
            changes = changes.then(of_tail)
        return changes

    def finish(self) -> None:
        """Read the rest; the next `take` is the last."""
        self._read(os.fstat(self._fd).st_size, float("inf"))
        self._is_finished = True

    def close(self) -> None:
        """Close the file; safe to call again."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _read(self, size: int, deadline: float) -> int:
        if size < self._offset:  # the program truncated its own output
            self._offset = self._punched = 0
        begun = self._offset
        while self._offset < size and time.monotonic() < deadline:
            block = os.pread(self._fd, min(_BLOCK, size - self._offset), self._offset)
            if not block:
                break
            self._offset += len(block)
            if self._scan is not None:
                self._scan(block)
            if self._excerpt is None:
                self._excerpt = Excerpt(self._cap_bytes)
            self._excerpt.append(block)
            self._punch()
        return self._offset - begun

    def _punch(self) -> None:
        length = (self._offset - self._punched) // _PAGE * _PAGE
        if length >= _PUNCH_BYTES:
            _libc.fallocate(self._fd, _KEEP_SIZE_PUNCH_HOLE, self._punched, length)
            self._punched += length
