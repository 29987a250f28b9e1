"""What validations answer."""

from rest_framework import serializers

from api.serializers.base import Output


class WarningOutput(Output):
    """Something that is allowed but perhaps not meant."""

    id = serializers.CharField()
    details = serializers.CharField()


class WarningsOutput(Output):
    """What a validation found."""

    warnings = WarningOutput(many=True)
