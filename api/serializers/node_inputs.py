"""What the routes of nodes take (contract 2.12)."""

from datetime import timedelta
from typing import Any

from api.fields import Boolean, Integer, Order, Text, Time
from api.inputs import Input, Range
from api.ordering import NODE
from scale.errors import InvalidInput

DEFAULT_STATUS_RANGE = timedelta(hours=3)


class NodeListInput(Range):
    """Filters and order of nodes."""

    include_inactive = Boolean(default=False)
    order = Order(NODE, default=["last_modified"])


class NodeStatusInput(Input):
    """The time range to count executions in; it is not checked (contract 1.3)."""

    started = Time(required=False, help_text="Datetime or duration; by default 3 hours ago.")
    ended = Time(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Fill in the range."""
        attrs.setdefault("started", self.context["now"] - DEFAULT_STATUS_RANGE)
        attrs.setdefault("ended", None)
        return attrs


class NodeEditInput(Input):
    """What may change of a node."""

    closed = True
    body_only = True

    hostname = Text(required=False, max_length=250, allow_blank=False)
    port = Integer(required=False, allow_null=True, least=0, most=65535)
    pause_reason = Text(required=False, allow_null=True, max_length=250)
    is_paused = Boolean(required=False)
    is_active = Boolean(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Require that something changes."""
        if not attrs:
            raise InvalidInput(f"body: expected one of {', '.join(self.fields)}")
        return attrs


class NodeReplaceInput(Input):
    """All that may change of a node."""

    closed = True
    body_only = True

    hostname = Text(max_length=250, allow_blank=False)
    port = Integer(allow_null=True, least=0, most=65535)
    pause_reason = Text(required=False, allow_null=True, max_length=250)
    is_paused = Boolean()
    is_active = Boolean()
