"""A program's journal: which execution ran it, as which process, when it began and ended.

Read by `chaos.journal`. Imported by the programs beside it, which run without any package.
"""

import contextlib
import fcntl
import json
import os
import time
from pathlib import Path


class Record:
    """The journal of one process; its first line says that it started.

    The lock is inherited by forked children: who finds it taken runs at the same time as another
    process tree of the very same execution.
    """

    def __init__(self, directory: str) -> None:
        self.execution = int(os.environ["SCALE_JOB_EXE"])
        self._file = os.open(
            Path(directory) / f"{self.execution}.jsonl",
            os.O_WRONLY | os.O_APPEND | os.O_CREAT,
            0o600,
        )
        self._lock = os.open(
            Path(directory) / f"{self.execution}.lock", os.O_RDWR | os.O_CREAT, 0o600
        )
        alone = False
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            alone = True
        self.write("start", worker=os.environ.get("SCALE_WORKER", ""), alone=alone)

    def child(self) -> None:
        """Note a child, from within it."""
        self.write("child")

    def end(self, code: int = 0) -> None:
        """Note that the program has done what it was to do."""
        self.write("end", code=code)

    def write(self, event: str, **facts: object) -> None:
        """Append one line, whole or not at all."""
        pid = os.getpid()
        line = {
            "event": event,
            "execution": self.execution,
            "pid": pid,
            "ticks": start_ticks(pid),
            "at": time.time(),
            **facts,
        }
        os.write(self._file, f"{json.dumps(line)}\n".encode())


def start_ticks(pid: int) -> int:
    """Return when a process started, in clock ticks since boot: with the pid it is unique."""
    stat = Path(f"/proc/{pid}/stat").read_text()
    return int(stat.rpartition(")")[2].split()[19])
