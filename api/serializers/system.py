"""How the state of the installation is shown (contract 2.13)."""

from rest_framework import serializers

from api.fields import Boolean
from api.inputs import Input
from api.serializers.base import Output, text_or_null
from api.serializers.nodes import ResourceUseOutput


class HealthOutput(Output):
    """That Scale can work."""

    status = serializers.CharField()


class VersionOutput(Output):
    """Which Scale this is."""

    version = serializers.CharField()


class MasterOutput(Output):
    """The message broker, as the dispatcher saw it last."""

    is_online = serializers.BooleanField()
    hostname = text_or_null()
    port = serializers.IntegerField(allow_null=True)


class SchedulerStateOutput(Output):
    """The dispatcher."""

    is_online = serializers.BooleanField()
    is_paused = serializers.BooleanField()
    hostname = text_or_null()


class StatusOutput(Output):
    """The state of the installation."""

    master = MasterOutput()
    scheduler = SchedulerStateOutput()
    queue_depth = serializers.IntegerField()
    resources = ResourceUseOutput()


class SchedulerOutput(Output):
    """Whether jobs are started."""

    is_paused = serializers.BooleanField()


class SchedulerEditInput(Input):
    """Whether jobs shall be started."""

    closed = True
    body_only = True

    is_paused = Boolean()
