"""`python -m workers jobs` or `python -m workers system`: a worker process under its supervisor."""

import os
import sys

from workers.command import SYSTEM_CONCURRENCY, celery_command
from workers.processes import supervisor

#: What a worker may take after its warm stop to end programs and put executions back.
_STOP_MARGIN_SECONDS = 15.0


def _number(name: str, default: float) -> float:
    # What is no number the worker itself refuses, with a sentence.
    try:
        return float(os.environ.get(name, default))
    except ValueError:
        return default


if __name__ == "__main__":
    queue = sys.argv[1]
    concurrency = SYSTEM_CONCURRENCY
    if queue == "jobs":
        concurrency = int(_number("SCALE_WORKER_CONCURRENCY", max(2, os.cpu_count() or 2)))
    sys.exit(
        supervisor.main(
            celery_command(queue, concurrency=concurrency),
            stop_seconds=_number("SCALE_WARM_STOP_SECONDS", 25.0) + _STOP_MARGIN_SECONDS,
        )
    )
