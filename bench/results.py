"""What a measure found, ready to be written down."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bench.figures import Series


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


def at_least(goal: float, ratio: Series) -> Verdict:
    """Judge a ratio that should not be smaller than the goal."""
    return Verdict(f"{ratio.name} at least {goal:g}", _times(ratio), ratio.median >= goal)


def at_most(goal: float, ratio: Series) -> Verdict:
    """Judge a ratio that should not be larger than the goal."""
    return Verdict(f"{ratio.name} at most {goal:g}", _times(ratio), ratio.median <= goal)


def _times(ratio: Series) -> str:
    return f"{ratio.median:.2f} ({ratio.least:.2f}–{ratio.most:.2f})"
