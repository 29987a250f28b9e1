"""What a run of the yardstick is asked to do."""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MEASURES = ("f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8")


@dataclass(frozen=True, kw_only=True)
class Options:
    """The size of each measure."""

    only: tuple[str, ...] = MEASURES
    rounds: int = 5
    #: Jobs of one drain.
    jobs: int = 3000
    #: Programs at a time of one worker process of Scale, which waits for all of them at once.
    slots: int = 16
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
    #: A document whose figures are replaced.
    write: Path | None = None


#: Shows in a minute or two that every measure runs; its figures mean nothing.
QUICK: dict[str, Any] = {
    "rounds": 1,
    "jobs": 300,
    "seconds": 2.0,
    "pickups": 5,
    "chain": 5,
    "fan_out": 20,
    "requeue": 1000,
    "queued": (0, 1000),
    "finished": 2000,
    "requests": 1,
}


def read(words: Sequence[str] | None = None) -> Options:
    """Read the command line."""
    default = Options()
    parser = argparse.ArgumentParser(
        prog="bin/bench",
        description="Measure Scale beside its peers; results go to var/bench/results.{md,json}.",
        argument_default=argparse.SUPPRESS,
    )

    def add(name: str, kind: Any, what: str, **more: Any) -> None:
        value = getattr(default, name.replace("-", "_"))
        shown = ",".join(map(str, value)) if isinstance(value, tuple) else value
        default_text = "" if value is None or value == () else f" (default: {shown})"
        parser.add_argument(f"--{name}", type=kind, help=f"{what}{default_text}", **more)

    add("only", _measures, "these measures", metavar="f1,f3")
    add("rounds", _count, "rounds of each measure")
    add("jobs", _count, "jobs of one drain")
    add("slots", _count, "programs at once per worker process of Scale")
    add("processes", _count, "worker processes of each")
    add("seconds", float, "load of one round of F2, F3")
    add("connections", _count, "HTTP connections")
    add("pickups", _count, "jobs of one round of F4")
    add("chain", _count, "jobs of F5's chain")
    add("fan-out", _count, "jobs of F5's fan-out")
    add("requeue", _count, "failed jobs of F6")
    add("queued", _numbers, "levels of queued jobs of F7")
    add("finished", int, "finished jobs of F7's last level")
    add("requests", _count, "requests per route in F7")
    add("peers", _words, "only these peers of F1 (part of the name)")
    add("loglevel", str, "SCALE_LOG_LEVEL of Scale's processes")
    add("write", Path, "replace the figures of the measures that ran in this document")
    parser.add_argument(
        "--quick", action="store_true", help="small sizes, to see that every measure runs"
    )
    given = vars(parser.parse_args(words))
    return Options(**(QUICK if given.pop("quick", False) else {}) | given)


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
    return tuple(sorted(int(word) for word in _words(text)))
