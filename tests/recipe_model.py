"""What a recipe must do, written from the contract (4.1 to 4.10) and from nothing else.

Slow and plain on purpose: after each event the whole graph is looked at again.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

STOPPED = ("FAILED", "CANCELED")
WAITING = ("PENDING", "BLOCKED")


@dataclass
class ModelJob:
    """One job of the recipe."""

    parents: frozenset[str]
    #: Its data cannot be assembled while the recipe's workspace is archived.
    has_output: bool = False
    status: str = "PENDING"
    num_exes: int = 0
    max_tries: int = 3
    priority: int = 100
    #: Statuses of its executions, oldest first.
    executions: list[str] = field(default_factory=list)


class ModelRecipe:
    """The jobs of a recipe, and what each event does to them."""

    def __init__(self, parents: Mapping[str, Iterable[str]], with_output: Iterable[str]) -> None:
        self.has_workspace = True
        self.jobs = {
            name: ModelJob(frozenset(waits_for), has_output=name in set(with_output))
            for name, waits_for in parents.items()
        }
        self._settle()

    @property
    def is_completed(self) -> bool:
        """Every job has COMPLETED, and there is one."""
        return bool(self.jobs) and all(job.status == "COMPLETED" for job in self.jobs.values())

    def ancestors(self, name: str) -> set[str]:
        """All that the job waits for, directly or not."""
        found: set[str] = set()
        ahead = set(self.jobs[name].parents)
        while ahead:
            one = ahead.pop()
            found.add(one)
            ahead |= self.jobs[one].parents - found
        return found

    def start(self, name: str) -> None:
        """A worker takes the job from the queue."""
        self._move(name, "RUNNING")

    def release(self, name: str) -> None:
        """A worker stops and puts the job back."""
        self._move(name, "QUEUED")

    def complete(self, name: str) -> None:
        """The running execution succeeds."""
        self._move(name, "COMPLETED")
        self._settle()

    def fail(self, name: str, *, is_system: bool) -> None:
        """The running execution fails (4.5)."""
        job = self.jobs[name]
        self._move(name, "FAILED")
        if is_system and job.num_exes < job.max_tries:
            self._queue(job)
        self._settle()

    def cancel(self, name: str) -> bool:
        """A user cancels the job (4.8); False if that is refused."""
        job = self.jobs[name]
        if job.status in ("COMPLETED", "CANCELED"):
            return False
        if job.status in ("QUEUED", "RUNNING"):
            job.executions[-1] = "CANCELED"
        job.status = "CANCELED"
        self._settle()
        return True

    def requeue(self, names: Iterable[str], priority: int | None) -> dict[str, str]:
        """A user requeues what is FAILED or CANCELED of these (4.9); the statuses answered."""
        names = list(names)
        for name in names:
            job = self.jobs[name]
            if job.status not in STOPPED:
                continue
            if job.num_exes == 0:
                job.status = "PENDING"
            else:
                job.max_tries = job.num_exes + 1
                job.priority = priority or job.priority
                self._queue(job)
        self._block_or_free()
        shown = {name: self.jobs[name].status for name in names}
        self._settle()
        return shown

    def _move(self, name: str, status: str) -> None:
        job = self.jobs[name]
        job.status = job.executions[-1] = status

    def _queue(self, job: ModelJob) -> None:
        job.status = "QUEUED"
        job.num_exes += 1
        job.executions.append("QUEUED")

    def _block_or_free(self) -> None:
        for name, job in self.jobs.items():
            if job.status in WAITING:
                above = {self.jobs[one].status for one in self.ancestors(name)}
                job.status = "BLOCKED" if above & set(STOPPED) else "PENDING"

    def _settle(self) -> None:
        for job in self.jobs.values():
            parents = {self.jobs[parent].status for parent in job.parents}
            if job.status in WAITING and parents <= {"COMPLETED"}:
                if job.has_output and not self.has_workspace:
                    job.status = "FAILED"
                else:
                    self._queue(job)
        self._block_or_free()
