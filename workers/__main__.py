"""`python -m workers jobs` or `python -m workers system`: a worker process."""

import os
import sys

from workers.command import SYSTEM_CONCURRENCY, celery_command

if __name__ == "__main__":
    queue = sys.argv[1]
    concurrency = SYSTEM_CONCURRENCY
    if queue == "jobs":
        concurrency = int(os.environ.get("SCALE_WORKER_CONCURRENCY", os.cpu_count() or 2))
    command = celery_command(queue, concurrency=concurrency)
    os.execv(command[0], command)
