"""Running one statement, and how long it waits for others."""

from typing import Any

from django.db import OperationalError, connection, transaction
from psycopg.errors import LockNotAvailable
from psycopg.rows import dict_row

from scale.postgresql.base import ALONG_INDEXES

Row = dict[str, Any]

# Whoever stops in the middle of a transaction may hold rows for ever.
LIMIT_WAITS = "SELECT set_config('lock_timeout', '500ms', true)"

# The statistics of a queue are always out of date, and what is sorted or read whole because they
# tell of few rows may be a million. The rest of the transaction goes by the order of indexes.
GO_ALONG_INDEXES = ", ".join(
    f"set_config('{name}', '{value}', true)" for name, value in ALONG_INDEXES.items()
)


def run(sql: str, parameters: dict[str, Any]) -> list[Row]:
    """Run one statement and return its rows as dictionaries."""
    with connection.cursor() as cursor:
        # Not from `description`, which makes an object for each column.
        cursor.cursor.row_factory = dict_row
        cursor.execute(sql, parameters)
        return [] if cursor.rownumber is None else cursor.fetchall()


def run_along_indexes(sql: str, parameters: dict[str, Any]) -> list[Row]:
    """Run one statement that is planned to go by the order of indexes, as `run` does otherwise."""
    with transaction.atomic():
        run(f"SELECT {GO_ALONG_INDEXES}", {})
        return run(sql, parameters)


def plan_once() -> None:
    """Have what this thread repeats planned once; called before its first statement.

    Every statement of the thread must be written for that: it tells the planner, by lateral joins
    and lists of ids, which index leads to each row (docs/decisions/0008).
    """
    connection.is_planned_once = True  # type: ignore[attr-defined]


def limit_waits() -> None:
    """Have the rest of this transaction wait no longer than a moment for rows that others hold."""
    run(LIMIT_WAITS, {})


def is_held(error: OperationalError) -> bool:
    """Tell whether a statement gave up because others hold what it needs."""
    return isinstance(error.__cause__, LockNotAvailable)
