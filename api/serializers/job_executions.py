"""How job executions are shown (contract 2.2)."""

from typing import Any

from rest_framework import serializers

from api.serializers.base import Joined, Json, Output, Ref, text_or_null
from api.serializers.errors import ErrorBaseOutput, ErrorOutput
from api.serializers.job_exe_base import JobExeBaseOutput
from api.serializers.job_types import JobTypeBaseOutput
from api.serializers.jobs import JobOutput
from api.serializers.node_base import NodeBaseOutput, NodeOutput
from scale.domain.lifecycle import JobStatus
from scale.selectors.executions import ExecutionLogs


class ExecutionJobOutput(Output):
    """The job of an execution, in lists."""

    id = serializers.IntegerField()
    job_type = JobTypeBaseOutput()
    job_type_rev = Ref(source="job_type_rev_id")
    event = Ref(source="event_id")
    error = Ref(source="error_id", allow_null=True)
    status = serializers.ChoiceField(choices=list(JobStatus))
    priority = serializers.IntegerField()
    num_exes = serializers.IntegerField()


class JobExeOutput(JobExeBaseOutput):
    """An execution in lists."""

    job = ExecutionJobOutput()  # type: ignore[assignment]
    node = NodeBaseOutput(allow_null=True)  # type: ignore[assignment]
    error = ErrorBaseOutput(allow_null=True)  # type: ignore[assignment]


class JobExeDetailsOutput(JobExeBaseOutput):
    """An execution with its job, node, results and what it was promised."""

    job = JobOutput()  # type: ignore[assignment]
    node = NodeOutput(allow_null=True)  # type: ignore[assignment]
    error = ErrorOutput(allow_null=True)  # type: ignore[assignment]
    environment = Json(read_only=True, default=dict)
    cpus_scheduled = serializers.FloatField(allow_null=True)
    mem_scheduled = serializers.FloatField(allow_null=True)
    disk_in_scheduled = serializers.FloatField(allow_null=True)
    disk_out_scheduled = serializers.FloatField(allow_null=True)
    disk_total_scheduled = serializers.FloatField(allow_null=True)
    results = Json()
    results_manifest = Json()
    current_stdout_url = text_or_null(read_only=True, default=None)
    current_stderr_url = text_or_null(read_only=True, default=None)


class RunningJobExeOutput(JobExeOutput):
    """An execution that runs on a node."""

    node = Ref(source="node_id")  # type: ignore[assignment]
    cpus_scheduled = serializers.FloatField(allow_null=True)
    mem_scheduled = serializers.FloatField(allow_null=True)
    disk_in_scheduled = serializers.FloatField(allow_null=True)
    disk_out_scheduled = serializers.FloatField(allow_null=True)
    disk_total_scheduled = serializers.FloatField(allow_null=True)


class JobExeLogsOutput(JobExeOutput):
    """An execution with what its steps printed, from `ExecutionLogs`."""

    is_finished = serializers.BooleanField()
    stdout = text_or_null()
    stderr = text_or_null()

    def to_representation(self, instance: ExecutionLogs) -> dict[str, Any]:
        return super().to_representation(Joined(instance, instance.execution))
