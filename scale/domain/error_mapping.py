"""A job type's mapping of exit codes to errors (contract 3.5)."""

from collections.abc import Collection
from typing import Literal

from scale.domain.documents import ClosedDocument, parse_document
from scale.errors import InvalidInput


class ErrorMapping(ClosedDocument):
    """Which error each exit code of the program means."""

    version: Literal["1.0"] = "1.0"
    exit_codes: dict[str, str] = {}

    @property
    def error_names(self) -> list[str]:
        """Return the distinct names of the errors, in order."""
        return list(dict.fromkeys(self.exit_codes.values()))

    def error_for(self, exit_code: int) -> str | None:
        """Return the name of the error that an exit code means, or None if it is not mapped."""
        return self.exit_codes.get(str(exit_code))


def parse_error_mapping(
    raw: object, known_errors: Collection[str], path: str = "error_mapping"
) -> ErrorMapping:
    """Read an error mapping and check rules E1 to E3 (contract 3.5).

    Raises:
        InvalidInput: with every fault.
    """
    mapping = parse_document(ErrorMapping, raw, path)
    faults = [
        f"{path}.exit_codes.{code}: no error '{name}'"
        for code, name in mapping.exit_codes.items()
        if name not in known_errors
    ]
    if faults:
        raise InvalidInput(faults)
    return mapping
