"""How events and rules are shown (contract 2.2)."""

from rest_framework import serializers

from api.serializers.base import Json, Output, Ref, TimeOut, time_or_null


class RuleOutput(Output):
    """A trigger rule."""

    id = serializers.IntegerField()
    type = serializers.CharField()
    name = serializers.CharField()
    is_active = serializers.BooleanField()
    configuration = Json()
    created = TimeOut()
    archived = time_or_null()
    last_modified = TimeOut()


class EventBaseOutput(Output):
    """What caused something, in lists."""

    id = serializers.IntegerField()
    type = serializers.CharField()
    rule = Ref(source="rule_id", allow_null=True)
    occurred = TimeOut()


class EventOutput(Output):
    """What caused something, in details."""

    id = serializers.IntegerField()
    type = serializers.CharField()
    rule = RuleOutput(allow_null=True)
    occurred = TimeOut()
    description = Json()
