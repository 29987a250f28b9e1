"""Making and editing job types (contract 2.4)."""

import logging
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from scale.domain.error_mapping import ErrorMapping, parse_error_mapping
from scale.domain.interface import Interface, parse_interface
from scale.domain.times import now as present
from scale.domain.trigger_rule import job_rule_faults, rule_warnings
from scale.errors import InvalidInput, NotFound
from scale.log import log_event
from scale.models import Error, JobType, JobTypeRevision
from scale.services.definitions import Warnings, lock_definitions, user_faults, user_warnings
from scale.services.faults import Faults, refuse_taken
from scale.services.feed import feeder, withdraw
from scale.services.triggers import RuleChange, read_rule_change

logger = logging.getLogger(__name__)

#: Columns that a client sets as they are.
PLAIN = (
    "title",
    "description",
    "category",
    "author_name",
    "author_url",
    "icon_code",
    "docker_image",
    "docker_privileged",
    "is_operational",
    "priority",
    "max_scheduled",
    "timeout",
    "max_tries",
    "cpus_required",
    "mem_required",
    "disk_out_const_required",
    "disk_out_mult_required",
)


@transaction.atomic
def create_job_type(
    *,
    name: str,
    version: str,
    is_paused: bool = False,
    is_active: bool = True,
    **fields: Any,
) -> JobType:
    """Make a job type with its first revision.

    `fields` are `interface`, and optionally `error_mapping`, `trigger_rule` and those in `PLAIN`.

    Raises:
        InvalidInput: name and version are taken, or a document is not valid.
    """
    now = present()
    documents = _read_documents({"error_mapping": {}, **fields})
    with refuse_taken(job_type_name_version=f"version: '{name}' '{version}' exists already"):
        job_type = JobType.objects.create(
            name=name,
            version=version,
            **documents.columns(),
            trigger_rule=documents.rule.apply(name=name, now=now),
            is_paused=is_paused,
            paused=now if is_paused else None,
            is_active=is_active,
            archived=None if is_active else now,
            created=now,
            last_modified=now,
            **{column: fields[column] for column in PLAIN if column in fields},
        )
    _revise(job_type, now=now)
    log_event(logger, "job_type_created", job_type_id=job_type.pk)
    return job_type


@transaction.atomic
def edit_job_type(job_type_id: int, **changes: Any) -> JobType:
    """Change of a job type what is given, by the names of `create_job_type`.

    A new interface makes a new revision; jobs keep theirs. What waits is withdrawn from the broker
    when the type is paused, and offered again when it is let go or its cap changes.

    Raises:
        NotFound: there is none with this id.
        InvalidInput: it is built in, a document is not valid, or a recipe type that uses it would
            not stay valid.
    """
    if "interface" in changes:
        lock_definitions()
    job_type = _lock(job_type_id)
    now = present()
    documents = _read_documents(changes, job_type)
    columns = {column: changes[column] for column in PLAIN if column in changes}
    columns |= documents.columns()
    columns |= {"trigger_rule": documents.rule.apply(name=job_type.name, now=now)}
    columns |= _switches(job_type, changes, now=now) | {"last_modified": now}
    if documents.interface:
        columns["revision_num"] = job_type.revision_num + 1
    for column, value in columns.items():
        setattr(job_type, column, value)
    job_type.save(update_fields=columns)
    if documents.interface:
        _revise(job_type, now=now)
    if changes.get("is_paused"):
        withdraw(job_type.pk)
    elif "is_paused" in changes or "max_scheduled" in changes:
        feeder.ask_on_commit()
    log_event(logger, "job_type_edited", job_type_id=job_type.pk, changes=",".join(changes))
    return job_type


def validate_job_type(*, name: str, version: str, interface: object, **fields: Any) -> Warnings:
    """Check a job type without making it, or as a change of the one that exists.

    Returns the warnings.

    Raises:
        InvalidInput: a document is not valid, or a recipe type would not stay valid.
    """
    rule = _read_documents({"interface": interface, **fields}).rule.in_force
    checked = parse_interface(interface)
    key = (name, version)
    faults = user_faults(key, checked)
    if faults:
        raise InvalidInput(faults)
    warnings = rule_warnings(rule, checked.inputs) if rule else []
    return [*warnings, *user_warnings(key, checked)]


@dataclass(frozen=True, slots=True)
class _Documents:
    """The documents of a request, checked; those that it does not change are None."""

    interface: Interface | None
    error_mapping: ErrorMapping | None
    rule: RuleChange

    def columns(self) -> dict[str, Any]:
        documents = {"interface": self.interface, "error_mapping": self.error_mapping}
        return {name: document.stored() for name, document in documents.items() if document}


def _read_documents(fields: dict[str, Any], job_type: JobType | None = None) -> _Documents:
    faults = Faults()
    interface = mapping = None
    if "interface" in fields:
        interface = faults.attempt(parse_interface, fields["interface"])
    if "error_mapping" in fields:
        known = set(Error.objects.values_list("name", flat=True))
        mapping = faults.attempt(parse_error_mapping, fields["error_mapping"], known)
    current = job_type.trigger_rule if job_type else None
    rule = faults.attempt(read_rule_change, fields, current) or RuleChange(current)
    if job_type and interface:
        faults += user_faults((job_type.name, job_type.version), interface)
    in_force = interface
    if job_type and "interface" not in fields:
        in_force = Interface.model_validate(job_type.interface)
    if rule.in_force and in_force:
        faults += job_rule_faults(rule.in_force, in_force)
    faults.refuse()
    return _Documents(interface, mapping, rule)


def _lock(job_type_id: int) -> JobType:
    locked = JobType.objects.select_for_update(no_key=True, of=("self",))
    job_type = locked.select_related("trigger_rule").filter(pk=job_type_id).first()
    if job_type is None:
        raise NotFound(f"There is no job type {job_type_id}.")
    if job_type.is_system:
        raise InvalidInput(f"job type {job_type_id} is built in and cannot be edited")
    return job_type


def _switches(job_type: JobType, changes: dict[str, Any], *, now: datetime) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    is_paused, is_active = changes.get("is_paused"), changes.get("is_active")
    if is_paused is not None and is_paused != job_type.is_paused:
        columns |= {"is_paused": is_paused, "paused": now if is_paused else None}
    if is_active is not None and is_active != job_type.is_active:
        columns |= {"is_active": is_active, "archived": None if is_active else now}
    return columns


def _revise(job_type: JobType, *, now: datetime) -> None:
    JobTypeRevision.objects.create(
        job_type=job_type,
        revision_num=job_type.revision_num,
        interface=job_type.interface,
        created=now,
    )
