"""How a node is shown, by itself and in its executions (contract 2.12)."""

from rest_framework import serializers

from api.serializers.base import SharedOutput, TimeOut, text_or_null, time_or_null


class NodeBaseOutput(SharedOutput):
    """The node of an execution, in lists."""

    id = serializers.IntegerField()
    hostname = serializers.CharField()
    port = serializers.IntegerField(allow_null=True)
    slave_id = serializers.CharField()


class NodeOutput(NodeBaseOutput):
    """A node."""

    pause_reason = text_or_null()
    is_paused = serializers.BooleanField()
    is_paused_errors = serializers.BooleanField()
    is_active = serializers.BooleanField()
    created = TimeOut()
    last_modified = TimeOut()
    archived = time_or_null()
    last_offer = time_or_null()
