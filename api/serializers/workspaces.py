"""What the routes of workspaces take and show (contract 2.9)."""

from rest_framework import serializers

from api.fields import Boolean, JsonObject, Order, Text, texts
from api.inputs import Input, Range
from api.ordering import STAMPS
from api.serializers.base import Json, Output, TimeOut, text_or_null, time_or_null

WORKSPACE = (
    "id",
    "name",
    "title",
    "description",
    "base_url",
    "is_active",
    "used_size",
    "total_size",
    "archived",
    *STAMPS,
)


class WorkspaceListInput(Range):
    """Filters and order of workspaces."""

    name = texts()
    order = Order(WORKSPACE, default=["name"])


class WorkspaceEditInput(Input):
    """What may change of a workspace; empty values leave the old ones."""

    title = Text(required=False, max_length=50)
    description = Text(required=False, max_length=500)
    base_url = Text(required=False, max_length=500, help_text="Where its files can be fetched.")
    is_active = Boolean(required=False, help_text="False archives: jobs cannot use it.")
    json_config = JsonObject(required=False, help_text="The configuration document.")


class WorkspaceCreateInput(WorkspaceEditInput):
    """A new workspace."""

    name = Text(max_length=50, allow_blank=False)
    json_config = JsonObject(help_text="The configuration document.")


class WorkspaceOutput(Output):
    """A workspace."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    title = text_or_null()
    description = text_or_null()
    base_url = text_or_null()
    is_active = serializers.BooleanField()
    used_size = serializers.IntegerField(allow_null=True)
    total_size = serializers.IntegerField(allow_null=True)
    created = TimeOut()
    archived = time_or_null()
    last_modified = TimeOut()


class WorkspaceDetailsOutput(WorkspaceOutput):
    """A workspace with its configuration."""

    json_config = Json()
