"""F4: pick-up on an idle system, from the answer to the program's first instruction."""

import http.client
import itertools
import json
import random
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median
from urllib.parse import urlsplit

from bench.contenders.celery import CeleryStored
from bench.figures import Series, percentile, ratio, total
from bench.lab import DIRECTORY, Lab, wait_until
from bench.opened import PROGRAM, OpenWatch
from bench.report import table
from bench.results import Result, at_most, stated
from bench.rounds import take_turns
from bench.subject import Scale

GOAL = 2.0
CELERY, SPAWN = "Celery, call → task body", "bare spawn → first instruction"
#: Rest between two pick-ups: at least this, and up to as much again.
REST_SECONDS = 0.05

STAGES = ("201 → claimed", "claimed → program being started", "→ first instruction")


@dataclass(frozen=True)
class Seen:
    """One job: its id and, by this machine's clock, when it was answered and when it ran."""

    job_id: int
    answered: float
    opened: float

    @property
    def milliseconds(self) -> float:
        """Return how long the pick-up took."""
        return (self.opened - self.answered) * 1000


class Probe:
    """A job type whose program can be seen to begin, and a connection to queue its jobs."""

    def __init__(self, scale: Scale, watch: OpenWatch) -> None:
        self._scale, self._watch = scale, watch
        self._type = scale.job_type(f"probe-{time.time_ns()}", PROGRAM, str(watch.path))
        place = urlsplit(scale.url)
        self._http = http.client.HTTPConnection(place.hostname or "", place.port)

    def pick_up(self, count: int) -> list[Seen]:
        """Queue so many jobs, one at a time, each after all before it is at rest."""
        return [self._one() for _ in range(count)]

    def _one(self) -> Seen:
        time.sleep(REST_SECONDS * (1 + random.random()))  # noqa: S311 - no secret
        body = json.dumps({"job_type_id": self._type})
        headers = {
            "Authorization": f"Token {self._scale.token}",
            "Content-Type": "application/json",
        }
        self._watch.forget()
        self._http.close()
        self._http.connect()  # anew, since gunicorn closes what is idle for long
        self._http.request("POST", "/queue/new-job/", body, headers)
        response = self._http.getresponse()
        answered = time.time()
        opened = self._watch.next()
        job_id = int(json.loads(response.read())["id"])
        wait_until(lambda: self._scale.is_done(job_id), what=f"job {job_id}", every=0.005)
        return Seen(job_id, answered, opened)


@contextmanager
def probe(scale: Scale) -> Iterator[Probe]:
    """Watch the file of this Scale's program for the block."""
    with OpenWatch(DIRECTORY / "pickup" / f"opened-{urlsplit(scale.url).port}") as watch:
        yield Probe(scale, watch)


def measure(lab: Lab) -> Result:
    """Let Scale, Celery and a bare spawn take turns."""
    options, scale, celery = lab.options, Scale(lab), CeleryStored(lab)
    found: dict[str, list[list[float]]] = {scale.name: [], CELERY: [], SPAWN: []}
    seen: list[Seen] = []

    def middle(name: str, milliseconds: list[float]) -> float:
        found[name].append(milliseconds)
        return median(milliseconds)

    def ours(probing: Probe) -> float:
        with scale.running():
            scale.wait_until_ready()
            new = probing.pick_up(options.pickups)
        seen.extend(new)
        return middle(scale.name, [one.milliseconds for one in new])

    with probe(scale) as probing, OpenWatch(DIRECTORY / "pickup" / "spawned") as watch:
        p50s = take_turns(
            {
                scale.name: lambda: ours(probing),
                CELERY: lambda: middle(CELERY, celery.idle_pickups(options.pickups)),
                SPAWN: lambda: middle(SPAWN, bare_spawns(watch, options.pickups)),
            },
            rounds=options.rounds,
            unit="ms",
            say=lab.say,
        )
        stages = split(scale, seen)
    p99s = [
        Series(f"{name}, p99", "ms", [percentile(one, 0.99) for one in rounds])
        for name, rounds in found.items()
    ]
    limit = total([p50s[CELERY], p50s[SPAWN]], "(Celery + bare spawn)")
    share = ratio(p50s[scale.name], limit)
    return Result(
        key="f4",
        title="Pick-up",
        method=(
            f"{options.pickups} jobs a round, one at a time and with a rest between, on an idle"
            f" system. Timed is from the answer 201 to when the program, `{PROGRAM}`, opens a file,"
            " as inotify tells; the bare spawn is timed likewise from before `subprocess.Popen`."
            f" Celery is timed from before `apply_async` to the task's body ({celery.settings})."
        ),
        series=[*p50s.values(), *p99s],
        ratios=[share],
        tables=[table("Where Scale's time goes, medians", ("stage", "ms"), stages)],
        verdicts=[
            at_most(GOAL, share),
            stated("p99", p99s[0]),
        ],
    )


def bare_spawns(watch: OpenWatch, count: int) -> list[float]:
    """Return the milliseconds from before a spawn to the program's first instruction."""
    found = []
    for _ in range(count):
        time.sleep(REST_SECONDS * random.random())  # noqa: S311 - no secret
        begun = time.time()
        with subprocess.Popen([PROGRAM, str(watch.path)]):
            found.append((watch.next() - begun) * 1000)
    return found


def split(scale: Scale, seen: list[Seen]) -> list[tuple[str, float]]:
    """Return the median of each stage, by what the executions record."""
    rows = scale.database.rows(
        """
        SELECT job_id, extract(epoch FROM started)::float8, extract(epoch FROM job_started)::float8
        FROM job_exe WHERE job_id = ANY(%s)
        """,
        ([one.job_id for one in seen],),
    )
    recorded: dict[int, list[float]] = {job_id: times for job_id, *times in rows}
    stages = []
    for one in seen:
        claimed, started = recorded[one.job_id]
        instants = (one.answered, claimed, started, one.opened)
        stages.append([(b - a) * 1000 for a, b in itertools.pairwise(instants)])
    return [
        (name, median(column))
        for name, column in zip(STAGES, zip(*stages, strict=True), strict=True)
    ]
