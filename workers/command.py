"""The command line of a worker process, by the queue it serves."""

import os
import sys

#: What each queue's worker runs at once: jobs by configuration, beat's small tasks by this.
SYSTEM_CONCURRENCY = 2


def celery_command(queue: str, *, concurrency: int) -> list[str]:
    """Return the Celery worker that serves `queue`.

    Threads, since a slot only waits for its program; no gossip and no mingle, since the workers
    of a queue need not know each other.
    """
    return [
        sys.executable,
        "-m",
        "celery",
        "--app=scale",
        "worker",
        f"--queues={queue}",
        "--pool=threads",
        f"--concurrency={concurrency}",
        f"--hostname={queue}-{os.getpid()}@%h",
        "--without-gossip",
        "--without-mingle",
        f"--loglevel={os.environ.get('SCALE_LOG_LEVEL', 'INFO')}",
    ]
