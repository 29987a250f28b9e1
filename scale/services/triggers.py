"""Recording what caused work, and the rules that will."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from scale.domain.trigger_rule import TriggerRule as RuleDocument
from scale.domain.trigger_rule import parse_trigger_rule
from scale.errors import InvalidInput
from scale.models import TriggerEvent, TriggerRule, Workspace

ANONYMOUS = "Anonymous"


def user_event(*, user: str, now: datetime) -> TriggerEvent:
    """Return the unsaved record that a user asked for something (contract 1.1, 2.2)."""
    return TriggerEvent(type="USER", occurred=now, description={"user": user or ANONYMOUS})


def record_user_event(*, user: str, now: datetime) -> TriggerEvent:
    """Record that a user asked for something."""
    event = user_event(user=user, now=now)
    TriggerEvent.objects.bulk_create([event])
    return event


@dataclass(frozen=True, slots=True)
class RuleChange:
    """What a request says about the rule of a job type or recipe type."""

    current: TriggerRule | None
    #: Whether the request says anything about it.
    is_given: bool = False
    #: None removes the current rule.
    wanted: RuleDocument | None = None

    @property
    def in_force(self) -> RuleDocument | None:
        """Return the rule that would hold afterwards."""
        if self.is_given and not (self.wanted and self.wanted.is_switch):
            return self.wanted
        if self.current is None:
            return None
        stored = {"type": self.current.type, "configuration": self.current.configuration}
        return RuleDocument.model_validate(stored)

    def apply(self, *, name: str, now: datetime) -> TriggerRule | None:
        """Make the change, and return the rule that holds now.

        A rule that is replaced or removed is archived and kept: events refer to it as it was.
        """
        if not self.is_given:
            return self.current
        if self.current is not None:
            self._change_current(self.current, now=now)
        if self.wanted is None or self.wanted.configuration is None:
            return self.current if self.wanted else None
        return TriggerRule.objects.create(
            type=self.wanted.type or "",
            name=name,
            is_active=self.wanted.is_active,
            configuration=self.wanted.configuration.stored(),
            created=now,
            last_modified=now,
        )

    def _change_current(self, current: TriggerRule, *, now: datetime) -> None:
        current.last_modified = now
        if self.wanted is not None and self.wanted.is_switch:
            current.is_active = self.wanted.is_active
        else:
            current.is_active, current.archived = False, now
        current.save(update_fields=["is_active", "archived", "last_modified"])


def read_rule_change(changes: Mapping[str, Any], current: TriggerRule | None) -> RuleChange:
    """Read `trigger_rule` of a request, if it is there; its workspace must exist (contract 3.9).

    Raises:
        InvalidInput: with every fault.
    """
    if "trigger_rule" not in changes:
        return RuleChange(current)
    if changes["trigger_rule"] is None:
        return RuleChange(current, is_given=True)
    workspaces = set(Workspace.objects.values_list("name", flat=True))
    wanted = parse_trigger_rule(changes["trigger_rule"], workspaces)
    if wanted.is_switch and current is None:
        raise InvalidInput("trigger_rule: expected type and configuration, for there is no rule")
    return RuleChange(current, is_given=True, wanted=wanted)
