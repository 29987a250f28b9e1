"""The state of the installation (contract 2.13)."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response

from api.metrics import CONTENT_TYPE, render_metrics
from api.schema import PROBLEMS, describe
from api.serializers.errors import ProblemOutput
from api.serializers.system import (
    HealthOutput,
    SchedulerEditInput,
    SchedulerOutput,
    StatusOutput,
    VersionOutput,
)
from api.views.base import ScaleView
from scale import VERSION
from scale.selectors.system import check_database, get_scheduler, get_system_status
from scale.services.scheduler import edit_scheduler

TAG = "System"


class Health(ScaleView):
    """GET /health/."""

    permission_classes: list[Any] = []

    def get_authenticators(self) -> list[BaseAuthentication]:
        return []

    @describe("Tell whether Scale can work", tag=TAG, answer=HealthOutput, auth=[])
    def get(self, request: Request) -> Response:
        check_database()
        return Response(HealthOutput({"status": "ok"}).data)


class Metrics(ScaleView):
    """GET /metrics/."""

    def perform_content_negotiation(self, request: Request, force: bool = False) -> tuple[Any, str]:
        # Scrapers ask for text and understand this one; a failure is JSON as everywhere.
        return super().perform_content_negotiation(request, force=True)

    @extend_schema(
        summary="Show the state of the installation to Prometheus",
        tags=[TAG],
        responses={
            (200, "text/plain"): OpenApiTypes.STR,
            **{code: OpenApiResponse(ProblemOutput, PROBLEMS[code]) for code in (401, 403, 503)},
        },
    )
    def get(self, request: Request) -> HttpResponse:
        return HttpResponse(render_metrics(), content_type=CONTENT_TYPE)


class Status(ScaleView):
    """GET /status/."""

    @describe("Show the state of broker, dispatcher and queue", tag=TAG, answer=StatusOutput)
    def get(self, request: Request) -> Response:
        status = get_system_status()
        broker = urlsplit(settings.CELERY_BROKER_URL)
        answer = {
            "master": {
                "is_online": status.is_broker_online,
                "hostname": broker.hostname,
                "port": broker.port,
            },
            "scheduler": {
                "is_online": status.is_scheduler_online,
                "is_paused": status.scheduler.is_paused,
                "hostname": status.scheduler.hostname,
            },
            "queue_depth": status.queue_depth,
            "resources": status,
        }
        return Response(StatusOutput(answer).data)


class Version(ScaleView):
    """GET /version/."""

    @describe("Show the version of Scale", tag=TAG, answer=VersionOutput)
    def get(self, request: Request) -> Response:
        return Response(VersionOutput({"version": VERSION}).data)


class SchedulerSwitch(ScaleView):
    """GET and PATCH /scheduler/."""

    @describe("Tell whether jobs are started", tag=TAG, answer=SchedulerOutput)
    def get(self, request: Request) -> Response:
        return Response(SchedulerOutput(get_scheduler()).data)

    @describe(
        "Pause or resume the start of jobs",
        tag=TAG,
        body=SchedulerEditInput,
        answer=SchedulerOutput,
        code=201,
    )
    def patch(self, request: Request) -> Response:
        scheduler = edit_scheduler(**SchedulerEditInput.read(request))
        return self.created(SchedulerOutput(scheduler).data, "scheduler")
