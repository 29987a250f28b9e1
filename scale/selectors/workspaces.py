"""Reading workspaces."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet

from scale.errors import NotFound
from scale.models import Workspace
from scale.selectors.filters import narrow


def list_workspaces(
    *,
    started: datetime | None = None,
    ended: datetime | None = None,
    name: Sequence[str] | None = None,
) -> QuerySet[Workspace]:
    """Return workspaces as lists show them, without their configuration.

    `started` and `ended` are about last_modified.
    """
    return narrow(
        Workspace.objects.defer("json_config"),
        last_modified__gte=started,
        last_modified__lte=ended,
        name__in=name,
    )


def get_workspace(workspace_id: int) -> Workspace:
    """Return a workspace with its configuration.

    Raises:
        NotFound: there is none with this id.
    """
    workspace = Workspace.objects.filter(pk=workspace_id).first()
    if workspace is None:
        raise NotFound(f"There is no workspace {workspace_id}.")
    return workspace
