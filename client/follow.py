"""Following a job or a recipe until it ends."""

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from client.errors import ExitCode, Problem
from client.log import Log, show_log
from client.output import Output
from client.rest import Json, Rest

T = TypeVar("T")

FINAL = frozenset({"COMPLETED", "FAILED", "CANCELED"})
FIRST_SECONDS, LONGEST_SECONDS = 0.1, 1.0
PATIENCE_SECONDS = 60.0


class Watch:
    """Asks again and again, with growing pauses, and outlasts a short absence of the server."""

    def __init__(
        self,
        out: Output,
        pause: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._out = out
        self._pause = pause
        self._clock = clock
        self._away_since: float | None = None

    def ask(self, question: Callable[[], T]) -> Iterator[T]:
        """Yield the answer as it is now, for ever; the user of it stops.

        Raises:
            Problem: the question has no answer, or the server is away for a minute.
        """
        seconds = FIRST_SECONDS
        while True:
            asked = self._clock()
            try:
                answer = question()
            except Problem as problem:
                self._endure(problem)
            else:
                self._away_since = None
                yield answer
            # An answer that takes long, such as a large log, is not asked for all the time.
            self._pause(max(seconds, 4 * (self._clock() - asked)))
            seconds = min(2 * seconds, LONGEST_SECONDS)

    def _endure(self, problem: Problem) -> None:
        now = self._clock()
        if problem.code != ExitCode.AWAY:
            raise problem
        if self._away_since is None:
            self._away_since = now
            self._out.note(f"{problem} Still trying.")
        elif now - self._away_since > PATIENCE_SECONDS:
            raise problem


class JobFollower:
    """Shows what a job's executions print, as it comes, and its changes of status."""

    def __init__(self, rest: Rest, out: Output, *, is_quiet: bool, skip_old: bool) -> None:
        self._rest = rest
        self._out = out
        self._is_quiet = is_quiet
        self._skip_old = skip_old
        self._status = ""
        self._logs: dict[int, Log] = {}
        self._done: set[int] = set()

    def follow(self, job_id: int, watch: Watch) -> Json:
        """Return the job's details when it has ended."""
        answers = watch.ask(lambda: self._look(job_id))
        return next(job for job in answers if job["status"] in FINAL)

    def _look(self, job_id: int) -> Json:
        job = self._rest.get(f"/jobs/{job_id}/")
        if self._skip_old:
            self._done = {execution["id"] for execution in job["job_exes"][1:]}
            self._skip_old = False
        if not self._is_quiet:
            self._tell(job)
        return job

    def _tell(self, job: Json) -> None:
        tries = list(enumerate(reversed(job["job_exes"]), 1))
        for number, execution in tries:
            if execution["id"] in self._done or execution["status"] == "QUEUED":
                continue
            if execution["id"] not in self._logs:
                self._logs[execution["id"]] = Log()
                if number > 1:
                    self._out.note(f"-- try {number} of at most {job['max_tries']}")
            self._show_log(execution)
        if job["status"] != self._status:
            self._status = job["status"]
            self._out.note(f"-- job {job['id']} {self._status}{why(job)}")

    def _show_log(self, execution: Json) -> None:
        answer = self._rest.get(f"/job-executions/{execution['id']}/logs/")
        is_done = execution["status"] in FINAL
        show_log(self._out, self._logs[execution["id"]].new(answer, is_all=is_done))
        if is_done:
            self._done.add(execution["id"])


def why(job: Json) -> str:
    """Return why a job failed, as the end of a sentence; nothing if it did not."""
    error = job["error"]
    return f": {error['title'] or error['name']} ({error['category']})" if error else ""


def job_exit_code(job: Json) -> ExitCode:
    """Return the exit code that tells how a job ended."""
    return ExitCode.OK if job["status"] == "COMPLETED" else ExitCode.JOB_FAILED


def recipe_exit_code(recipe: Json) -> ExitCode:
    """Return the exit code that tells how a recipe ended."""
    is_done = all(item["job"]["status"] == "COMPLETED" for item in recipe["jobs"])
    return ExitCode.OK if is_done else ExitCode.JOB_FAILED


def is_ended(recipe: Json) -> bool:
    """Tell whether nothing in a recipe moves any more."""
    return all(item["job"]["status"] in FINAL | {"BLOCKED"} for item in recipe["jobs"])
