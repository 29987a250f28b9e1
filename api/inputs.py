"""Reading what a request says into checked values, all faults at once (contract 1.2)."""

from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, ClassVar, TypeGuard

from django.http import QueryDict
from rest_framework import serializers
from rest_framework.request import Request

from api.fields import Several, Time
from scale.domain.times import check_range, now
from scale.errors import InvalidInput

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
RECENTLY = timedelta(hours=3)


class Input(serializers.Serializer[Any]):
    """The parameters of one operation, looked up in the query string first, then in the body.

    Unknown ones are ignored unless `closed`. A JSON null counts as absent, unless the field
    allows it. `values` has only what was sent, and defaults.
    """

    #: A body field that is not declared is a fault.
    closed: ClassVar[bool] = False
    #: Body fields that are no fault all the same, and are not looked at.
    ignored: ClassVar[frozenset[str]] = frozenset()
    #: The query string is not looked at.
    body_only: ClassVar[bool] = False

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        """Return the checked values of the parameters.

        Raises:
            InvalidInput: with a fault "field: expected …" for each.
        """
        body = _body(request)
        reader = cls(data={}, context={"now": now(), "request": request})
        reader.initial_data = dict(reader._raw_values(request, body))
        faults = []
        if cls.closed:
            faults += [
                f"{name}: not a field of this request"
                for name in body.keys() - reader.fields - cls.ignored
            ]
        try:
            if not reader.is_valid():
                faults += flatten(reader.errors)
        except InvalidInput as exc:
            faults += exc.faults
        if faults:
            raise InvalidInput(sorted(faults))
        values: dict[str, Any] = reader.validated_data
        return values

    def _raw_values(self, request: Request, body: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
        for name, field in self.fields.items():
            several = isinstance(field, Several)
            if not self.body_only and name in request.query_params:
                query = request.query_params
                yield name, query.getlist(name) if several else query[name]
            elif name in body:
                value = body.getlist(name) if several and _is_form(body) else body[name]
                absent = (value is None and not field.allow_null) or (several and value == [])
                if not absent:
                    yield name, value


def _is_form(body: object) -> TypeGuard[QueryDict]:
    return isinstance(body, QueryDict)


def _body(request: Request) -> Mapping[str, Any]:
    if request.method in SAFE_METHODS:
        return {}
    body = request.data
    if not isinstance(body, Mapping):
        raise InvalidInput("body: expected a JSON object")
    return body


def flatten(errors: Any, path: str = "") -> Iterator[str]:
    """Write DRF's nested errors as lines "field.path: text"."""
    if isinstance(errors, Mapping):
        for key, inner in errors.items():
            if isinstance(key, int):
                yield from flatten(inner, f"{path}[{key}]")
            elif key == "non_field_errors":
                yield from flatten(inner, path)
            else:
                yield from flatten(inner, f"{path}.{key}" if path else str(key))
    elif isinstance(errors, list):
        for inner in errors:
            yield from flatten(inner, path)
    else:
        yield f"{path}: {errors}" if path else str(errors)


class Range(Input):
    """A time range, open on a side that is not given (contract 1.3)."""

    started = Time(
        required=False,
        help_text="Datetime with a zone, or a duration meaning that long ago; inclusive.",
    )
    ended = Time(
        required=False,
        help_text="Datetime with a zone, or a duration meaning that long ago; inclusive.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require that the range begins before it ends."""
        check_range(attrs.get("started"), attrs.get("ended"))
        return attrs


class RecentRange(Input):
    """A time range that begins three hours ago unless said otherwise; not checked (1.3)."""

    started = Time(required=False, help_text="Datetime or duration; by default 3 hours ago.")
    ended = Time(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Fill in the range."""
        attrs.setdefault("started", self.context["now"] - RECENTLY)
        attrs.setdefault("ended", None)
        return attrs
