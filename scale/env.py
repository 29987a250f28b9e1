"""Readers of environment variables that refuse what they do not understand."""

import difflib
import os
from collections.abc import Callable, Iterable, Mapping
from typing import NoReturn, TypeVar

from django.core.exceptions import ImproperlyConfigured

T = TypeVar("T")

TRUE = {"true", "t", "1", "yes", "on"}
FALSE = {"false", "f", "0", "no", "off"}


class Env:
    """The process environment, read with a type, a default and a clear complaint."""

    def __init__(self, values: Mapping[str, str] | None = None) -> None:
        self.values = os.environ if values is None else values
        self.known: set[str] = set()

    def text(self, name: str, default: str = "", *, choices: Iterable[str] = ()) -> str:
        """Return the variable as it is; with `choices`, one of those only."""
        self.known.add(name)
        value = self.values.get(name, default)
        if choices and value not in choices:
            self.refuse(name, "one of " + ", ".join(choices))
        return value

    def flag(self, name: str, *, default: bool) -> bool:
        """Return a boolean written as true/false, yes/no, on/off or 1/0, in any case."""

        def read(value: str) -> bool:
            if value.lower() in TRUE | FALSE:
                return value.lower() in TRUE
            raise ValueError

        return self._read(name, default, read, "true or false")

    def integer(self, name: str, default: int, *, least: int = 0) -> int:
        """Return a whole number that is not below `least`."""

        def read(value: str) -> int:
            if (number := int(value)) < least:
                raise ValueError
            return number

        return self._read(name, default, read, f"a whole number of at least {least}")

    def number(self, name: str, default: float, *, least: float = 0.0) -> float:
        """Return a number that is not below `least`."""

        def read(value: str) -> float:
            number = float(value)
            if not least <= number < float("inf"):
                raise ValueError
            return number

        return self._read(name, default, read, f"a number of at least {least:g}")

    def words(self, name: str, default: Iterable[str] = ()) -> list[str]:
        """Return the parts of a comma-separated list, empty ones left out."""
        self.known.add(name)
        value = self.values.get(name)
        parts = list(default) if value is None else [part.strip() for part in value.split(",")]
        return [part for part in parts if part]

    def integers(self, name: str, default: Iterable[int] = ()) -> list[int]:
        """Return a comma-separated list of whole numbers."""
        try:
            return [int(word) for word in self.words(name, [str(number) for number in default])]
        except ValueError:
            self.refuse(name, "whole numbers separated by commas")

    def refuse_unknown(self, prefix: str, *, foreign: Iterable[str] = ()) -> None:
        """Refuse variables that begin with `prefix` and that nobody reads: likely a slip."""
        for name in self.values:
            if name.startswith(prefix) and name not in self.known and name not in foreign:
                near = difflib.get_close_matches(name, self.known, 1)
                hint = f" Did you mean {near[0]}?" if near else ""
                raise ImproperlyConfigured(f"{name} is not a setting of Scale.{hint}")

    def _read(self, name: str, default: T, read: Callable[[str], T], expected: str) -> T:
        self.known.add(name)
        value = self.values.get(name)
        if value is None or value == "":
            return default
        try:
            return read(value)
        except ValueError:
            self.refuse(name, expected)

    def refuse(self, name: str, expected: str) -> NoReturn:
        """Stop the start with a sentence that says what the variable must be."""
        shown = self.values.get(name, "")
        raise ImproperlyConfigured(f"{name} must be {expected}, not {shown!r}.")
