"""F7: what becomes of F1, F4 and every GET as queued and finished jobs grow into millions."""

import time
from statistics import median

from bench.backdrop import Backdrop
from bench.f4_pickup import Probe, probe
from bench.figures import Series, percentile, ratio
from bench.lab import Lab
from bench.reads import LOAD, QUEUE_STATUS, ask, routes
from bench.report import table
from bench.results import Result, Table, Verdict, at_most
from bench.rounds import take_turns
from bench.subject import Scale

GOAL = 1.3
PAGE_MS, GLANCE_MS = 200.0, 50.0
TYPES = 50
#: Even the empty system has so many finished jobs, so that every page has something to show.
LEAST_FINISHED = 200

Times = dict[str, list[float]]


def measure(lab: Lab) -> Result:
    """Let an empty system and a growing one take turns at each level; ask the growing for pages."""
    options, empty, full = lab.options, Scale(lab), Scale(lab, number=1)
    backdrop, most = Backdrop(full, types=TYPES), max(options.queued)
    result = Result(key="f7", title="Growth", method="")
    pages: dict[str, Times] = {}
    for queued in options.queued:
        finished = max(LEAST_FINISHED, options.finished * queued // (most or 1))
        begun = time.monotonic()
        backdrop.grow(queued=queued, finished=finished)
        level = f"{queued:,} queued, {finished:,} finished"
        lab.say(f"{level}: filled within {time.monotonic() - begun:.0f} s")
        if queued:
            compare(empty, full, backdrop, level, result)
        pages[level] = ask(full, routes(full), options.requests)
    last = pages[level]
    result.tables.append(page_table(pages))
    result.verdicts += page_verdicts(last)
    result.method = (
        "Two systems take turns, one empty, one with a backdrop: finished jobs of"
        f" {TYPES} types over 30 days, one in ten failed; queued ones, half of them less urgent"
        " than the jobs that are measured, half of a paused type; a load sample a minute of ten"
        " types over 31 days; up to 100,000 sources and products each. F1 as above; F4 as above"
        f" ({options.pickups} pick-ups), for which the less urgent jobs are paused too, since a"
        f" system that works on them is not idle. Every GET {options.requests} times, routes in"
        " random order, one connection, no worker running."
    )
    return result


def compare(empty: Scale, full: Scale, backdrop: Backdrop, level: str, result: Result) -> None:
    """Add F1 and F4 of both systems to the result."""
    lab = empty.lab
    for scale in (empty, full):
        with scale.running():
            scale.wait_until_ready()

    def drain_full() -> float:
        backdrop.hold_back(held=False)
        try:
            return full.drain()
        finally:
            backdrop.hold_back(held=True)

    drains = take_turns(
        {"F1, empty": empty.drain, f"F1, {level}": drain_full},
        rounds=lab.options.rounds,
        unit="/s",
        say=lab.say,
    )
    with probe(empty) as one, probe(full) as other:
        pickups = take_turns(
            {
                "F4, empty": lambda: pick_up(empty, one),
                f"F4, {level}": lambda: pick_up(full, other),
            },
            rounds=lab.options.rounds,
            unit="ms",
            say=lab.say,
        )
    for (none, some), is_rate in ((drains.values(), True), (pickups.values(), False)):
        slower = ratio(none, some) if is_rate else ratio(some, none)
        result.series += [none, some]
        result.ratios.append(slower)
        result.verdicts.append(at_most(GOAL, slower))


def pick_up(scale: Scale, probing: Probe) -> float:
    """Return the median pick-up of an idle system."""
    with scale.running():
        scale.wait_until_ready()
        return median(one.milliseconds for one in probing.pick_up(scale.lab.options.pickups))


def page_verdicts(times: Times) -> list[Verdict]:
    """Judge the slowest page and those that are looked at all the time."""
    slowest = max(times, key=lambda path: median(times[path]))
    judged = {f"slowest page, `{slowest}`,": (PAGE_MS, slowest)}
    judged |= {f"`{path}`": (GLANCE_MS, path) for path in (QUEUE_STATUS, LOAD)}
    return [
        at_most(limit, Series(name, "ms", times[path])) for name, (limit, path) in judged.items()
    ]


def page_table(pages: dict[str, Times]) -> Table:
    """Return a row per route, a column per level."""
    *_, last = pages.values()
    rows = [
        (
            f"`{route}`",
            *(median(times[path]) for times, path in at_each_level(pages, place)),
            percentile(last[route], 0.95),
        )
        for place, route in enumerate(last)
    ]
    return table("Every GET, medians in ms", ("GET", *pages, "p95 there"), rows)


def at_each_level(pages: dict[str, Times], place: int) -> list[tuple[Times, str]]:
    """Return the times of a level and its route at a place; ids in it differ between levels."""
    return [(times, list(times)[place]) for times in pages.values()]
