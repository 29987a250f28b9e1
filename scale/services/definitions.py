"""Keeping the definitions of recipe types in step with the interfaces of their job types."""

from collections.abc import Iterable

from scale.domain.definition import (
    Definition,
    definition_faults,
    definition_warnings,
    parse_definition,
)
from scale.domain.interface import Interface
from scale.errors import InvalidInput
from scale.models import RecipeType
from scale.postgresql.statements import run
from scale.selectors.job_types import find_interfaces
from scale.selectors.recipe_types import list_users

Warnings = list[dict[str, str]]

_LOCK = 0x5CA1F


def lock_definitions() -> None:
    """Let one transaction at a time change interfaces and definitions; the first lock it takes.

    Two edits, each valid beside what the other replaces, would together leave a recipe type that
    is not.
    """
    run("SELECT pg_advisory_xact_lock(%(key)s)", {"key": _LOCK})


def read_definition(raw: object) -> Definition:
    """Read a definition and check all its rules, R1 to R10 (contract 3.6).

    Raises:
        InvalidInput: with every fault.
    """
    definition = parse_definition(raw)
    faults = definition_faults(definition, find_interfaces(definition.job_types))
    if faults:
        raise InvalidInput(faults)
    return definition


def warn_of_definition(definition: Definition) -> Warnings:
    """Return the warnings about a valid definition (contract 3.6)."""
    return definition_warnings(definition, find_interfaces(definition.job_types))


def user_faults(job_type: tuple[str, str], interface: Interface) -> list[str]:
    """Name what a new interface would break in the recipe types that use the job type."""
    return [
        f"interface: recipe type '{user.name}' version '{user.version}' would be broken: {fault}"
        for user, definition, interfaces in _users(job_type, interface)
        for fault in definition_faults(definition, interfaces)
    ]


def user_warnings(job_type: tuple[str, str], interface: Interface) -> Warnings:
    """Return the warnings about the recipe types that use a job type with a new interface."""
    return [
        warning | {"details": f"recipe type '{user.name}' '{user.version}': {warning['details']}"}
        for user, definition, interfaces in _users(job_type, interface)
        for warning in definition_warnings(definition, interfaces)
    ]


def _users(
    job_type: tuple[str, str], interface: Interface
) -> Iterable[tuple[RecipeType, Definition, dict[tuple[str, str], Interface]]]:
    users = [(user, Definition.model_validate(user.definition)) for user in list_users(job_type)]
    keys = {key for _, definition in users for key in definition.job_types}
    interfaces = find_interfaces(keys) | {job_type: interface}
    return [(user, definition, interfaces) for user, definition in users]
