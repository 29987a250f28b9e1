"""What answers are made of: times, references, and objects put together from several."""

from datetime import datetime
from functools import cache, cached_property
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.utils.serializer_helpers import BindingDict

from scale.domain.times import format_time


class Output(serializers.Serializer[Any]):
    """What an answer shows.

    Its fields are made once per class and shared: DRF copies them for every object, which takes
    half of the time of an answer. Only one that is given a context has its own.
    """

    @cached_property
    def fields(self) -> BindingDict:
        """Return the fields by name."""
        return _bound(self) if self._context else _shared_fields(type(self))


@cache
def _shared_fields(output: type[Output]) -> BindingDict:
    return _bound(output())


def _bound(output: Output) -> BindingDict:
    fields = BindingDict(output)
    for name, field in output.get_fields().items():
        fields[name] = field
    return fields


class TimeOut(serializers.DateTimeField):
    """An instant in UTC, cut to milliseconds (contract 1.3)."""

    def to_representation(self, value: datetime) -> str:
        return format_time(value)


@extend_schema_field({"type": "object", "additionalProperties": {}})
class Json(serializers.JSONField):
    """A stored JSON document, as it is."""

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field(
    {"type": "object", "properties": {"id": {"type": "integer"}}, "required": ["id"]}
)
class Ref(serializers.Field[Any, Any, Any, Any]):
    """Another object, by id only; its source is the column that holds the id."""

    def to_representation(self, value: int) -> dict[str, int]:
        return {"id": value}


class Joined:
    """Reads attributes from the first of several objects that has them."""

    def __init__(self, *parts: object) -> None:
        self._parts = parts

    def __getattr__(self, name: str) -> Any:
        for part in self._parts:
            try:
                return getattr(part, name)
            except AttributeError:
                continue
        raise AttributeError(name)


def time_or_null(**options: Any) -> TimeOut:
    """Return a field for an instant that may not have come."""
    return TimeOut(allow_null=True, **options)


def text_or_null(**options: Any) -> serializers.CharField:
    """Return a field for a text that may be missing."""
    return serializers.CharField(allow_null=True, **options)
