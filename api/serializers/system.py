"""How the state of the installation is shown (contract 2.13)."""

from rest_framework import serializers

from api.serializers.base import Output


class HealthOutput(Output):
    """That Scale can work."""

    status = serializers.CharField()
