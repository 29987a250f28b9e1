"""How job types and their revisions are shown (contract 2.2)."""

from rest_framework import serializers

from api.serializers.base import Json, Output, Ref, TimeOut, text_or_null, time_or_null


class JobTypeBaseOutput(Output):
    """A job type inside another object."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    version = serializers.CharField()
    title = text_or_null()
    description = text_or_null()
    category = text_or_null()
    author_name = text_or_null()
    author_url = text_or_null()
    is_system = serializers.BooleanField()
    is_long_running = serializers.BooleanField()
    is_active = serializers.BooleanField()
    is_operational = serializers.BooleanField()
    is_paused = serializers.BooleanField()
    icon_code = text_or_null()


class JobTypeOutput(JobTypeBaseOutput):
    """A job type with its settings."""

    uses_docker = serializers.BooleanField()
    docker_privileged = serializers.BooleanField()
    docker_image = text_or_null()
    revision_num = serializers.IntegerField()
    priority = serializers.IntegerField()
    max_scheduled = serializers.IntegerField(allow_null=True)
    timeout = serializers.IntegerField()
    max_tries = serializers.IntegerField()
    cpus_required = serializers.FloatField()
    mem_required = serializers.FloatField()
    disk_out_const_required = serializers.FloatField()
    disk_out_mult_required = serializers.FloatField()
    created = TimeOut()
    last_modified = TimeOut()
    archived = time_or_null()
    paused = time_or_null()


class JobTypeRevBaseOutput(Output):
    """A revision in lists."""

    id = serializers.IntegerField()
    job_type = Ref(source="job_type_id")
    revision_num = serializers.IntegerField()


class JobTypeRevOutput(JobTypeRevBaseOutput):
    """A revision with its interface."""

    interface = Json()
    created = TimeOut()
