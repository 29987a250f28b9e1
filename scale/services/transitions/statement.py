"""Running one statement."""

from typing import Any

from django.db import connection

Row = dict[str, Any]


def run(sql: str, parameters: dict[str, Any]) -> list[Row]:
    """Run one statement and return its rows as dictionaries."""
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        if cursor.description is None:
            return []
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
