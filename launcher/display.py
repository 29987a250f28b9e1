"""What the demo shows: lines of a story, and jobs whose status changes under one's eyes."""

import time
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

COLOURS = {
    "PENDING": "dim",
    "BLOCKED": "magenta",
    "QUEUED": "yellow",
    "RUNNING": "cyan",
    "COMPLETED": "green",
    "FAILED": "red",
    "CANCELED": "red",
}


class Display:
    """Writes to standard output: lines anywhere, a live table of jobs on a terminal."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or Console(highlight=False)
        self.started = time.monotonic()

    def say(self, text: str) -> None:
        """Print one line, with the seconds since the start; it is never wrapped or cut."""
        seconds = time.monotonic() - self.started
        self.console.print(f"[dim]{seconds:6.1f} s[/dim]  ", end="")
        self.plain(text)

    def plain(self, text: str = "") -> None:
        """Print one line as it is, to be copied from."""
        self.console.print(text, markup=False, soft_wrap=True)

    def jobs(self) -> "JobsDisplay":
        """Return the display of jobs, to be used as a context manager."""
        return JobsDisplay(self)


class JobsDisplay:
    """Shows the jobs it is given last; where there is no terminal, a line for each change."""

    def __init__(self, display: Display) -> None:
        self._display = display
        self._seen: dict[int, str] = {}
        self._live: Live | None = None
        if display.console.is_terminal:
            self._live = Live(console=display.console, refresh_per_second=8)

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live:
            self._live.stop()

    def show(self, jobs: list[dict[str, Any]]) -> None:
        """Show the jobs, in the list form of the API, as they stand now."""
        if self._live:
            self._live.update(_table(jobs))
            return
        for job in jobs:
            if self._seen.get(job["id"]) != job["status"]:
                self._seen[job["id"]] = job["status"]
                self._display.say(f"job {job['id']} {job['job_type']['name']}: {job['status']}")


def _table(jobs: list[dict[str, Any]]) -> Table:
    table = Table(box=None, padding=(0, 2), show_header=False)
    for job in jobs:
        status = job["status"]
        colour = COLOURS.get(status, "")
        table.add_row(
            f"  job {job['id']}", job["job_type"]["name"], f"[{colour}]{status}[/{colour}]"
        )
    return table
