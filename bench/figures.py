"""The arithmetic of measuring: medians, spreads, ratios and rates."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

#: The unit of what has none.
RATIO = "×"

#: The beginning of a drain, in which processes still start up, does not count.
SKIP = 0.25


@dataclass(frozen=True)
class Series:
    """What one contender showed of one quantity, a value per round."""

    name: str
    unit: str
    values: list[float]

    @property
    def median(self) -> float:
        """Return the middle value."""
        return median(self.values)

    @property
    def least(self) -> float:
        """Return the smallest value."""
        return min(self.values)

    @property
    def most(self) -> float:
        """Return the largest value."""
        return max(self.values)


def ratio(above: Series, below: Series, name: str = "") -> Series:
    """Divide two series pair by pair, so that what slows a whole round down cancels out."""
    values = [a / b for a, b in zip(above.values, below.values, strict=True)]
    return Series(name or f"{above.name} ÷ {below.name}", RATIO, values)


def total(series: Sequence[Series], name: str) -> Series:
    """Add series up pair by pair."""
    values = [sum(of_round) for of_round in zip(*(one.values for one in series), strict=True)]
    return Series(name, series[0].unit, values)


def best_of_each_round(series: Sequence[Series], name: str) -> Series:
    """Return the highest value of each round, whoever had it."""
    values = [max(of_round) for of_round in zip(*(one.values for one in series), strict=True)]
    return Series(name, series[0].unit, values)


def percentile(values: Sequence[float], share: float) -> float:
    """Return the value that `share` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def steady_rate(samples: Sequence[tuple[float, int]], total: int, skip: float = SKIP) -> float:
    """Return how many a second were done, from samples of (seconds, number done so far).

    Counts from the first sample that shows the skipped share done to the first that shows all.

    Raises:
        ValueError: the samples are too few to tell.
    """
    started = next((s for s in samples if s[1] >= skip * total), None)
    ended = next((s for s in samples if s[1] >= total), None)
    if started is None or ended is None or ended[0] <= started[0]:
        raise ValueError(f"{total} were too few, or not done: {samples[-3:]}")
    return (ended[1] - started[1]) / (ended[0] - started[0])


def figure(value: float) -> str:
    """Return a number with about three digits that count."""
    size = abs(value)
    decimals = 0 if size >= 100 else 1 if size >= 10 else 2
    return f"{value:,.{decimals}f}"
