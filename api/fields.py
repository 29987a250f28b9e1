"""Parameters as clients send them, lenient or strict as the contract says (1.2)."""

import math
import re
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from scale.domain.times import now, parse_time

MAX_ID = 2**63 - 1
MAX_INT = 2**31 - 1
#: Far beyond any quantity, and far from where sums and products overflow.
MAX_NUMBER = 1e15
#: What an id out of the database's range is read as: no row has it.
UNKNOWN_ID = 0

_DIGITS = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?")
_TRUE = {"true", "t", "1"}
_FALSE = {"false", "f", "0"}
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

REQUIRED = {"required": "expected a value", "null": "expected a value, not null"}


class Integer(serializers.IntegerField):
    """A JSON integer or a text of digits, within the range of a column (32 bits by default)."""

    default_error_messages = {
        **REQUIRED,
        "invalid": "expected an integer",
        "range": "expected an integer from {least} to {most}",
    }

    def __init__(self, *, least: int = -MAX_INT - 1, most: int = MAX_INT, **options: Any) -> None:
        self.least, self.most = least, most
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> int:
        value = self._number(data)
        if not self.least <= value <= self.most:
            self.fail("range", least=self.least, most=self.most)
        return value

    def _number(self, data: Any) -> int:
        if isinstance(data, int) and not isinstance(data, bool):
            return data
        if isinstance(data, str) and _DIGITS.fullmatch(data):
            # Python refuses to convert thousands of digits; all those are out of range alike.
            digits = data.lstrip("+-").lstrip("0")[:30] or "0"
            return -int(digits) if data.startswith("-") else int(digits)
        return self.fail("invalid")


class Id(Integer):
    """An id; one that cannot exist is read as `UNKNOWN_ID`, for the lookup to miss (1.2)."""

    def to_internal_value(self, data: Any) -> int:
        value = self._number(data)
        return value if 0 < value <= MAX_ID else UNKNOWN_ID


class Boolean(serializers.BooleanField):
    """A JSON boolean, or true/t/1/false/f/0 as a text in any case."""

    default_error_messages = {**REQUIRED, "invalid": "expected true or false"}

    def to_internal_value(self, data: Any) -> bool:
        if isinstance(data, bool):
            return data
        if isinstance(data, str) and data.lower() in _TRUE | _FALSE:
            return data.lower() in _TRUE
        return self.fail("invalid")


class Number(serializers.FloatField):
    """A finite JSON number or a numeric text, from `least` to `most`."""

    default_error_messages = {
        **REQUIRED,
        "invalid": "expected a number",
        "range": "expected a number from {least:g} to {most:g}",
    }

    def __init__(self, *, least: float = 0.0, most: float = MAX_NUMBER, **options: Any) -> None:
        self.least, self.most = least, most
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> float:
        if isinstance(data, bool) or not isinstance(data, int | float | str):
            self.fail("invalid")
        if isinstance(data, str) and not _NUMBER.fullmatch(data):
            self.fail("invalid")
        try:
            value = float(data)
        except OverflowError:
            value = math.inf
        if not math.isfinite(value):
            self.fail("invalid")
        if not self.least <= value <= self.most:
            self.fail("range", least=self.least, most=self.most)
        return value


class Text(serializers.CharField):
    """A text that the database can hold; numbers and booleans are no texts."""

    default_error_messages = {
        **REQUIRED,
        "invalid": "expected a string",
        "blank": "expected a string that is not empty",
        "max_length": "expected at most {max_length} characters",
        "unstorable": "expected a string without \\u0000 and lone surrogates",
        "choice": "expected one of {choices}",
    }

    def __init__(self, *, choices: Collection[str] = (), **options: Any) -> None:
        self.choices = list(choices)
        options.setdefault("trim_whitespace", False)
        options.setdefault("allow_blank", True)
        super().__init__(**options)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        if _UNSTORABLE.search(data):
            self.fail("unstorable")
        if self.choices and data not in self.choices:
            self.fail("choice", choices=", ".join(self.choices))
        return data

    def run_validation(self, data: Any = serializers.empty) -> Any:
        # Before CharField's own, which turns numbers into texts to see whether they are blank.
        if data == "" and not self.allow_blank:
            self.fail("blank")
        return super(serializers.CharField, self).run_validation(data)


class Upload(serializers.FileField):
    """An uploaded file, as it came; it may be empty."""

    default_error_messages = {**REQUIRED, "invalid": "expected an uploaded file"}

    def to_internal_value(self, data: Any) -> Any:
        if not isinstance(data, UploadedFile):
            self.fail("invalid")
        return data


@extend_schema_field({"type": "object", "additionalProperties": {}})
class JsonObject(serializers.JSONField):
    """A JSON object, as it came; what is in it is checked by `scale.domain`."""

    default_error_messages = {**REQUIRED, "invalid": "expected a JSON object"}

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if not isinstance(data, dict):
            self.fail("invalid")
        return data


@extend_schema_field({"type": "string", "example": "PT3H0M0S"})
class Time(serializers.DateTimeField):
    """A datetime with its zone, or a duration meaning that long before the request (1.3)."""

    default_error_messages = {**REQUIRED, "invalid": "expected a datetime or a duration"}

    def to_internal_value(self, value: Any) -> datetime:
        if not isinstance(value, str):
            self.fail("invalid")
        try:
            return parse_time(value, now=self.context.get("now") or now())
        except ValueError as exc:
            raise serializers.ValidationError(str(exc)) from None


class Several(serializers.ListField):
    """A repeated query parameter, or an array in a body; empty counts as absent (1.2)."""

    default_error_messages = {**REQUIRED, "not_a_list": "expected an array"}

    def __init__(self, child: serializers.Field[Any, Any, Any, Any], **options: Any) -> None:
        options.setdefault("required", False)
        super().__init__(child=child, **options)

    def to_internal_value(self, data: Any) -> list[Any]:
        if not isinstance(data, list):
            self.fail("not_a_list")
        return super().to_internal_value(data)


def integers(**options: Any) -> Several:
    """Return a field for several integers."""
    return Several(Integer(), **options)


def ids(**options: Any) -> Several:
    """Return a field for several ids."""
    return Several(Id(), **options)


def texts(**options: Any) -> Several:
    """Return a field for several texts."""
    return Several(Text(), **options)


class Order(Several):
    """Names of fields to sort by, `-` reversing; ties are broken by id (1.5)."""

    def __init__(self, allowed: Collection[str], default: Sequence[str]) -> None:
        self.allowed = frozenset(allowed)
        super().__init__(
            Text(),
            default=[*default, "id"],
            help_text="A field to sort by, `-field` for descending; repeat it for several.",
        )

    def to_internal_value(self, data: Any) -> list[str]:
        names: list[str] = super().to_internal_value(data)
        for name in names:
            if name.removeprefix("-") not in self.allowed:
                raise serializers.ValidationError(
                    f"expected one of {', '.join(sorted(self.allowed))}"
                )
        return [*names, "id"]
