"""Recording what caused work, and the rules that will."""

from datetime import datetime

from scale.domain.trigger_rule import TriggerRule as RuleDocument
from scale.domain.trigger_rule import parse_trigger_rule
from scale.errors import InvalidInput
from scale.models import TriggerEvent, TriggerRule, Workspace

ANONYMOUS = "Anonymous"


def record_user_event(*, user: str, now: datetime) -> TriggerEvent:
    """Record that a user asked for something (contract 1.1, 2.2)."""
    return TriggerEvent.objects.create(
        type="USER", occurred=now, description={"user": user or ANONYMOUS}
    )


def read_rule(raw: object) -> RuleDocument:
    """Read a rule whose workspace must exist (contract 3.9).

    Raises:
        InvalidInput: with every fault.
    """
    return parse_trigger_rule(raw, set(Workspace.objects.values_list("name", flat=True)))


def rule_document(rule: TriggerRule | None) -> RuleDocument | None:
    """Return a stored rule as the document it was made from."""
    if rule is None:
        return None
    return RuleDocument.model_validate(
        {"type": rule.type, "is_active": rule.is_active, "configuration": rule.configuration}
    )


def set_rule(
    current: TriggerRule | None, wanted: RuleDocument | None, *, name: str, now: datetime
) -> TriggerRule | None:
    """Put a rule into the place of the current one, or switch that on or off; return what holds.

    A rule that is replaced or removed is archived and kept: events refer to it as it was.

    Raises:
        InvalidInput: there is no rule to switch.
    """
    if wanted is not None and wanted.is_switch:
        if current is None:
            raise InvalidInput("trigger_rule: expected type and configuration, for there is none")
        current.is_active, current.last_modified = wanted.is_active, now
        current.save(update_fields=["is_active", "last_modified"])
        return current
    if current is not None:
        current.is_active, current.archived, current.last_modified = False, now, now
        current.save(update_fields=["is_active", "archived", "last_modified"])
    if wanted is None or wanted.configuration is None:
        return None
    return TriggerRule.objects.create(
        type=wanted.type or "",
        name=name,
        is_active=wanted.is_active,
        configuration=wanted.configuration.stored(),
        created=now,
        last_modified=now,
    )
