"""The one Django app."""

from django.apps import AppConfig


class ScaleConfig(AppConfig):
    """Scale: jobs, recipes, files, nodes and the queue."""

    name = "scale"
    verbose_name = "Scale"
