"""The timetable: when what happens, each line with its reason.

Beat copies it into the database at each start (django-celery-beat), where an operator may switch
entries off. A tick that nobody took within its period is worthless, so it expires.
"""

from typing import Any

from scale.conf import Conf


def timetable(conf: Conf) -> dict[str, dict[str, Any]]:
    """Return Celery's beat schedule."""
    return {
        # Finishing workers and requests feed too; this is for what nobody else noticed.
        "feed": _every(1, "beat.feed"),
        # A lost message delays work by at most this and the grace period.
        "ring-missing": _every(5, "beat.ring_missing"),
        # With the lease this bounds how long a lost worker's jobs wait: under 30 s.
        "fail-lost-executions": _every(2, "beat.fail_lost_executions"),
        "sample-load": _every(conf.load_sample_seconds, "beat.sample_load"),
        # What has been counted meanwhile is read with every page that shows counts.
        "merge-counts": _every(10, "beat.merge_counts"),
        # Counts all jobs, and finds nothing unless somebody has interfered.
        "mend-counts": _every(24 * 3600, "beat.mend_counts"),
        # Small batches, so that a backlog is worked off without a long transaction.
        "prune": _every(60, "beat.prune"),
    }


def _every(seconds: int, task: str) -> dict[str, Any]:
    return {
        "task": task,
        "schedule": float(seconds),
        "options": {"queue": "system", "expires": max(seconds, 5)},
    }
