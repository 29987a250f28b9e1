"""What answers are made of: times, references, and objects put together from several."""

from datetime import datetime
from functools import cache, cached_property
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.utils.serializer_helpers import BindingDict

from scale.domain.times import format_time

AnyField = serializers.Field[Any, Any, Any, Any]

MISSING = object()

#: What these fields make of a value of the type is the value itself.
PLAIN: dict[type, type] = {
    serializers.BooleanField: bool,
    serializers.CharField: str,
    serializers.FloatField: float,
    serializers.IntegerField: int,
}


class Output(serializers.Serializer[Any]):
    """What an answer shows.

    Its fields are made once per class and shared: DRF copies them for every object, which takes
    half of the time of an answer. Only one that is given a context has its own.
    """

    @cached_property
    def fields(self) -> BindingDict:
        """Return the fields by name."""
        return _bound(self) if self._context else _shared_fields(type(self))

    @classmethod
    def show(cls, instance: Any) -> dict[str, Any]:
        """Return what is shown of an object, for a field that another output fills itself."""
        return _shared(cls).to_representation(instance)

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return what the fields show of an object, as DRF does, but in a third of the time.

        An attribute is shown as it is: one that is a method is not called.
        """
        if isinstance(instance, dict):
            return super().to_representation(instance)
        shown = {}
        for name, attribute, plain, field in self._readers:
            value = getattr(instance, attribute, MISSING) if attribute else MISSING
            if value is MISSING:
                try:
                    value = field.get_attribute(instance)
                except serializers.SkipField:
                    continue
            if value is None or type(value) is plain:
                shown[name] = value
            else:
                shown[name] = field.to_representation(value)
        return shown

    @cached_property
    def _readers(self) -> list[tuple[str, str | None, type | None, AnyField]]:
        """Return for each field its name, the one attribute it shows, and the type it leaves."""
        return [
            (
                name,
                field.source_attrs[0] if len(field.source_attrs) == 1 else None,
                PLAIN.get(type(field)),
                field,
            )
            for name, field in self.fields.items()
        ]


class SharedOutput(Output):
    """What an answer shows of an object that many rows have in common: it is made once."""

    def to_representation(self, instance: Any) -> dict[str, Any]:
        """Return what is shown, the same each time for the same object."""
        made: dict[type, dict[str, Any]] = vars(instance).setdefault("_shown", {})
        if type(self) not in made:
            made[type(self)] = super().to_representation(instance)
        return made[type(self)]


@cache
def _shared(output: type[Output]) -> Output:
    return output()


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
