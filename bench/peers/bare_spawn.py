"""Spawn `/bin/true` so many times in so many processes; print how many a second."""

import sys
import time
from multiprocessing import Barrier, Process, Queue

from work import spawn


def loop(count, ready, seconds):
    """Spawn, once all are ready, and report when it began and ended."""
    ready.wait()
    begun = time.monotonic()
    for _ in range(count):
        spawn()
    seconds.put((begun, time.monotonic()))


def main(processes, count):
    """Return spawns a second of all processes together."""
    ready, seconds = Barrier(processes), Queue()
    running = [Process(target=loop, args=(count, ready, seconds)) for _ in range(processes)]
    for process in running:
        process.start()
    times = [seconds.get() for _ in running]
    for process in running:
        process.join()
    return processes * count / (max(end for _, end in times) - min(begun for begun, _ in times))


if __name__ == "__main__":
    print(main(int(sys.argv[1]), int(sys.argv[2])))
