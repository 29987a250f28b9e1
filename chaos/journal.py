"""Reading the programs' journals (written by `chaos.programs.record`)."""

import json
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

IDENTITY = re.compile(r"\W(\d+)\W[0-9a-f-]+$")


@dataclass(frozen=True, slots=True)
class Member:
    """A process of an execution."""

    execution: int
    pid: int
    #: When it started, in clock ticks since boot.
    ticks: int

    def is_alive(self) -> bool:
        """Tell whether this very process still runs; a zombie does not."""
        try:
            stat = Path(f"/proc/{self.pid}/stat").read_text()
        except OSError:
            return False
        words = stat.rpartition(")")[2].split()
        return words[0] not in {"Z", "X"} and int(words[19]) == self.ticks


@dataclass(frozen=True, slots=True)
class Start:
    """A program that was started for an execution."""

    member: Member
    worker: str
    at: float
    #: Whether no other process of the execution was alive then.
    alone: bool

    @property
    def worker_pid(self) -> int:
        """Return the process id in the worker's identity, `host.pid.start`."""
        found = IDENTITY.search(self.worker)
        return int(found[1]) if found else 0


@dataclass(frozen=True, slots=True)
class End:
    """A program that did what it was to do."""

    member: Member
    at: float
    code: int


@dataclass(slots=True)
class Journal:
    """What all programs wrote, by execution."""

    starts: dict[int, list[Start]] = field(default_factory=lambda: defaultdict(list))
    ends: dict[int, list[End]] = field(default_factory=lambda: defaultdict(list))
    members: list[Member] = field(default_factory=list)

    def add(self, line: dict[str, Any]) -> None:
        """Add one line."""
        member = Member(line["execution"], line["pid"], line["ticks"])
        if line["event"] == "start":
            self.starts[member.execution].append(
                Start(member, line["worker"], line["at"], line["alone"])
            )
        if line["event"] == "end":
            self.ends[member.execution].append(End(member, line["at"], line["code"]))
        else:
            self.members.append(member)

    def alive(self) -> list[Member]:
        """Return the processes that still run."""
        return [member for member in self.members if member.is_alive()]


def read_journals(directory: Path) -> Journal:
    """Read all journals of a directory, each in the order it was written."""
    journal = Journal()
    for path in sorted(directory.glob("*.jsonl")):
        for line in path.read_text().splitlines():
            journal.add(json.loads(line))
    return journal


def living(members: Iterable[Member], execution_ids: Iterable[int]) -> list[Member]:
    """Return the members of some executions that still run."""
    wanted = set(execution_ids)
    return [member for member in members if member.execution in wanted and member.is_alive()]
