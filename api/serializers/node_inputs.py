"""What the routes of nodes take (contract 2.12)."""

from typing import Any

from api.fields import Boolean, Integer, Order, Text
from api.inputs import Input, Range
from api.ordering import NODE
from scale.errors import InvalidInput


class NodeListInput(Range):
    """Filters and order of nodes."""

    include_inactive = Boolean(default=False)
    order = Order(NODE, default=["last_modified"])


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
