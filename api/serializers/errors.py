"""How errors are shown (contract 2.2), and failures of requests (1.6)."""

from rest_framework import serializers

from api.serializers.base import Output, SharedOutput, TimeOut, text_or_null
from scale.models import Error


class ErrorBaseOutput(SharedOutput):
    """An error in lists."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    title = text_or_null()
    description = text_or_null()
    category = serializers.ChoiceField(choices=Error.Category.choices)
    is_builtin = serializers.BooleanField()


class ErrorOutput(ErrorBaseOutput):
    """An error in details."""

    created = TimeOut()
    last_modified = TimeOut()


class ProblemOutput(Output):
    """Why a request was refused."""

    detail = serializers.CharField()
