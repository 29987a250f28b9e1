"""What will happen, as a pure function of the seed: which requests, which faults, in what order.

What a fault hits (which worker, which job) is drawn from its own number when it happens, among what
is there at that moment.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from chaos.catalogue import JOB_WEIGHTS, RECIPE_WEIGHTS
from chaos.kinds import Kind

#: One recipe for so many stand-alone jobs.
JOBS_PER_RECIPE = 8
#: How many of the faults are waited for: their recovery is measured, undisturbed by the next one.
SETTLED_SHARE = 0.6
LONGEST_SLEEP_SECONDS = 4.0
FAULTS_PER_CALM = 12
CALM_SHARES = 4


@dataclass(frozen=True)
class Request:
    """A job or a recipe to be queued."""

    type_name: str
    is_recipe: bool = False
    #: For the job types that take it.
    seconds: float = 0.0


@dataclass(frozen=True)
class Fault:
    """Something to be broken."""

    number: int
    kind: Kind
    #: How long after the fault before.
    gap_seconds: float
    hold_seconds: float
    #: Wait until the system has recovered before going on.
    settles: bool
    #: Decides what is hit.
    draw: int


@dataclass(frozen=True)
class Segment:
    """Requests, and the fault that strikes while they are worked on; a calm one has none."""

    requests: tuple[Request, ...]
    fault: Fault | None


@dataclass(frozen=True)
class Size:
    """How much of it all."""

    jobs: int
    faults: int
    lease_seconds: float


def make_plan(seed: int, size: Size, kinds: Sequence[Kind]) -> list[Segment]:
    """Return the segments of a run: calm at first and now and then, else with one fault each.

    A calm segment has several times the requests of another: it is there to judge order and delay.
    """
    chance = random.Random(seed)
    requests = _requests(chance, size.jobs)
    deck = _deck(chance, kinds)
    faults = [_fault(chance, number, next(deck), size) for number in range(1, size.faults + 1)]
    order: list[Fault | None] = []
    for number, fault in enumerate(faults):
        order += [fault] if number % FAULTS_PER_CALM else [None, fault]
    shares = [1 if fault else CALM_SHARES for fault in order or [None]]
    ends = [len(requests) * end // sum(shares) for end in accumulate(shares, initial=0)]
    return [
        Segment(tuple(requests[begin:end]), fault)
        for (begin, end), fault in zip(pairwise(ends), order or [None], strict=True)
    ]


def _requests(chance: random.Random, jobs: int) -> list[Request]:
    names, weights = zip(*JOB_WEIGHTS.items(), strict=True)
    requests = [
        Request(name, seconds=round(chance.uniform(0.1, 1.0) ** 2 * LONGEST_SLEEP_SECONDS, 2))
        for name in chance.choices(names, weights, k=jobs)
    ]
    names, weights = zip(*RECIPE_WEIGHTS.items(), strict=True)
    requests += [
        Request(name, is_recipe=True)
        for name in chance.choices(names, weights, k=max(1, jobs // JOBS_PER_RECIPE))
    ]
    chance.shuffle(requests)
    return requests


def _deck(chance: random.Random, kinds: Sequence[Kind]) -> Iterator[Kind]:
    """Yield the kinds for ever: all of them, in a new order each time round."""
    while True:
        yield from chance.sample(kinds, len(kinds))


def _fault(chance: random.Random, number: int, kind: Kind, size: Size) -> Fault:
    hold = chance.uniform(*kind.hold_seconds)
    return Fault(
        number=number,
        kind=kind,
        gap_seconds=round(chance.uniform(0.0, 1.5), 2),
        hold_seconds=round(hold + (size.lease_seconds if kind.outlasts_lease else 0.0), 2),
        settles=chance.random() < SETTLED_SHARE,
        draw=chance.getrandbits(32),
    )
