"""Reading the state of the installation."""

from scale.models import Scheduler


def check_database() -> None:
    """Ask the database something; raises Django's OperationalError if it is away."""
    Scheduler.objects.filter(pk=1).exists()
