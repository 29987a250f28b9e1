"""What happened in a run, written down as it happens: faults, requests, remarks."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from chaos.kinds import Strikes

Say = Callable[[str], None]

#: What a fault that was not waited for may disturb after it was healed, beyond a lease.
AFTERMATH_SECONDS = 25.0


@dataclass(slots=True)
class Window:
    """A fault that happened; times are seconds since the epoch."""

    number: int
    kind: str
    strikes: Strikes
    begun: float
    healed: float = 0.0
    #: None when it was not waited for.
    recovered: float | None = None
    is_over: bool = False
    #: When a calm began after it, in which it does not count any more.
    calmed: float = float("inf")
    what: str = ""

    @property
    def recovery_seconds(self) -> float | None:
        """Return how long the system took after the fault was healed."""
        return None if self.recovered is None else self.recovered - self.healed

    def covers(self, begin: float, end: float, aftermath: float) -> bool:
        """Tell whether something between two instants may have been disturbed by the fault."""
        if not self.is_over:
            return end >= self.begun
        last = self.recovered or min(self.healed + aftermath, self.calmed)
        return begin <= last and end >= self.begun


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a request; `status` is None when no answer came."""

    method: str
    path: str
    status: int | None
    begun: float
    seconds: float
    #: Of the answer's object; empty where it is of no use.
    summary: dict[str, Any]


@dataclass(slots=True)
class Diary:
    """Everything about a run that is neither in the database nor in the journals."""

    directory: Path
    say: Say
    aftermath: float = AFTERMATH_SECONDS
    windows: list[Window] = field(default_factory=list)
    answers: list[Answer] = field(default_factory=list)
    #: Processes of the workers that were stopped or killed: they may have put work back.
    stopped_worker_pids: set[int] = field(default_factory=set)
    #: Processes that ended although nothing was done to them.
    exits: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    most_messages: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def answered(self, answer: Answer) -> None:
        """Note an answer, or that none came."""
        with self._lock:
            self.answers.append(answer)
            self._append("requests.jsonl", asdict(answer))

    def begin(self, number: int, kind: str, strikes: Strikes) -> Window:
        """Note that a fault begins."""
        window = Window(number, kind, strikes, time.time())
        self.windows.append(window)
        self._append("faults.jsonl", {"event": "begin", **_plain(window)})
        return window

    def calm(self) -> None:
        """Note that all has recovered from the faults so far."""
        for window in self.windows:
            window.calmed = min(window.calmed, time.time())

    def note(self, window: Window, event: str) -> None:
        """Note how a fault stands now."""
        self._append("faults.jsonl", {"event": event, **_plain(window)})

    def exit(self, name: str) -> None:
        """Note that a process ended by itself."""
        self.exits.append(f"{name} at {time.strftime('%H:%M:%S')}")
        self._append("faults.jsonl", {"event": "exit", "name": name, "at": time.time()})

    def disturbed(self, begin: float, end: float, *by: Strikes) -> bool:
        """Tell whether a fault that strikes any of these may have disturbed a span of time."""
        return any(
            window.covers(begin, end, self.aftermath)
            for window in self.windows
            if window.strikes in by
        )

    def _append(self, name: str, line: dict[str, Any]) -> None:
        with (self.directory / name).open("a") as file:
            file.write(json.dumps(line) + "\n")


def _plain(window: Window) -> dict[str, Any]:
    return {**asdict(window), "strikes": window.strikes.name, "at": time.time()}
