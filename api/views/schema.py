"""The API's description of itself."""

from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView


class _JsonErrors(APIView):
    """Answers failures as JSON where the view itself renders a page."""

    def handle_exception(self, exc: Exception) -> Response:
        self.request.accepted_renderer = JSONRenderer()
        self.request.accepted_media_type = JSONRenderer.media_type
        return super().handle_exception(exc)


class SchemaDocument(_JsonErrors, SpectacularAPIView):
    """GET /schema/."""


class SwaggerPage(_JsonErrors, SpectacularSwaggerView):
    """GET /schema/swagger/."""


class RedocPage(_JsonErrors, SpectacularRedocView):
    """GET /schema/redoc/."""
