"""What a run of the yardstick is asked to do."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass

MEASURES = ("f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8")


@dataclass(frozen=True, kw_only=True)
class Options:
    """The size of each measure."""

    only: tuple[str, ...] = MEASURES
    rounds: int = 5
    #: Jobs of one drain.
    jobs: int = 3000
    #: Programs at a time of one worker process of Scale.
    slots: int = 2
    #: Worker processes of every contender.
    processes: int = 2
    #: Seconds of load of one round of F2 and F3.
    seconds: float = 10.0
    connections: int = 8
    #: Pick-ups of one round of F4.
    pickups: int = 100
    chain: int = 100
    fan_out: int = 1000
    requeue: int = 100_000
    queued: tuple[int, ...] = (0, 100_000, 1_000_000)
    finished: int = 5_000_000
    #: Requests of each route in F7.
    requests: int = 20
    peers: tuple[str, ...] = ()
    loglevel: str = "INFO"


def read(words: Sequence[str] | None = None) -> Options:
    """Read the command line."""
    default = Options()
    parser = argparse.ArgumentParser(
        prog="bin/bench",
        description="Measure Scale beside its peers; results go to var/bench/results.{md,json}.",
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add = parser.add_argument
    add("--only", type=_measures, default=default.only, metavar="f1,f3", help="these measures")
    add("--rounds", type=_count, default=default.rounds, help="rounds of each measure")
    add("--jobs", type=_count, default=default.jobs, help="jobs of one drain")
    add("--slots", type=_count, default=default.slots, help="programs at once per worker process")
    add("--processes", type=_count, default=default.processes, help="worker processes of each")
    add("--seconds", type=float, default=default.seconds, help="load of one round of F2, F3")
    add("--connections", type=_count, default=default.connections, help="HTTP connections")
    add("--pickups", type=_count, default=default.pickups, help="jobs of one round of F4")
    add("--chain", type=_count, default=default.chain, help="jobs of F5's chain")
    add("--fan-out", type=_count, default=default.fan_out, help="jobs of F5's fan-out")
    add("--requeue", type=_count, default=default.requeue, help="failed jobs of F6")
    add("--queued", type=_numbers, default=default.queued, help="levels of queued jobs of F7")
    add("--finished", type=int, default=default.finished, help="finished jobs of F7's last level")
    add("--requests", type=_count, default=default.requests, help="requests per route in F7")
    add("--peers", type=_words, default=default.peers, help="only these peers (part of the name)")
    add("--loglevel", default=default.loglevel, help="SCALE_LOG_LEVEL of Scale's processes")
    return Options(**vars(parser.parse_args(words)))


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _measures(text: str) -> tuple[str, ...]:
    words = _words(text.lower())
    if unknown := set(words) - set(MEASURES):
        raise argparse.ArgumentTypeError(f"no such measure: {', '.join(sorted(unknown))}")
    return tuple(key for key in MEASURES if key in words)


def _count(text: str) -> int:
    if (number := int(text)) < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return number


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(word) for word in _words(text))
