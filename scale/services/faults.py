"""Telling everything that is wrong with a request at once."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec, TypeVar

from django.db import IntegrityError, transaction

from scale.errors import InvalidInput

P = ParamSpec("P")
T = TypeVar("T")


class Faults(list[str]):
    """The faults found so far."""

    def attempt(self, check: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T | None:
        """Return what the check returns, or keep the faults it raises and return None."""
        try:
            return check(*args, **kwargs)
        except InvalidInput as exc:
            self.extend(exc.faults)
            return None

    def refuse(self) -> None:
        """Refuse the request if there are any.

        Raises:
            InvalidInput: with all of them.
        """
        if self:
            raise InvalidInput(self)


@contextmanager
def refuse_taken(**faults: str) -> Iterator[None]:
    """Turn the violation of a constraint into its fault, undoing what was done inside.

    Raises:
        InvalidInput: with the fault of the constraint that was violated.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as exc:
        diagnosis = getattr(exc.__cause__, "diag", None)
        fault = faults.get(getattr(diagnosis, "constraint_name", None) or "")
        if fault is None:
            raise
        raise InvalidInput(fault) from None
