"""How job types and their revisions are shown (contract 2.2)."""

from typing import Any

from rest_framework import serializers

from api.serializers.base import (
    Joined,
    Json,
    Output,
    Ref,
    SharedOutput,
    TimeOut,
    text_or_null,
    time_or_null,
)
from api.serializers.errors import ErrorOutput
from api.serializers.triggers import RuleOutput
from scale.domain.lifecycle import JobStatus
from scale.models import Error
from scale.selectors.job_types import JobTypeDetails


class JobTypeBaseOutput(SharedOutput):
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


class JobCountOutput(Output):
    """How many jobs came to a status, and when the last of them did."""

    status = serializers.ChoiceField(choices=list(JobStatus))
    count = serializers.IntegerField()
    most_recent = TimeOut()
    category = serializers.ChoiceField(choices=Error.Category.choices, allow_null=True)


class JobTypeDetailsOutput(JobTypeOutput):
    """A job type with everything that belongs to it, from a `JobTypeDetails`."""

    interface = Json()
    error_mapping = Json()
    errors = ErrorOutput(many=True)  # type: ignore[assignment]
    trigger_rule = RuleOutput(allow_null=True)
    job_counts_6h = JobCountOutput(many=True, source="counts.6h")
    job_counts_12h = JobCountOutput(many=True, source="counts.12h")
    job_counts_24h = JobCountOutput(many=True, source="counts.24h")

    def to_representation(self, instance: JobTypeDetails) -> dict[str, Any]:
        return super().to_representation(Joined(instance, instance.job_type))


class JobTypeStatusOutput(Output):
    """A job type with how its jobs went lately."""

    job_type = JobTypeBaseOutput()
    job_counts = JobCountOutput(many=True)


class JobTypeRunningOutput(Output):
    """A job type with its running jobs."""

    job_type = JobTypeBaseOutput()
    count = serializers.IntegerField()
    longest_running = TimeOut()


class JobTypeFailureOutput(Output):
    """A job type with the jobs that failed with one SYSTEM error."""

    job_type = JobTypeBaseOutput()
    error = ErrorOutput()
    count = serializers.IntegerField()
    first_error = TimeOut()
    last_error = TimeOut()
