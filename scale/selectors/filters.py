"""What all lists' filters have in common."""

from typing import Any, TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def narrow(rows: QuerySet[M], **conditions: Any) -> QuerySet[M]:
    """Return the rows that meet the conditions; None and an empty list are no condition (1.2)."""
    given = {name: value for name, value in conditions.items() if value is not None and value != []}
    return rows.filter(**given)
