"""F2: the drain of F1 while the API accepts new jobs at full speed, as in F3."""

import time

from bench.f3_accept import accept_task
from bench.figures import Series, ratio
from bench.http_load import Load, end_load, run_load, start_load
from bench.lab import Lab, wait_until
from bench.results import Result, at_least, stated
from bench.subject import Scale

#: Two cores are shared by all; what keeps this much of its speed does not starve.
SHARE = 0.2
#: A backlog for longer than the load lasts, so that workers never wait for the API.
SPARE = 1.5

DRAIN, ACCEPT = "drain alone", "accepting alone"
DRAIN_BOTH, ACCEPT_BOTH = "drain, while accepting", "accepting, while draining"


def measure(lab: Lab) -> Result:
    """Measure each alone, then both at once, in every round."""
    options, scale = lab.options, Scale(lab)
    rates: dict[str, list[float]] = {name: [] for name in (DRAIN, ACCEPT, DRAIN_BOTH, ACCEPT_BOTH)}
    p99s: dict[str, list[float]] = {ACCEPT: [], ACCEPT_BOTH: []}
    for number in range(1, options.rounds + 1):
        scale.clear_queue()
        drained = scale.drain()
        alone = run_load(accept_task(scale, scale.url, options.seconds))
        scale.clear_queue()
        done, accepted = together(scale, backlog=int(drained * options.seconds * SPARE))
        for name, rate in zip(rates, (drained, alone.rate, done, accepted.rate), strict=True):
            rates[name].append(rate)
            lab.say(f"round {number}: {name}: {rate:.0f} /s")
        p99s[ACCEPT].append(alone.p99)
        p99s[ACCEPT_BOTH].append(accepted.p99)
    series = {name: Series(name, "/s", values) for name, values in rates.items()}
    ratios = [ratio(series[DRAIN_BOTH], series[DRAIN]), ratio(series[ACCEPT_BOTH], series[ACCEPT])]
    return Result(
        key="f2",
        title="Draining and accepting at once",
        method=(
            "In each round first the drain of F1 alone, then the load of F3 alone, then both for"
            f" {options.seconds:g} s: {options.connections} connections queue jobs as fast as they"
            f" are answered while {options.processes} worker processes work on a backlog that does"
            " not run out. All of it shares the cores of one machine, with its database, broker"
            " and load generator."
        ),
        series=[
            *series.values(),
            *(Series(f"{name}, p99", "ms", values) for name, values in p99s.items()),
        ],
        ratios=ratios,
        verdicts=[
            *(at_least(SHARE, one) for one in ratios),
            stated("rates of done and accepted", series[DRAIN_BOTH], series[ACCEPT_BOTH]),
        ],
    )


def together(scale: Scale, *, backlog: int) -> tuple[float, Load]:
    """Return the jobs done a second under the load, and what the load found."""
    begun = scale.clock()
    scale.fill(backlog)
    with scale.running():
        wait_until(lambda: scale.completed_since(begun) > 0, what="the first job")
        load = start_load(accept_task(scale, scale.url, scale.lab.options.seconds))
        before, started = scale.completed_since(begun), time.monotonic()
        accepted = end_load(load)
        done, seconds = scale.completed_since(begun) - before, time.monotonic() - started
    return done / seconds, accepted
