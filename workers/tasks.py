"""Celery tasks of the `jobs` queue: shells around the worker's engine."""

from celery.exceptions import Reject

from scale.celery import app
from scale.dispatch import RUN_EXECUTION
from workers.worker import current_worker


@app.task(name=RUN_EXECUTION)
def run_execution(execution_id: int) -> None:
    """Run what waits, such as the execution of this id, until nothing does."""
    worker = current_worker()
    if not worker.answer(execution_id):
        # Another worker may have it; a message that is not acknowledged would wait for its timeout.
        raise Reject(reason="this worker starts nothing now", requeue=True)
