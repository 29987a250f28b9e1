"""What a measure found, ready to be written down."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.figures import RATIO, Series, figure


@dataclass(frozen=True)
class Verdict:
    """A goal beside what was measured; `is_met` is None for what is only stated."""

    goal: str
    measured: str
    is_met: bool | None


@dataclass(frozen=True)
class Table:
    """Any other figures, as rows of text."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]


@dataclass
class Result:
    """All that one measure has to say."""

    key: str
    title: str
    method: str
    series: list[Series] = field(default_factory=list)
    ratios: list[Series] = field(default_factory=list)
    tables: list[Table] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    seconds: float = 0.0


def at_least(goal: float, found: Series) -> Verdict:
    """Judge what should not be smaller than the goal."""
    return _judge(goal, found, "at least", is_met=found.median >= goal)


def at_most(goal: float, found: Series) -> Verdict:
    """Judge what should not be larger than the goal."""
    return _judge(goal, found, "at most", is_met=found.median <= goal)


def stated(name: str, *found: Series) -> Verdict:
    """State what has no goal."""
    return Verdict(f"{name} stated", ", ".join(map(_shown, found)), None)


def _judge(goal: float, found: Series, bound: str, *, is_met: bool) -> Verdict:
    return Verdict(f"{found.name} {bound} {goal:,g}{_unit(found)}", _shown(found), is_met)


def _shown(found: Series) -> str:
    spread = f"({figure(found.least)}–{figure(found.most)})"
    return f"{figure(found.median)}{_unit(found)} {spread}"


def _unit(found: Series) -> str:
    return "" if found.unit == RATIO else f" {found.unit}"
