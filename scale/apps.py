"""The one Django app."""

from django.apps import AppConfig

from scale import adapters


class ScaleConfig(AppConfig):
    """Scale: jobs, recipes, files, nodes and the queue."""

    name = "scale"
    verbose_name = "Scale"

    def ready(self) -> None:
        """Set up what all processes share."""
        adapters.install()
