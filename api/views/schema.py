"""The API's description of itself."""

from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView
from rest_framework.renderers import BaseRenderer, JSONRenderer
from rest_framework.response import Response
from rest_framework.views import APIView

from scale.conf import conf


class _JsonErrors(APIView):
    """Answers failures as JSON where the view itself renders a page."""

    def handle_exception(self, exc: Exception) -> Response:
        self.request.accepted_renderer = JSONRenderer()
        self.request.accepted_media_type = JSONRenderer.media_type
        return super().handle_exception(exc)


@cache
def _made(is_open: bool) -> Any:
    # What is said of tokens depends on whether anybody needs one.
    return SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]


class _KeptSchema(SchemaGenerator):
    """Makes the schema once: it is the same for everybody, and making it takes long."""

    def get_schema(self, request: Any = None, public: bool = True) -> Any:
        return _made(conf().auth_open)


#: The schema as text, by renderer, indentation and whether access is open.
_texts: dict[tuple[type, int | None, bool], bytes] = {}


def _kept(renderer: type[BaseRenderer]) -> type[BaseRenderer]:
    """Return a renderer that writes the schema once: YAML of that length takes long."""

    class Kept(renderer):  # type: ignore[misc, valid-type]
        def render(
            self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None
        ) -> bytes:
            indents = isinstance(self, JSONRenderer)
            indent = self.get_indent(accepted_media_type, renderer_context) if indents else None
            key = (renderer, indent, conf().auth_open)
            if key not in _texts:
                _texts[key] = super().render(data, accepted_media_type, renderer_context)
            return _texts[key]

    return Kept


class SchemaDocument(_JsonErrors, SpectacularAPIView):
    """GET /schema/."""

    generator_class = _KeptSchema
    renderer_classes = [_kept(one) for one in SpectacularAPIView.renderer_classes]


class SwaggerPage(_JsonErrors, SpectacularSwaggerView):
    """GET /schema/swagger/."""


class RedocPage(_JsonErrors, SpectacularRedocView):
    """GET /schema/redoc/."""
