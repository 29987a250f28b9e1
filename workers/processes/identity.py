"""The name of a worker process, by which anyone on its host can tell whether it still lives."""

import os
import re
from typing import NamedTuple, Self

from workers.processes.procfs import boot_id, read_stat

_FOREIGN = re.compile(r"[^A-Za-z0-9.-]")
_IDENTITY = re.compile(r"(?P<host>[A-Za-z0-9._-]+)\.(?P<pid>\d+)\.(?P<start>[0-9a-f]{8}-\d+)")


class Identity(NamedTuple):
    """A worker process, never to be mistaken for another that gets its PID; safe as a file name."""

    host: str
    pid: int
    #: When it started: the boot of its host, and the clock ticks since.
    start: str

    def __str__(self) -> str:
        return f"{self.host}.{self.pid}.{self.start}"

    @classmethod
    def of_this_process(cls, host: str) -> Self:
        """Return the identity of the calling process.

        Raises:
            RuntimeError: /proc is not mounted.
        """
        stat = read_stat(os.getpid())
        if stat is None:
            raise RuntimeError("Scale's worker needs /proc")
        return cls(_FOREIGN.sub("_", host)[:100], stat.pid, f"{boot_id()}-{stat.start}")

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """Return the identity that was written as `text`, None when it is none."""
        match = _IDENTITY.fullmatch(text)
        return cls(match["host"], int(match["pid"]), match["start"]) if match else None

    def is_alive(self) -> bool:
        """Tell whether the process lives; only meaningful on its host, in its PID namespace."""
        stat = read_stat(self.pid)
        if stat is None or stat.is_zombie:
            return False
        return f"{boot_id()}-{stat.start}" == self.start
