"""What all lists' filters have in common."""

from typing import Any, TypeVar

from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def unshown(path: str, model: type[Model], *shown: str) -> list[str]:
    """Return the columns of a joined table that a list does not show, for `defer`."""
    names = (field.name for field in model._meta.concrete_fields if not field.primary_key)
    return [f"{path}__{name}" for name in names if name not in shown]


def narrow(rows: QuerySet[M], **conditions: Any) -> QuerySet[M]:
    """Return the rows that meet the conditions; None and an empty list are no condition (1.2)."""
    given = {name: value for name, value in conditions.items() if value is not None and value != []}
    return rows.filter(**given)


def narrow_types(
    rows: QuerySet[M], model: type[Model], path: str, **conditions: Any
) -> QuerySet[M]:
    """Return the rows whose type, which is of this model, meets the conditions, if there are any.

    The types are looked up first: from their names PostgreSQL cannot tell which index to take.
    """
    given = {name: value for name, value in conditions.items() if value}
    if not given:
        return rows
    ids = model._default_manager.filter(**given).values_list("pk", flat=True)
    return rows.filter(**{f"{path}__in": list(ids)})
