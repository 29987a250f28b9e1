"""Watching a drain from outside: how many results others can see, many times a second."""

import time
from collections.abc import Callable

from launcher.errors import Problem

LOOK_SECONDS = 0.05
PATIENCE_SECONDS = 60.0


def watch(done: Callable[[], int], total: int) -> list[tuple[float, int]]:
    """Return samples of (seconds, number done) until `total` are.

    Raises:
        Problem: the number has not grown for long.
    """
    samples = [(time.monotonic(), done())]
    grown = samples[0][0]
    while samples[-1][1] < total:
        time.sleep(LOOK_SECONDS)
        samples.append((time.monotonic(), done()))
        if samples[-1][1] > samples[-2][1]:
            grown = samples[-1][0]
        if samples[-1][0] - grown > PATIENCE_SECONDS:
            raise Problem(f"Only {samples[-1][1]} of {total} were done; see var/bench/log.")
    return samples
