"""Making and editing workspaces (contract 2.9)."""

from typing import Any

from django.db import transaction

from scale.conf import conf
from scale.domain.times import now as present
from scale.domain.workspace_config import WorkspaceConfig, parse_workspace_config
from scale.errors import NotFound
from scale.models import Workspace
from scale.services.faults import refuse_taken


@transaction.atomic
def create_workspace(
    *,
    name: str,
    json_config: object,
    title: str | None = None,
    description: str | None = None,
    base_url: str | None = None,
    is_active: bool = True,
) -> Workspace:
    """Make a workspace; its directory need not exist yet.

    Raises:
        InvalidInput: the name is taken, or the configuration is not valid (contract 3.8).
    """
    now = present()
    config = _read_config(json_config)
    with refuse_taken(workspace_name_key=f"name: workspace '{name}' exists already"):
        return Workspace.objects.create(
            name=name,
            json_config=config.stored(),
            title=title,
            description=description,
            base_url=base_url,
            is_active=is_active,
            archived=None if is_active else now,
            created=now,
            last_modified=now,
        )


@transaction.atomic
def edit_workspace(
    workspace_id: int, *, is_active: bool | None = None, json_config: object = None, **texts: Any
) -> Workspace:
    """Change a workspace; what is None or empty stays as it is.

    Raises:
        NotFound: there is none with this id.
        InvalidInput: the configuration is not valid (contract 3.8).
    """
    workspace = Workspace.objects.select_for_update(no_key=True).filter(pk=workspace_id).first()
    if workspace is None:
        raise NotFound(f"There is no workspace {workspace_id}.")
    now = present()
    for name in ("title", "description", "base_url"):
        setattr(workspace, name, texts.get(name) or getattr(workspace, name))
    if json_config is not None:
        workspace.json_config = _read_config(json_config).stored()
    if is_active is not None and is_active != workspace.is_active:
        workspace.is_active = is_active
        workspace.archived = None if is_active else now
    workspace.last_modified = now
    workspace.save(
        update_fields=[
            "title",
            "description",
            "base_url",
            "json_config",
            "is_active",
            "archived",
            "last_modified",
        ]
    )
    return workspace


def validate_workspace(*, name: str, json_config: object, **_: Any) -> list[dict[str, str]]:
    """Check a workspace without making it; return warnings about the one it would replace.

    Raises:
        InvalidInput: the configuration is not valid (contract 3.8).
    """
    config = _read_config(json_config)
    stored = Workspace.objects.filter(name=name).values_list("json_config", flat=True).first()
    if stored is None:
        return []
    old = WorkspaceConfig.model_validate(stored).broker_type
    if old == config.broker_type:
        return []
    return [
        {
            "id": "broker_type",
            "details": f"The broker type would change from {old} to {config.broker_type}.",
        }
    ]


def _read_config(raw: object) -> WorkspaceConfig:
    return parse_workspace_config(raw, roots=map(str, conf().workspace_roots))
