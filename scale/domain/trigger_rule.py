"""Trigger rules: which new source files start a job or a recipe by themselves (contract 3.9)."""

from collections.abc import Collection, Mapping
from typing import Annotated, Literal

from scale.domain.definition import Definition
from scale.domain.documents import NOT_NULL, ClosedDocument, parse_document
from scale.domain.interface import Input, Interface
from scale.domain.media_types import UNKNOWN
from scale.errors import InvalidInput


class Condition(ClosedDocument):
    """What a file must be for the rule to fire."""

    #: Empty means any.
    media_type: str = ""
    #: The file must have all these tags.
    data_types: list[str] = []


class RuleData(ClosedDocument):
    """Where the file goes in and where the outputs go."""

    input_data_name: str
    workspace_name: str


class RuleConfiguration(ClosedDocument):
    """When a rule fires and what it feeds."""

    version: Literal["1.0"] = "1.0"
    condition: Condition = Condition()
    data: RuleData

    def matches(self, media_type: str, data_types: Collection[str]) -> bool:
        """Tell whether a file of this media type with these tags makes the rule fire."""
        wanted = self.condition
        return wanted.media_type in ("", media_type) and set(wanted.data_types) <= set(data_types)


class TriggerRule(ClosedDocument):
    """A rule; one without type and configuration only switches an existing rule on or off."""

    type: Annotated[Literal["PARSE", "INGEST"] | None, NOT_NULL] = None
    is_active: bool = True
    configuration: Annotated[RuleConfiguration | None, NOT_NULL] = None

    @property
    def is_switch(self) -> bool:
        """Tell whether only `is_active` was given."""
        return self.configuration is None


def parse_trigger_rule(
    raw: object, known_workspaces: Collection[str], path: str = "trigger_rule"
) -> TriggerRule:
    """Read a trigger rule (contract 3.9).

    Raises:
        InvalidInput: with every fault.
    """
    rule = parse_document(TriggerRule, raw, path)
    faults = []
    if (rule.type is None) != (rule.configuration is None):
        faults.append(f"{path}: expected type and configuration together")
    if not rule.model_fields_set:
        faults.append(f"{path}: expected type and configuration, or is_active alone")
    if rule.configuration and rule.configuration.data.workspace_name not in known_workspaces:
        name = rule.configuration.data.workspace_name
        faults.append(f"{path}.configuration.data.workspace_name: no workspace '{name}'")
    if faults:
        raise InvalidInput(faults)
    return rule


def job_rule_faults(
    rule: TriggerRule, interface: Interface, path: str = "trigger_rule"
) -> list[str]:
    """Check that one file makes complete data for a job with this interface."""
    return _faults(rule, interface.inputs, path)


def recipe_rule_faults(
    rule: TriggerRule, definition: Definition, path: str = "trigger_rule"
) -> list[str]:
    """Check that one file makes complete data for a recipe with this definition."""
    return _faults(rule, definition.inputs, path)


def rule_warnings(rule: TriggerRule, inputs: Mapping[str, Input]) -> list[dict[str, str]]:
    """Warn where the files that fire the rule are not of a media type that the input lists."""
    if rule.configuration is None:
        return []
    target = inputs.get(rule.configuration.data.input_data_name)
    media_type = rule.configuration.condition.media_type or UNKNOWN
    if target is None or not target.media_types or media_type in target.media_types:
        return []
    return [{"id": "media_type", "details": f"trigger_rule: '{target.name}' takes no {media_type}"}]


def _faults(rule: TriggerRule, inputs: Mapping[str, Input], path: str) -> list[str]:
    if rule.configuration is None:
        return []
    name = rule.configuration.data.input_data_name
    at = f"{path}.configuration.data.input_data_name"
    target = inputs.get(name)
    faults = []
    if target is None:
        faults.append(f"{at}: no input '{name}'")
    elif target.type == "property":
        faults.append(f"{at}: '{name}' takes no file")
    faults += [
        f"{at}: required input '{other.name}' would be left open"
        for other in inputs.values()
        if other.required and other.name != name
    ]
    return faults
