"""How files are shown (contract 2.2)."""

from rest_framework import serializers

from api.serializers.base import (
    Json,
    Output,
    Ref,
    SharedOutput,
    TimeOut,
    text_or_null,
    time_or_null,
)
from api.serializers.job_types import JobTypeBaseOutput


class WorkspaceRefOutput(SharedOutput):
    """The workspace of a file."""

    id = serializers.IntegerField()
    name = serializers.CharField()


class FileOutput(Output):
    """A file; needs its workspace loaded."""

    id = serializers.IntegerField()
    workspace = WorkspaceRefOutput()
    file_name = serializers.CharField()
    media_type = serializers.CharField()
    file_size = serializers.IntegerField()
    data_type = serializers.ListField(child=serializers.CharField())
    is_deleted = serializers.BooleanField()
    uuid = serializers.CharField()
    url = text_or_null()
    created = TimeOut()
    deleted = time_or_null()
    data_started = time_or_null()
    data_ended = time_or_null()
    geometry = text_or_null()
    center_point = text_or_null()
    meta_data = Json()
    countries = serializers.ListField(child=serializers.CharField())
    last_modified = TimeOut()


class ProductBaseOutput(FileOutput):
    """A product inside the details of its job."""

    is_operational = serializers.BooleanField()
    is_published = serializers.BooleanField()
    has_been_published = serializers.BooleanField()
    published = time_or_null()
    unpublished = time_or_null()
    job_type = Ref(source="job_type_id")
    job = Ref(source="job_id")
    job_exe = Ref(source="job_exe_id")


class ProductOutput(ProductBaseOutput):
    """A product in lists and details; needs its job type loaded."""

    job_type = JobTypeBaseOutput()  # type: ignore[assignment]
