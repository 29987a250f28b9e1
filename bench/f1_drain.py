"""F1: the drain of queued `/bin/true` jobs by two worker processes, the whole life recorded."""

from bench.contenders.base import Peer
from bench.contenders.celery import CeleryPlain, CeleryStored
from bench.contenders.django_q import DjangoQOrm, DjangoQRedis
from bench.contenders.limits import COMMIT, SPAWN, Limits
from bench.contenders.procrastinate import Procrastinate
from bench.figures import best_of_each_round, ratio
from bench.lab import Lab
from bench.report import table
from bench.results import Result, at_least
from bench.rounds import take_turns
from bench.subject import Scale

PEERS: tuple[type[Peer], ...] = (
    CeleryStored,
    Procrastinate,
    DjangoQRedis,
    DjangoQOrm,
    CeleryPlain,
)
GOAL = 1.5


def measure(lab: Lab) -> Result:
    """Drain Scale and every peer in turns, with the machine's limits in the same rounds."""
    options, scale, limits = lab.options, Scale(lab), Limits(lab)
    words = options.peers or ("",)
    chosen = [peer(lab) for peer in PEERS if any(word in peer.key for word in words)]
    contenders = {scale.name: scale.drain, **{peer.name: peer.drain for peer in chosen}}
    contenders |= {SPAWN: limits.spawn, COMMIT: limits.commit}
    found = take_turns(contenders, rounds=options.rounds, unit="/s", say=lab.say)
    ours, spawn = found[scale.name], found[SPAWN]
    durable = [found[peer.name] for peer in chosen if peer.is_durable]
    ratios = [
        ratio(ours, other) for name, other in found.items() if name not in {ours.name, COMMIT}
    ]
    verdicts = []
    if durable:
        fastest = best_of_each_round(durable, "best durable peer")
        verdicts.append(at_least(GOAL, ratio(ours, fastest)))
    verdicts.append(at_least(0.5, ratio(ours, spawn)))
    return Result(
        key="f1",
        title="Drain",
        method=(
            f"{options.jobs} tasks that spawn `/bin/true` are queued, then"
            f" {options.processes} worker processes are started; counted are the results that"
            " other sessions can see, from the first quarter done to the last."
            f" Scale has {options.slots} slots per process. A durable peer loses neither a queued"
            " nor a taken task when a process of its own crashes."
        ),
        series=list(found.values()),
        ratios=ratios,
        tables=[
            table(
                "The peers, set up as they are fastest here",
                ("peer", "durable", "settings"),
                ((p.name, "yes" if p.is_durable else "no", p.settings) for p in chosen),
            )
        ],
        verdicts=verdicts,
    )
