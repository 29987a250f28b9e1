"""Run pytest against a real PostgreSQL and a real broker, private to this run.

`bin/test [pytest arguments]`; several at a time get a directory each below `var/`.
"""

import itertools
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

from launcher import leash
from launcher.errors import Problem, exit_with
from launcher.paths import ROOT, VAR, VENV, hold, private_directory
from launcher.servers import Servers, broker_answers, servers

RABBITMQ_VARIABLE = "SCALE_TEST_RABBITMQ_URL"
RABBITMQ_URL = "amqp://guest:guest@127.0.0.1:5672//"
NO_TESTS = 5


def main() -> int:
    """Run the tests with the arguments of this command and return pytest's status."""
    leash.adopt_orphans()
    with ExitStack() as stack:
        var_dir = _free_directory(stack)
        running = stack.enter_context(servers(var_dir, _say, durable=False))
        environment = _environment(var_dir, running)
        status = _run_pytest(environment)
    if left := leash.sweep():
        _say(f"left behind by a test, ended: {', '.join(left)}")
        status = status or 1
    if status == NO_TESTS:
        _say("no test was run")
    return status


def _say(text: str) -> None:
    print(f"test: {text}", flush=True)


def _free_directory(stack: ExitStack) -> Path:
    for number in itertools.count(1):
        path = private_directory(VAR / f"test-{number}")
        try:
            stack.enter_context(hold(path / "run.lock", "taken"))
        except Problem:
            continue
        return path
    raise AssertionError


def _environment(var_dir: Path, running: Servers) -> dict[str, str]:
    environment = os.environ | {
        "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}",
        "TMPDIR": str(private_directory(var_dir / "tmp")),
        "DATABASE_URL": running.database,
        "CELERY_BROKER_URL": running.broker,
    }
    url = os.environ.get(RABBITMQ_VARIABLE, RABBITMQ_URL)
    if reason := broker_answers(url):
        environment.pop(RABBITMQ_VARIABLE, None)
        _say(
            f"RabbitMQ: tests skipped, no server answers ({RABBITMQ_VARIABLE} names one): {reason}"
        )
        return environment
    _say("RabbitMQ: a server answers, its tests run")
    return environment | {RABBITMQ_VARIABLE: url}


def _run_pytest(environment: dict[str, str]) -> int:
    command = [sys.executable, "-m", "pytest", *sys.argv[1:]]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, preexec_fn=leash.die_with_parent(signal.SIGTERM)
    ) as pytest:

        def pass_on(number: int, _frame: FrameType | None) -> None:
            # A Ctrl-C reaches pytest by itself; it ends the tests, and then the servers stop here.
            if number != signal.SIGINT:
                pytest.send_signal(signal.SIGINT)

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, pass_on)
        status = leash.wait(pytest)
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    exit_with(main)
