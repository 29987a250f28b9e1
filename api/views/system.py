"""The state of the installation."""

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response

from api.serializers.system import HealthOutput
from api.views.base import ScaleView
from scale.selectors.system import check_database


class Health(ScaleView):
    """GET /health/."""

    permission_classes: list[Any] = []

    def get_authenticators(self) -> list[BaseAuthentication]:
        return []

    @extend_schema(
        tags=["System"],
        summary="Tell whether Scale can work; nobody is asked who they are",
        responses=HealthOutput,
        auth=[],
    )
    def get(self, request: Request) -> Response:
        check_database()
        return Response(HealthOutput({"status": "ok"}).data)
