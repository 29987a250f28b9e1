"""Making and editing recipe types (contract 2.7)."""

import logging
from datetime import datetime
from typing import Any

from django.db import transaction

from scale.domain.definition import Definition, parse_definition
from scale.domain.times import now as present
from scale.domain.trigger_rule import recipe_rule_faults, rule_warnings
from scale.errors import NotFound
from scale.log import log_event
from scale.models import RecipeType, RecipeTypeRevision
from scale.services.definitions import (
    Warnings,
    lock_definitions,
    read_definition,
    warn_of_definition,
)
from scale.services.faults import Faults, refuse_taken
from scale.services.triggers import RuleChange, read_rule_change

logger = logging.getLogger(__name__)


@transaction.atomic
def create_recipe_type(
    *,
    name: str,
    version: str,
    title: str | None = None,
    description: str | None = None,
    is_active: bool = True,
    **fields: Any,
) -> RecipeType:
    """Make a recipe type with its first revision; its title is its name unless given.

    `fields` are `definition`, and optionally `trigger_rule`.

    Raises:
        InvalidInput: name and version are taken, or a document is not valid.
    """
    now = present()
    lock_definitions()
    definition, rule = _read_documents(fields)
    with refuse_taken(recipe_type_name_version=f"version: '{name}' '{version}' exists already"):
        recipe_type = RecipeType.objects.create(
            name=name,
            version=version,
            title=name if title is None else title,
            description=description,
            definition=definition.stored() if definition else {},
            trigger_rule=rule.apply(name=name, now=now),
            is_active=is_active,
            archived=None if is_active else now,
            created=now,
            last_modified=now,
        )
    _revise(recipe_type, now=now)
    log_event(logger, "recipe_type_created", recipe_type_id=recipe_type.pk)
    return recipe_type


@transaction.atomic
def edit_recipe_type(recipe_type_id: int, **changes: Any) -> RecipeType:
    """Change of a recipe type what is given, by the names of `create_recipe_type`.

    A new definition makes a new revision; recipes keep theirs.

    Raises:
        NotFound: there is none with this id.
        InvalidInput: a document is not valid.
    """
    if "definition" in changes:
        lock_definitions()
    recipe_type = _lock(recipe_type_id)
    now = present()
    definition, rule = _read_documents(changes, recipe_type)
    columns: dict[str, Any] = {
        name: changes[name] for name in ("title", "description") if name in changes
    }
    columns |= {"trigger_rule": rule.apply(name=recipe_type.name, now=now), "last_modified": now}
    if definition is not None:
        columns["definition"] = definition.stored()
        columns["revision_num"] = recipe_type.revision_num + 1
    is_active = changes.get("is_active")
    if is_active is not None and is_active != recipe_type.is_active:
        columns |= {"is_active": is_active, "archived": None if is_active else now}
    for column, value in columns.items():
        setattr(recipe_type, column, value)
    recipe_type.save(update_fields=columns)
    if definition is not None:
        _revise(recipe_type, now=now)
    log_event(
        logger, "recipe_type_edited", recipe_type_id=recipe_type.pk, changes=",".join(changes)
    )
    return recipe_type


def validate_recipe_type(*, definition: object, **fields: Any) -> Warnings:
    """Check a recipe type without making it; return the warnings.

    Raises:
        InvalidInput: a document is not valid.
    """
    _, change = _read_documents({"definition": definition, **fields})
    checked = parse_definition(definition)
    rule = change.in_force
    warnings = rule_warnings(rule, checked.inputs) if rule else []
    return [*warnings, *warn_of_definition(checked)]


def _read_documents(
    fields: dict[str, Any], recipe_type: RecipeType | None = None
) -> tuple[Definition | None, RuleChange]:
    """Return the definition, None if it stays, and the change of the rule, both checked."""
    faults = Faults()
    definition = None
    if "definition" in fields:
        definition = faults.attempt(read_definition, fields["definition"])
    current = recipe_type.trigger_rule if recipe_type else None
    rule = faults.attempt(read_rule_change, fields, current) or RuleChange(current)
    in_force = definition
    if recipe_type and "definition" not in fields:
        in_force = Definition.model_validate(recipe_type.definition)
    if rule.in_force and in_force:
        faults += recipe_rule_faults(rule.in_force, in_force)
    faults.refuse()
    return definition, rule


def _lock(recipe_type_id: int) -> RecipeType:
    locked = RecipeType.objects.select_for_update(no_key=True, of=("self",))
    recipe_type = locked.select_related("trigger_rule").filter(pk=recipe_type_id).first()
    if recipe_type is None:
        raise NotFound(f"There is no recipe type {recipe_type_id}.")
    return recipe_type


def _revise(recipe_type: RecipeType, *, now: datetime) -> None:
    RecipeTypeRevision.objects.create(
        recipe_type=recipe_type,
        revision_num=recipe_type.revision_num,
        definition=recipe_type.definition,
        created=now,
    )
