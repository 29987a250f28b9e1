"""Writing results down: Markdown to read, JSON to compare with."""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from bench.figures import Series, figure
from bench.results import Result, Table
from launcher.errors import Problem

MARKS = {True: "met", False: "**not met**", None: "stated"}


def write(results: Sequence[Result], facts: Mapping[str, str], directory: Path) -> None:
    """Write `results.md` and `results.json`."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "results.md").write_text(markdown(results, facts))
    document = {"facts": dict(facts), "results": [asdict(result) for result in results]}
    (directory / "results.json").write_text(json.dumps(document, indent=1) + "\n")


def markdown(results: Sequence[Result], facts: Mapping[str, str]) -> str:
    """Return the whole report as Markdown."""
    parts = ["# Results of bin/bench", _table(("", ""), facts.items())]
    parts += [part for result in results for part in _section(result)]
    return "\n\n".join(parts) + "\n"


def fill_in(document: str, results: Sequence[Result], facts: Mapping[str, str]) -> str:
    """Return a document with the figures of these measures, and the facts, in their places.

    A place begins with `<!-- bench f1 -->` or `<!-- bench facts -->` and ends with
    `<!-- end -->`.

    Raises:
        Problem: there is no place for one of them.
    """
    parts = {"facts": _table(("", ""), facts.items())}
    for result in results:
        lines = [f"{result.method} Measured {facts['date']}.", *_figures(result)]
        parts[result.key] = "\n\n".join(lines)
    for key, part in parts.items():
        begin, end = f"<!-- bench {key} -->", "<!-- end -->"
        before, found, rest = document.partition(begin)
        _, ended, after = rest.partition(end)
        if not (found and ended):
            raise Problem(f"The document has no {begin} … {end}.")
        document = f"{before}{begin}\n{part}\n{end}{after}"
    return document


def _section(result: Result) -> Iterator[str]:
    yield f"## {result.key.upper()} {result.title}"
    yield f"{result.method} Took {result.seconds:.0f} s."
    yield from _figures(result)


def _figures(result: Result) -> Iterator[str]:
    if result.series:
        yield _table(("", "median", "spread", "rounds"), map(_series_row, result.series))
    if result.ratios:
        yield _table(("pair by pair", "median", "spread", "rounds"), map(_ratio_row, result.ratios))
    for table in result.tables:
        yield f"{table.title}:\n\n{_table(table.head, table.rows)}"
    if result.verdicts:
        rows = ((one.goal, one.measured, MARKS[one.is_met]) for one in result.verdicts)
        yield _table(("goal", "measured", ""), rows)


def _series_row(one: Series) -> tuple[str, ...]:
    spread = f"{figure(one.least)}–{figure(one.most)}"
    return one.name, f"{figure(one.median)} {one.unit}", spread, str(len(one.values))


def _ratio_row(one: Series) -> tuple[str, ...]:
    return one.name, f"{one.median:.2f}", f"{one.least:.2f}–{one.most:.2f}", str(len(one.values))


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def table(title: str, head: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Return a table of any values."""
    return Table(title, head, [[_cell(cell) for cell in row] for row in rows])


def _cell(value: object) -> str:
    return figure(value) if isinstance(value, float) else str(value)
