"""How an execution is shown inside its job (contract 2.2)."""

from rest_framework import serializers

from api.serializers.base import Output, Ref, TimeOut, time_or_null
from scale.domain.lifecycle import ExecutionStatus


class JobExeBaseOutput(Output):
    """An execution inside the details of its job."""

    id = serializers.IntegerField()
    status = serializers.ChoiceField(choices=list(ExecutionStatus))
    command_arguments = serializers.CharField()
    timeout = serializers.IntegerField()
    pre_started = time_or_null()
    pre_completed = time_or_null()
    pre_exit_code = serializers.IntegerField(allow_null=True)
    job_started = time_or_null()
    job_completed = time_or_null()
    job_exit_code = serializers.IntegerField(allow_null=True)
    post_started = time_or_null()
    post_completed = time_or_null()
    post_exit_code = serializers.IntegerField(allow_null=True)
    created = TimeOut()
    queued = TimeOut()
    started = time_or_null()
    ended = time_or_null()
    last_modified = TimeOut()
    job = Ref(source="job_id")
    node = Ref(source="node_id", allow_null=True)
    error = Ref(source="error_id", allow_null=True)
