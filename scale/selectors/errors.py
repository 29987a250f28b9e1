"""Reading the catalogue of failures."""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import QuerySet

from scale.errors import NotFound
from scale.models import Error
from scale.selectors.filters import narrow


def list_errors(
    *, started: datetime | None = None, ended: datetime | None = None
) -> QuerySet[Error]:
    """Return errors by last_modified between started and ended."""
    return narrow(Error.objects.all(), last_modified__gte=started, last_modified__lte=ended)


def list_errors_by_name(names: Iterable[str]) -> list[Error]:
    """Return the errors with these names, by id."""
    return list(Error.objects.filter(name__in=set(names)).order_by("id"))


def get_error(error_id: int) -> Error:
    """Return an error.

    Raises:
        NotFound: there is none with this id.
    """
    error = Error.objects.filter(pk=error_id).first()
    if error is None:
        raise NotFound(f"There is no error {error_id}.")
    return error
