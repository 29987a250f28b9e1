"""Notices when the whole machine stood still, as virtual ones do: nobody's fault, and no fault."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from chaos.diary import Diary
from chaos.kinds import Strikes

LOOK_SECONDS = 0.5
#: Even on a busy machine nobody who sleeps for half a second wakes up so late.
STALL_SECONDS = 3.0


@contextmanager
def stalls_noted(diary: Diary) -> Iterator[None]:
    """Write down, for the block, when this process got no time: then the system got none either."""
    is_over = threading.Event()

    def look() -> None:
        last = time.time()
        while not is_over.wait(LOOK_SECONDS):
            now = time.time()
            note(diary, last, now)
            last = now

    watcher = threading.Thread(target=look, name="stalls", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        is_over.set()
        watcher.join()


def note(diary: Diary, last: float, now: float) -> None:
    """Write down what lies between two looks if it is a stall; times are since the epoch."""
    if now - last <= STALL_SECONDS:
        return
    window = diary.begin(0, "machine-stall", Strikes.DATABASE)
    window.begun, window.healed = last, now
    window.recovered = now
    window.is_over = True
    window.what = f"everything for {now - last:.1f} s"
    diary.note(window, "over")
    diary.say(f"    machine-stall: {window.what}")
