"""How jobs are shown (contract 2.2)."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers.base import Joined, Json, Output, Ref, TimeOut, text_or_null, time_or_null
from api.serializers.errors import ErrorBaseOutput, ErrorOutput
from api.serializers.files import FileOutput, ProductBaseOutput
from api.serializers.job_exe_base import JobExeBaseOutput
from api.serializers.job_types import (
    JobTypeBaseOutput,
    JobTypeOutput,
    JobTypeRevBaseOutput,
    JobTypeRevOutput,
)
from api.serializers.triggers import EventBaseOutput, EventOutput
from scale.domain.job_data import EMPTY_JOB_DATA
from scale.domain.lifecycle import JobStatus
from scale.models import Job
from scale.selectors.jobs import JobDetails


class JobOutput(Output):
    """A job in lists."""

    id = serializers.IntegerField()
    job_type = JobTypeBaseOutput()
    job_type_rev = JobTypeRevBaseOutput()
    event = EventBaseOutput()
    error = ErrorBaseOutput(allow_null=True)
    status = serializers.ChoiceField(choices=list(JobStatus))
    priority = serializers.IntegerField()
    num_exes = serializers.IntegerField()
    timeout = serializers.IntegerField()
    max_tries = serializers.IntegerField()
    cpus_required = serializers.FloatField()
    mem_required = serializers.FloatField()
    disk_in_required = serializers.FloatField(allow_null=True)
    disk_out_required = serializers.FloatField(allow_null=True)
    created = TimeOut()
    queued = time_or_null()
    started = time_or_null()
    ended = time_or_null()
    last_status_change = time_or_null()
    last_modified = TimeOut()


class JobUpdateOutput(JobOutput):
    """A job with its input files; `context["input_files"]` has them by job id."""

    input_files = serializers.SerializerMethodField()

    @extend_schema_field(FileOutput(many=True))
    def get_input_files(self, job: Job) -> Any:
        """Return the files."""
        return [FileOutput.show(file) for file in self.context["input_files"].get(job.pk, [])]


class JobWithExecutionOutput(JobOutput):
    """A job with its newest execution; `context["latest"]` has them by job id."""

    latest_job_exe = serializers.SerializerMethodField()

    @extend_schema_field(JobExeBaseOutput(allow_null=True))
    def get_latest_job_exe(self, job: Job) -> Any:
        """Return the execution, if there is one."""
        latest = self.context["latest"].get(job.pk)
        return JobExeBaseOutput.show(latest) if latest else None


class RecipeTypeRefOutput(Output):
    """The recipe type of a recipe, in lists."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    version = serializers.CharField()
    title = text_or_null()
    description = text_or_null()


class RecipeTypeRevRefOutput(Output):
    """The revision that a recipe runs by, in lists."""

    id = serializers.IntegerField()
    recipe_type = Ref(source="recipe_type_id")
    revision_num = serializers.IntegerField()


class RecipeOutput(Output):
    """A recipe in lists, and inside the details of its jobs."""

    id = serializers.IntegerField()
    recipe_type = RecipeTypeRefOutput()
    recipe_type_rev = RecipeTypeRevRefOutput()
    event = EventBaseOutput()
    created = TimeOut()
    completed = time_or_null()
    last_modified = TimeOut()


@extend_schema_field({"nullable": True, "description": "Text, File, array of File, or null."})
class SlotValue(serializers.Field[Any, Any, Any, Any]):
    """What fills an input or output: already JSON."""

    def to_representation(self, value: Any) -> Any:
        return value


class SlotOutput(Output):
    """An input or output of the interface with what fills it."""

    name = serializers.CharField()
    type = serializers.ChoiceField(choices=["property", "file", "files"])
    value = SlotValue(allow_null=True)


class JobDetailsOutput(JobOutput):
    """A job with everything that belongs to it, from a `JobDetails`."""

    job_type = JobTypeOutput()
    job_type_rev = JobTypeRevOutput()
    event = EventOutput()  # type: ignore[assignment]
    error = ErrorOutput(allow_null=True)
    data = Json()  # type: ignore[assignment]
    results = Json()
    input_files = FileOutput(many=True)
    recipes = RecipeOutput(many=True)
    job_exes = JobExeBaseOutput(many=True, source="executions")
    products = ProductBaseOutput(many=True)
    inputs = SlotOutput(many=True)
    outputs = SlotOutput(many=True)

    def to_representation(self, instance: JobDetails) -> dict[str, Any]:
        body = super().to_representation(Joined(_Slots(instance), instance, instance.job))
        body["data"] = body["data"] or EMPTY_JOB_DATA
        return body


class _Slots:
    """The inputs and outputs of a job's interface, merged with their values."""

    def __init__(self, details: JobDetails) -> None:
        self._details = details

    @property
    def inputs(self) -> list[dict[str, Any]]:
        given = self._details.job_data.inputs
        files = {file.pk: FileOutput.show(file) for file in self._details.input_files}
        return [
            {
                "name": item.name,
                "type": item.type,
                "value": given.get(item.name)
                if item.type == "property"
                else _pick(files, given.get(item.name)),
            }
            for item in self._details.interface.input_data
        ]

    @property
    def outputs(self) -> list[dict[str, Any]]:
        files = {file.pk: ProductBaseOutput.show(file) for file in self._details.products}
        made = {
            entry["name"]: entry.get("file_id", entry.get("file_ids"))
            for entry in self._details.job.results.get("output_data", [])
        }
        return [
            {"name": item.name, "type": item.type, "value": _pick(files, made.get(item.name))}
            for item in self._details.interface.output_data
        ]


def _pick(files: dict[int, Any], which: Any) -> Any:
    if isinstance(which, list):
        return [files[file_id] for file_id in which if file_id in files]
    return files.get(which)
