import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

from workers.processes.procfs import Stat, read_stat

WAIT_SECONDS = 20.0

#: Starts fast, without site-packages; takes its paths from PATH.
PYTHON = [sys.executable, "-S", "-E", "-c"]
PATH = f"import sys; sys.path[:] = {sys.path!r}\n"

#: For a program whose first argument is the directory to announce in.
PRELUDE = """
import os, signal, sys
def announce():
    os.close(os.open(os.path.join(sys.argv[1], str(os.getpid())), os.O_CREAT | os.O_WRONLY))
def rest():
    announce()
    while True: signal.pause()
"""


def wait_until(condition: Callable[[], bool], what: str = "condition") -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.005)


def python(source: str, *words: str) -> list[str]:
    return [*PYTHON, textwrap.dedent(source), *words]


def announcing(source: str, here: Path, *words: str) -> list[str]:
    """A Python program with announce() and rest()."""
    return python(PRELUDE + textwrap.dedent(source), str(here), *words)


def is_alive(process: Stat) -> bool:
    now = read_stat(process.pid)
    return now is not None and now.key == process.key and not now.is_zombie


def announced(directory: Path, count: int = 1) -> list[Stat]:
    """Wait until processes have announced themselves by making a file named after their PID."""

    def present() -> list[Stat]:
        stats = [read_stat(int(file.name)) for file in directory.iterdir() if file.name.isdigit()]
        return [stat for stat in stats if stat is not None]

    wait_until(lambda: len(present()) >= count, f"{count} processes in {directory}")
    return present()
