"""Celery tasks of the `jobs` queue: shells around the worker's pipeline."""

from celery.exceptions import Reject

from scale.celery import app
from scale.dispatch import RUN_EXECUTION
from workers.host import current_host
from workers.pipeline import run


@app.task(name=RUN_EXECUTION)
def run_execution(execution_id: int) -> None:
    """Run the execution that waits under this id, or a more urgent one."""
    host = current_host()
    if host.is_stopping or not run(host, execution_id):
        # Another worker may have it; a message that is not acknowledged would wait for its timeout.
        host.intake.wait_until_closed()
        raise Reject(reason="this worker starts nothing now", requeue=True)
