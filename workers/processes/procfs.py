"""Read what the kernel says of processes; any answer may be out of date when it arrives.

Kept free of `pathlib` and other modules that would cost the supervisor memory.
"""

import os
import time
from typing import NamedTuple

_BLOCK = 65536
_DEAD = {b"Z", b"X"}
_TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
_GONE = (FileNotFoundError, ProcessLookupError, PermissionError)


class Stat(NamedTuple):
    """What is known of one process at one moment."""

    pid: int
    parent: int
    group: int
    session: int
    #: Clock ticks between boot and the start of the process.
    start: int
    is_zombie: bool

    @property
    def key(self) -> tuple[int, int]:
        """What never means another process until the next boot."""
        return self.pid, self.start


def read_stat(pid: int) -> Stat | None:
    """Return the process, also when it is a zombie, or None when there is none."""
    # The name stands in parentheses and may itself hold parentheses and white space.
    fields = _read(f"/proc/{pid}/stat").rpartition(b")")[2].split(maxsplit=20)
    if not fields:
        return None
    parent, group, session, start = (int(fields[index]) for index in (1, 2, 3, 19))
    return Stat(pid, parent, group, session, start, fields[0] in _DEAD)


def read_environment(pid: int) -> dict[str, str]:
    """Return the environment a process was started with; empty when it is gone or not ours."""
    entries = os.fsdecode(_read(f"/proc/{pid}/environ")).split("\0")
    pairs = (entry.partition("=") for entry in entries)
    return {name: value for name, found, value in pairs if found}


def children_of(pid: int) -> list[int]:
    """Return the children of all threads of a process, zombies included.

    The list is complete as long as nobody reaps a child meanwhile.
    """
    try:
        threads = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208
    except _GONE:
        return []
    return [child for thread in threads for child in children_of_thread(pid, int(thread))]


def children_of_thread(pid: int, thread: int) -> list[int]:
    """Return the children of one thread; orphans are given to the main thread of a subreaper."""
    if not HAS_CHILDREN_FILES:
        return [stat.pid for stat in all_processes() if stat.parent == pid] if thread == pid else []
    return [int(word) for word in _read(f"/proc/{pid}/task/{thread}/children").split()]


def all_processes() -> list[Stat]:
    """Return every process of this PID namespace; costs some 15 µs for each."""
    names = os.listdir("/proc")  # noqa: PTH208
    stats = (read_stat(int(name)) for name in names if name.isdigit())
    return [stat for stat in stats if stat is not None]


def ticks_since_boot() -> int:
    """Return the present in the measure of `Stat.start`."""
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * _TICKS_PER_SECOND)


def boot_id() -> str:
    """Return eight hexadecimal digits that stand for the present boot."""
    return _read("/proc/sys/kernel/random/boot_id")[:8].decode()


def pid_namespace(pid: int | str = "self") -> str | None:
    """Return the name of the namespace in which a process counts PIDs, None when it is hidden."""
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")  # noqa: PTH115
    except OSError:
        return None


def _read(path: str) -> bytes:
    # os.open takes half the time of open(), and the usual end of a program is one such read.
    # Only these errors mean "no such process": too many open files must not look like no children.
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except _GONE:
        return b""
    parts = []
    try:
        while part := os.read(fd, _BLOCK):
            parts.append(part)
    except _GONE:
        return b""
    finally:
        os.close(fd)
    return b"".join(parts)


#: False where the kernel lacks /proc/<pid>/task/<tid>/children (CONFIG_PROC_CHILDREN).
HAS_CHILDREN_FILES = os.path.exists(f"/proc/self/task/{os.getpid()}/children")  # noqa: PTH110
