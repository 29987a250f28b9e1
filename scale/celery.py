"""The Celery app and nothing else."""

import os
from typing import Any

import django
from celery import Celery, signals
from django.conf import settings
from kombu import Queue

from scale import transport
from scale.queues import LongQueue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "scale.settings")

LANES = 10
IS_REDIS = settings.CELERY_BROKER_URL.startswith(("redis:", "rediss:"))

transport.use()
# Without Celery's Django fixup, which closes the database connection around every task.
app = Celery("scale", fixups=[])
app.conf.update(
    broker_url=settings.CELERY_BROKER_URL,
    broker_connection_retry_on_startup=True,
    broker_connection_max_retries=None,
    broker_heartbeat=10,
    # RabbitMQ closes a channel whose message stays unacknowledged too long: connect again.
    broker_channel_error_retry=True,
    # Results live in our tables; a message is a doorbell, so it carries ids and nothing else.
    result_backend=None,
    task_ignore_result=True,
    task_store_errors_even_if_ignored=False,
    task_serializer="json",
    accept_content=["json"],
    # Nothing urgent may wait behind a message that a busy worker has reserved.
    task_acks_late=True,
    worker_prefetch_multiplier=1,
    # Reduced at a reconnect, it is raised again by threads of the pool, which wait for RabbitMQ's
    # answer; the loop's thread may take that, and the worker hangs when it stops.
    worker_enable_prefetch_count_reduction=False,
    # The claim in PostgreSQL decides who runs, so a lost connection cancels nothing.
    worker_cancel_long_running_tasks_on_connection_loss=False,
    worker_send_task_events=True,
    worker_consumer="workers.consumer:PacedConsumer",
    worker_hijack_root_logger=False,
    worker_redirect_stdouts=False,
    task_create_missing_queues=False,
    task_default_queue="system",
    task_queues=[
        LongQueue("jobs", routing_key="jobs", max_priority=LANES - 1),
        Queue("system", routing_key="system"),
    ],
    timezone="UTC",
    beat_scheduler="beat.schedulers:PatientScheduler",
    beat_max_loop_interval=1,
    imports=["workers.tasks", "workers.signals", "beat.tasks", "beat.signals"],
)
if IS_REDIS:
    app.conf.broker_transport_options = {
        "priority_steps": list(range(LANES)),
        "queue_order_strategy": "priority",
        "sep": ":",
        "visibility_timeout": settings.VISIBILITY_TIMEOUT_SECONDS,
        # kombu looks for messages past it at every tenth of these.
        "unacked_restore_interval": min(10.0, settings.VISIBILITY_TIMEOUT_SECONDS / 10),
    }


@signals.import_modules.connect
def set_up_django(**_: Any) -> None:
    """Make the models importable before Celery imports the tasks."""
    django.setup()


@signals.setup_logging.connect
def keep_logging(**_: Any) -> None:
    """Keep the logging that Django's settings configured."""
