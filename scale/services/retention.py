"""Deleting what is older than its age limit, in small batches."""

import logging
from datetime import datetime, timedelta

from django.db import transaction

from scale.conf import conf
from scale.domain.times import now as present
from scale.log import log_event
from scale.services.transitions import run

logger = logging.getLogger(__name__)

BATCH = 1000

LOGS = """
DELETE FROM job_exe_log WHERE id IN (
    SELECT id FROM job_exe_log WHERE created < %(before)s ORDER BY created LIMIT %(batch)s)
RETURNING id
"""

LOAD = """
DELETE FROM job_load WHERE id IN (
    SELECT id FROM job_load WHERE measured < %(before)s ORDER BY measured LIMIT %(batch)s)
RETURNING id
"""


def prune() -> dict[str, int]:
    """Delete one batch of each kind that has outlived its age limit; return how many of each."""
    now = present()
    gone = {
        "logs": _delete(LOGS, conf().keep_logs_days, now),
        "load": _delete(LOAD, conf().keep_load_days, now),
    }
    if any(gone.values()):
        log_event(logger, "pruned", **gone)
    return gone


@transaction.atomic
def _delete(sql: str, keep_days: int, now: datetime) -> int:
    if keep_days == 0:
        return 0
    return len(run(sql, {"before": now - timedelta(days=keep_days), "batch": BATCH}))
