"""Writing to the user: tables for people, JSON for programs."""

import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console, RenderableType
from rich.live import Live
from rich.table import Table
from rich.text import Text

from client.texts import clean, one_line

Cell = str | int | Text | None

PLAIN_WIDTH = 100_000
STYLES = {
    "PENDING": "dim",
    "BLOCKED": "magenta",
    "QUEUED": "yellow",
    "RUNNING": "cyan",
    "COMPLETED": "green",
    "FAILED": "red",
    "CANCELED": "red",
}


class Output:
    """Results go to standard output, remarks to standard error; without a terminal all is plain."""

    def __init__(self, *, is_plain: bool) -> None:
        self.is_live = is_terminal() and not is_plain
        self._console = Console(
            highlight=False,
            markup=False,
            emoji=False,
            force_terminal=self.is_live,
            color_system="auto" if self.is_live else None,
            width=None if is_terminal() else PLAIN_WIDTH,
        )

    @property
    def width(self) -> int:
        """Return how many columns a line has."""
        return min(self._console.width, 100)

    @property
    def height(self) -> int:
        """Return how many lines can be seen at a time."""
        return self._console.height

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
        """Print rows below column heads, if there are any; columns of numbers stand right."""
        if found := list(rows):
            self.show(make_table(columns, found))
        else:
            self.note("There are none.")

    def facts(self, pairs: Iterable[tuple[str, Cell]]) -> None:
        """Print names and values; pairs whose value is None or empty are left out."""
        self.show(facts_table(pairs))

    def show(self, thing: RenderableType) -> None:
        """Print something of rich's, without blanks at the ends of lines where it is plain."""
        if self.is_live:
            self._console.print(thing)
            return
        with self._console.capture() as capture:
            self._console.print(thing)
        self.write("".join(f"{line.rstrip()}\n" for line in capture.get().splitlines()))

    def live(self) -> Live:
        """Return a place on the terminal whose content can be replaced."""
        return Live(console=self._console, auto_refresh=False)

    def head(self, text: str) -> None:
        """Print a heading."""
        self.show(Text(f"\n{one_line(text)}", style="bold"))

    def say(self, text: str) -> None:
        """Print a line that is part of the result."""
        self.write(f"{clean(text)}\n")

    def note(self, text: str) -> None:
        """Print a remark that is no part of the result."""
        sys.stdout.flush()
        sys.stderr.write(f"{clean(text)}\n")
        sys.stderr.flush()

    def write(self, text: str) -> None:
        """Print a text as it is, at once."""
        sys.stdout.write(text)
        sys.stdout.flush()

    def json(self, value: Any) -> None:
        """Print a value for programs."""
        self.write(json.dumps(value, indent=2) + "\n")

    def json_rows(self, rows: Iterable[Any]) -> None:
        """Print rows as one array, each as soon as it is there."""
        before = "[\n"
        for row in rows:
            self.write(before + json.dumps(row))
            before = ",\n"
        self.write("[]\n" if before == "[\n" else "\n]\n")


def is_terminal() -> bool:
    """Tell whether somebody looks at standard output."""
    return sys.stdout.isatty()


def make_table(columns: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Table:
    """Return a table without lines; no text in it is ever cut off."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for index, name in enumerate(columns):
        is_number = any(isinstance(row[index], int) for row in rows)
        table.add_column(name, justify="right" if is_number else "left", overflow="fold")
    for row in rows:
        table.add_row(*map(as_text, row))
    return table


def facts_table(pairs: Iterable[tuple[str, Cell]]) -> Table:
    """Return a table of names and values, without those that have none."""
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in pairs:
        if value not in (None, ""):
            table.add_row(name, as_text(value))
    return table


def as_text(value: Cell) -> Text:
    """Return a cell's content, harmless and on one line."""
    if isinstance(value, Text):
        return value
    return Text("–" if value is None else one_line(str(value)))


def status(name: str) -> Text:
    """Return a status in its colour."""
    return Text(one_line(name), style=STYLES.get(name, ""))
