from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from rest_framework import serializers

from api.serializers.base import Json, Output, Ref, SharedOutput, TimeOut, text_or_null

WHEN = datetime(2015, 10, 21, tzinfo=UTC)


class Inner(SharedOutput):
    id = serializers.IntegerField()
    name = text_or_null()


class Outer(Output):
    id = serializers.IntegerField()
    name = text_or_null()
    share = serializers.FloatField(allow_null=True)
    is_new = serializers.BooleanField()
    created = TimeOut()
    inner = Inner(allow_null=True)
    inner_id = Ref(source="inner.id")
    left_out = serializers.CharField(required=False)
    filled_in = Json(read_only=True, default=dict)
    all = Inner(source="*")
    counted = serializers.SerializerMethodField()

    def get_counted(self, instance: Any) -> str:
        return "counted"


def thing(**values: Any) -> SimpleNamespace:
    inner = SimpleNamespace(id=7, name="in")
    whole = {"id": 1, "name": "n", "share": 0.5, "is_new": True, "created": WHEN, "inner": inner}
    return SimpleNamespace(**(whole | values))


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"name": None, "share": None, "inner": SimpleNamespace(id=8, name=None)},
        {"id": "12", "name": 3, "share": 1, "is_new": "true"},
        {"left_out": "given", "filled_in": {"given": 1}},
    ],
)
def test_output_shows_what_drf_shows(values: dict[str, Any]) -> None:
    shown = Outer.show(thing(**values))

    assert shown == serializers.Serializer.to_representation(Outer(), thing(**values))
    assert list(shown) == [name for name in Outer().fields if name in shown]


def test_output_shows_what_a_mapping_holds() -> None:
    class Counts(Output):
        items = serializers.IntegerField()

    assert Counts.show({"items": 7}) == {"items": 7}


def test_shared_output_is_made_once_per_object_and_class() -> None:
    class Longer(Inner):
        size = serializers.IntegerField()

    one, other = SimpleNamespace(id=1, name="a", size=5), SimpleNamespace(id=1, name="b")

    assert Inner.show(one) is Inner.show(one)
    assert Inner.show(other) == {"id": 1, "name": "b"}
    assert Longer.show(one) == {"id": 1, "name": "a", "size": 5}
