"""What the routes of sources take and show (contract 2.10)."""

from typing import Any

from rest_framework import serializers

from api.fields import Boolean, Id, Order, Text, Upload, texts
from api.inputs import Input, Range
from api.ordering import SOURCE
from api.serializers.base import Joined, Output, TimeOut, time_or_null
from api.serializers.files import FileOutput, ProductOutput
from scale.models import ScaleFile
from scale.selectors.sources import SourceDetails


class SourceListInput(Range):
    """Filters and order of sources."""

    is_parsed = Boolean(required=False)
    file_name = Text(required=False)
    order = Order(SOURCE, default=["last_modified"])


class SourceRegisterInput(Input):
    """A file that lies in a workspace already."""

    workspace_id = Id(help_text="An active workspace.")
    file_path = Text(help_text="Where the file lies in the workspace.")
    media_type = Text(required=False, max_length=250, help_text="By default by the extension.")
    data_type = texts(help_text="Tags of letters, digits, `-`, `_` and spaces.")


class SourceUploadInput(SourceRegisterInput):
    """A file with its content."""

    file = Upload(help_text="The content.")
    file_name = Text(required=False, help_text="By default the name of the uploaded part.")
    file_path = Text(required=False, help_text="Where it goes; by default to its name.")


class SourceOutput(FileOutput):
    """A source."""

    is_parsed = serializers.BooleanField()
    parsed = time_or_null()


class IngestOutput(Output):
    """How a source came in; Scale keeps no such records."""

    id = serializers.IntegerField()


class SourceDetailsOutput(SourceOutput):
    """A source with the products that descend from it, from a `SourceDetails`."""

    ingests = serializers.ListField(child=IngestOutput(), default=list)
    products = ProductOutput(many=True)

    def to_representation(self, instance: SourceDetails) -> dict[str, Any]:
        return super().to_representation(Joined(instance, instance.source))


class SourceChangeOutput(Output):
    """What happened to a source last."""

    action = serializers.ChoiceField(choices=["CREATED", "PARSED", "DELETED"])
    when = TimeOut()


class SourceUpdateOutput(SourceOutput):
    """A source with what happened to it last."""

    update = SourceChangeOutput(source="*")  # type: ignore[assignment]

    def to_representation(self, instance: ScaleFile) -> dict[str, Any]:
        return super().to_representation(Joined(instance, _Change(instance)))


class _Change:
    def __init__(self, source: ScaleFile) -> None:
        self.action, self.when = "CREATED", source.created
        if source.is_deleted and source.deleted:
            self.action, self.when = "DELETED", source.deleted
        elif source.is_parsed and source.parsed:
            self.action, self.when = "PARSED", source.parsed
