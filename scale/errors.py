"""The exceptions that Scale raises on purpose; `api.errors` alone decides their HTTP status."""

from collections.abc import Iterable


class ScaleError(Exception):
    """Something went wrong in Scale."""

    code = "error"

    def __init__(self, message: str = "") -> None:
        super().__init__(message or (self.__doc__ or "").strip())


class InvalidInput(ScaleError):
    """The input is not valid."""

    code = "invalid_input"

    def __init__(self, faults: str | Iterable[str]) -> None:
        #: Every fault found, each as "field.path: what was expected".
        self.faults = [faults] if isinstance(faults, str) else list(faults)
        super().__init__("; ".join(self.faults))


class NotFound(ScaleError):
    """There is no such thing."""

    code = "not_found"


class InvalidTransition(ScaleError):
    """The change is not allowed in the present status."""

    code = "invalid_transition"
