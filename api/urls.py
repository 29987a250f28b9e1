"""Every route of the API; a path without its final slash is none (contract 1.1)."""

from django.urls import URLPattern, path, re_path, register_converter

from api.converters import IdConverter
from api.errors import unknown_path
from api.views import system

register_converter(IdConverter, "id")

queue: list[URLPattern] = []

catalogue: list[URLPattern] = []

urlpatterns = [
    *queue,
    *catalogue,
    path("health/", system.Health.as_view(), name="health"),
    re_path("", unknown_path),
]
