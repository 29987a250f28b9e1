"""Model instances from the rows of statements that are written out (docs/decisions/0020)."""

from collections.abc import Mapping
from typing import Any, TypeVar

from django.db import DEFAULT_DB_ALIAS
from django.db.models import Model

M = TypeVar("M", bound=Model)


def made_from(row: Mapping[str, Any], model: type[M]) -> M:
    """Return what the ORM would make of a row; fields without a column in it are deferred.

    For columns that need no converting, such as numbers, texts and times.
    """
    fields = [field for field in model._meta.concrete_fields if field.column in row]
    names = [field.attname for field in fields]
    return model.from_db(DEFAULT_DB_ALIAS, names, [row[str(field.column)] for field in fields])
