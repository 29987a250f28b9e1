"""How nodes are shown with what they do (contract 2.12)."""

from typing import Any

from rest_framework import serializers

from api.serializers.base import Joined, Output, TimeOut
from api.serializers.job_executions import RunningJobExeOutput
from api.serializers.node_base import NodeOutput
from scale.domain.lifecycle import ExecutionStatus
from scale.models import Error
from scale.selectors.nodes import NodeDetails


class ResourcesOutput(Output):
    """CPUs, and memory and disk in MiB."""

    cpus = serializers.FloatField()
    mem = serializers.FloatField()
    disk = serializers.FloatField()


class ResourceUseOutput(Output):
    """What there is, and what of it is taken; `used` is what was promised."""

    total = ResourcesOutput()
    scheduled = ResourcesOutput()
    used = ResourcesOutput(source="scheduled")


class NodeDetailsOutput(NodeOutput):
    """A node with what runs on it, from `NodeDetails`: its resources if it is online."""

    job_exes_running = RunningJobExeOutput(many=True, source="running")
    resources = ResourceUseOutput(source="*", required=False)
    disconnected = serializers.BooleanField(required=False, default=True)

    def to_representation(self, instance: NodeDetails) -> dict[str, Any]:
        body = super().to_representation(Joined(instance, instance.node))
        body.pop("disconnected" if instance.is_online else "resources")
        return body


class ExecutionCountOutput(Output):
    """How many executions of a node are in a status."""

    status = serializers.ChoiceField(choices=list(ExecutionStatus))
    count = serializers.IntegerField()
    most_recent = TimeOut()
    category = serializers.ChoiceField(choices=Error.Category.choices, allow_null=True)


class NodeStatusOutput(Output):
    """A node with how its executions went lately, from `NodeStatus`."""

    node = NodeOutput()
    is_online = serializers.BooleanField()
    job_exe_counts = ExecutionCountOutput(many=True, source="counts")
    job_exes_running = RunningJobExeOutput(many=True, source="running")
