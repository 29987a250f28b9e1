"""What the queue services take and show (contract 2.3)."""

from datetime import timedelta
from typing import Any

from rest_framework import serializers

from api.fields import Id, Integer, JsonObject, Text, Time, ids, integers, texts
from api.inputs import Input, Range
from api.serializers.base import Output, TimeOut
from scale.domain.lifecycle import JobStatus
from scale.domain.times import check_range
from scale.errors import InvalidInput

MAX_LOAD_RANGE = timedelta(days=31)
DEFAULT_LOAD_RANGE = timedelta(weeks=1)


class LoadInput(Input):
    """Which samples to show, and which job types to sum."""

    started = Time(required=False, help_text="Datetime or duration; by default a week ago.")
    ended = Time(required=False, help_text="Datetime or duration; by default now.")
    job_type_id = ids(help_text="Only jobs of these types.")
    job_type_name = texts(help_text="Only jobs of types with these names.")
    job_type_category = texts(help_text="Only jobs of types of these categories.")
    job_type_priority = integers(help_text="Only jobs of types with these priorities.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Fill in the range and require at most 31 days."""
        now = self.context["now"]
        attrs.setdefault("started", now - DEFAULT_LOAD_RANGE)
        attrs.setdefault("ended", now)
        check_range(attrs["started"], attrs["ended"])
        if attrs["ended"] - attrs["started"] > MAX_LOAD_RANGE:
            raise InvalidInput("started: expected a time at most 31 days before ended")
        return attrs


class LoadOutput(Output):
    """A sample of the job load."""

    time = TimeOut()
    pending_count = serializers.IntegerField(source="pending")
    queued_count = serializers.IntegerField(source="queued")
    running_count = serializers.IntegerField(source="running")


class QueuedTypeOutput(Output):
    """What is queued of a job type."""

    count = serializers.IntegerField()
    longest_queued = TimeOut()
    job_type_name = serializers.CharField()
    job_type_version = serializers.CharField()
    highest_priority = serializers.IntegerField()
    is_job_type_paused = serializers.BooleanField()


class QueueStatusOutput(Output):
    """What is queued, per job type."""

    queue_status = QueuedTypeOutput(many=True)


class NewJobInput(Input):
    """A job type and the data to run it on."""

    job_type_id = Id(help_text="The job type to run.")
    job_data = JsonObject(default=dict, help_text="The job data document.")


class RequeueInput(Range):
    """Which jobs to look at; without any filter, all of them."""

    status = Text(choices=list(JobStatus), required=False)
    job_ids = ids()
    job_type_ids = ids()
    job_type_names = texts()
    job_type_categories = texts()
    error_categories = texts()
    priority = Integer(
        required=False, help_text="New priority of the jobs that get queued; 0 leaves it."
    )
