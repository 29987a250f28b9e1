"""Taking turns: A B C, A B C, …, so that a slow minute of the machine hits everyone alike."""

from collections.abc import Callable, Mapping

from bench.figures import Series, figure
from launcher.servers import Say


def take_turns(
    contenders: Mapping[str, Callable[[], float]], *, rounds: int, unit: str, say: Say
) -> dict[str, Series]:
    """Let every contender measure once per round; return a series of each, by name."""
    values: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(1, rounds + 1):
        for name, measure in contenders.items():
            values[name].append(measure())
            say(f"round {number}: {name}: {figure(values[name][-1])} {unit}")
    return {name: Series(name, unit, found) for name, found in values.items()}
