"""`python -m chaos`, run by `bin/chaos`: break everything around Scale and see whether it minds.

Exit status 0 only if there is no finding. Everything about a run lies in var/chaos/<seed>/.
"""

import argparse
import secrets
import shutil
import signal
import sys
import time
from pathlib import Path

from rich.console import Console

from chaos.plan import Size
from chaos.rabbitmq import has_rabbitmq
from chaos.report import show, write
from chaos.run import Order, run
from launcher.errors import Problem, exit_with
from launcher.paths import VAR, hold, private_directory
from launcher.stack import STOP_SIGNALS

QUICK = Size(jobs=40, faults=8, lease_seconds=5.0)
DEFAULT_JOBS, DEFAULT_FAULTS, LEASE_SECONDS = 500, 40, 20.0
HOMES = VAR / "chaos"
#: What is worth keeping of a run without findings.
BULKY = ("postgresql", "redis", "rabbitmq", "files", "work", "journal", "tmp")


def main() -> int:
    """Run what the command line says; return 1 if there is a finding."""
    order = _order(sys.argv[1:])
    console = Console(highlight=False, soft_wrap=True)
    started = time.monotonic()

    def say(text: str) -> None:
        console.print(f"[dim]{time.monotonic() - started:6.1f} s[/dim]  ", end="")
        console.print(text, markup=False)

    for number in STOP_SIGNALS:
        signal.signal(number, signal.default_int_handler)
    private_directory(HOMES)
    with hold(HOMES / f"{order.seed}.lock", f"Seed {order.seed} is being run already."):
        shutil.rmtree(order.home, ignore_errors=True)
        private_directory(order.home)
        say(f"seed {order.seed}: {order.size.jobs} jobs, {order.size.faults} faults")
        evidence, findings = run(order, say)
        show(console, evidence, findings)
        seconds = round(time.monotonic() - started, 1)
        write(
            order.home / "report.json",
            evidence,
            findings,
            seed=order.seed,
            broker=order.broker,
            seconds=seconds,
        )
        if not findings:
            for name in BULKY:
                shutil.rmtree(order.home / name, ignore_errors=True)
    say(f"seed {order.seed}: {len(findings)} findings; more in {order.home}")
    return 1 if findings else 0


def _order(words: list[str]) -> Order:
    parser = argparse.ArgumentParser(prog="bin/chaos", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about a minute")
    parser.add_argument("--jobs", type=int, default=DEFAULT_JOBS)
    parser.add_argument("--faults", type=int, default=DEFAULT_FAULTS)
    parser.add_argument("--seed", type=int, help="what a run before was given; else a new one")
    parser.add_argument(
        "--broker",
        choices=("redis", "rabbitmq"),
        default="redis",
        help="which to start, unless CELERY_BROKER_URL names one",
    )
    given = parser.parse_args(words)
    if given.broker == "rabbitmq" and not has_rabbitmq():
        raise Problem("There is no RabbitMQ here: install `rabbitmq-server`.")
    size = QUICK if given.quick else Size(given.jobs, given.faults, LEASE_SECONDS)
    seed = secrets.randbelow(1_000_000) if given.seed is None else given.seed
    return Order(seed, size, given.broker, given.quick, Path(HOMES / str(seed)))


if __name__ == "__main__":
    exit_with(main)
