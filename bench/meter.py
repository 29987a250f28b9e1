"""What a stretch of work cost: processor time, statements, log bytes, broker commands, memory."""

import contextlib
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil
import redis

from bench.postgres import Database
from bench.wire import Wire

Processes = Callable[[], Iterable[psutil.Process]]

#: How the readings of a wire begin.
ASKED = "asked: "

WAL = "SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')"
#: More than a session that has become idle keeps its counts to itself.
LATE_SECONDS = 11.0
COUNTERS = ("xact_commit", "xact_rollback", "tup_inserted", "tup_updated", "tup_deleted")


class Meter:
    """Reads everything at its making; `since` returns what was used after that.

    PostgreSQL's sessions tell what they counted up to ten seconds later. Both wait for that where
    sessions that did something are still open; nothing else is counted while `since` waits.
    """

    def __init__(
        self,
        *,
        database: Database,
        broker: str,
        groups: dict[str, Processes],
        wire: Wire | None = None,
        wait: bool = False,
    ) -> None:
        self._database, self._wire = database, wire
        self._broker = redis.Redis.from_url(broker)
        self._groups = groups | {
            "PostgreSQL": lambda: tree(postmaster(database)),
            "Redis": lambda: tree(int(self._broker.info("server")["process_id"])),
        }
        time.sleep(LATE_SECONDS if wait else 0)
        self._begun = {**self._read_database(), **self._read_others()}

    def since(self, *, wait: bool = False) -> dict[str, float]:
        """Return by how much each reading has grown."""
        now = self._read_others()
        time.sleep(LATE_SECONDS if wait else 0)
        now |= self._read_database()
        return {name: value - self._begun.get(name, 0) for name, value in now.items()}

    def _read_others(self) -> dict[str, float]:
        asked = {} if self._wire is None else dict(self._wire.counts)
        return {
            **{f"{ASKED}{text}": float(count) for text, count in asked.items()},
            "WAL bytes": float(self._database.value(WAL)),
            **self._read_broker(),
            **self._read_processors(),
        }

    def _read_database(self) -> dict[str, float]:
        self._database.rows("SELECT pg_stat_force_next_flush(), pg_stat_clear_snapshot()")
        columns = ", ".join(COUNTERS)
        row = self._database.rows(
            f"SELECT {columns} FROM pg_stat_database WHERE datname = current_database()"  # noqa: S608
        )[0]
        return dict(zip(COUNTERS, map(float, row), strict=True))

    def _read_broker(self) -> dict[str, float]:
        commands = self._broker.info("commandstats")
        calls = {name: float(stats["calls"]) for name, stats in commands.items()}
        reads = float(self._broker.info("stats")["total_reads_processed"])
        return {"broker commands": sum(calls.values()), "broker reads": reads}

    def _read_processors(self) -> dict[str, float]:
        return {f"CPU {name}": cpu_seconds(group()) for name, group in self._groups.items()}


def cpu_seconds(processes: Iterable[psutil.Process]) -> float:
    """Return the processor time of processes and of their children that have ended."""
    total = 0.0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            total += sum(process.cpu_times()[:4])
    return total


def memory_mib(processes: Iterable[psutil.Process]) -> float:
    """Return the memory of processes, pages they share with others counted once in all."""
    total = 0.0
    for process in processes:
        with contextlib.suppress(psutil.Error):
            total += process.memory_full_info().pss / 2**20
    return total


def tree(pid: int | None) -> list[psutil.Process]:
    """Return a process and its descendants; none if it is not on this machine."""
    if pid is None:
        return []
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def postmaster(database: Database) -> int | None:
    """Return the process all of PostgreSQL descends from, if it runs on this machine."""
    backend = int(database.value("SELECT pg_backend_pid()"))
    try:
        if "postgres" not in Path(f"/proc/{backend}/cmdline").read_text():
            return None
        return psutil.Process(backend).ppid()
    except (OSError, psutil.Error):
        return None
