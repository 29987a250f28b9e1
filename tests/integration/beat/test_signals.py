import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest
from celery import signals

from beat.signals import LIMIT_SECONDS, stop_between_ticks
from scale.celery import app

#: Celery's beat without a schedule; its tick says that it begins, and sleeps or hangs.
BEAT = """
import sys, threading, time
from celery import beat
from beat import signals
from scale.celery import app

class Scheduler(beat.Scheduler):
    def tick(self):
        print("tick", flush=True)
        time.sleep(float(sys.argv[1]))
        print("tock", flush=True)
        return 0.01

beat.Service(app, scheduler_cls=Scheduler).start()
"""


def start(seconds: float) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", BEAT, str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    assert process.stdout.readline() == "tick\n"
    return process


@pytest.fixture
def handlers() -> Iterator[None]:
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGALRM)
    before = [signal.getsignal(number) for number in numbers]
    yield
    for number, handler in zip(numbers, before, strict=True):
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_beat_after_its_tick(number: signal.Signals) -> None:
    process = start(0.5)

    process.send_signal(number)

    said, _ = process.communicate(timeout=30)
    assert process.returncode == 0
    assert said.splitlines()[-1] == "tock"


def test_signal_ends_beat_whose_tick_hangs() -> None:
    process = start(600)

    process.send_signal(signal.SIGTERM)

    said, _ = process.communicate(timeout=LIMIT_SECONDS + 20)
    assert (process.returncode, said) == (0, "")


@pytest.mark.usefixtures("handlers")
def test_beat_stops_by_our_handlers() -> None:
    signals.beat_init.send(sender=None)

    assert "stop_between_ticks" in str(signal.getsignal(signal.SIGTERM))
    assert stop_between_ticks.__module__ in app.conf.imports
