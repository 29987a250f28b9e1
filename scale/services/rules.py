"""Firing trigger rules: new and parsed sources queue jobs and recipes by themselves (3.9)."""

import logging
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from scale.domain.job_data import check_job_data
from scale.domain.trigger_rule import RuleConfiguration
from scale.errors import InvalidInput
from scale.log import log_event
from scale.models import JobType, RecipeType, ScaleFile, TriggerEvent, TriggerRule, Workspace
from scale.selectors.job_types import load_interface
from scale.services.jobs import References, current_revision, queue_job
from scale.services.recipes import start_recipe

logger = logging.getLogger(__name__)

#: A file that is uploaded is as good as parsed for the rules, for nobody may ever parse it.
ON_UPLOAD = ("INGEST", "PARSE")
ON_PARSE = ("PARSE",)


def fire_upload_rules(source: ScaleFile, *, now: datetime) -> None:
    """Queue what the rules want done with a new source, in the caller's transaction."""
    _fire([source], ON_UPLOAD, now=now)


def fire_parse_rules(file_ids: Collection[int], *, now: datetime) -> None:
    """Queue what the rules want done with parsed sources, in the caller's transaction."""
    if file_ids:
        _fire(ScaleFile.objects.filter(pk__in=file_ids).order_by("id"), ON_PARSE, now=now)


def matching_rules(source: ScaleFile, types: Collection[str]) -> list[TriggerRule]:
    """Return the active rules of these types that a source matches and has not fired yet.

    A rule fires once for a file: else a rule whose job parses the file would fire itself for ever.
    """
    fired = TriggerEvent.objects.filter(rule__isnull=False, description__file_id=source.pk)
    rules = TriggerRule.objects.filter(
        Q(jobtype__is_active=True) | Q(recipetype__is_active=True),
        type__in=types,
        is_active=True,
        archived__isnull=True,
    )
    return [
        rule
        for rule in rules.exclude(pk__in=fired.values("rule")).order_by("id")
        if _configuration(rule).matches(source.media_type, source.data_type)
    ]


def _fire(sources: Iterable[ScaleFile], types: Collection[str], *, now: datetime) -> None:
    for source in sources:
        for rule in matching_rules(source, types):
            try:
                with transaction.atomic():
                    _queue(rule, source, now=now)
            except InvalidInput as exc:
                # What makes it impossible, such as a workspace out of use, is not the source's
                # fault: it is taken all the same.
                log_event(
                    logger,
                    "rule_failed",
                    logging.WARNING,
                    rule_id=rule.pk,
                    file_id=source.pk,
                    reason=repr(str(exc)),
                )


def _queue(rule: TriggerRule, source: ScaleFile, *, now: datetime) -> None:
    configuration = _configuration(rule)
    owners = Q(trigger_rule=rule, is_active=True)
    given = [{"name": configuration.data.input_data_name, "file_id": source.pk}]
    workspace_id = _workspace_id(configuration.data.workspace_name)
    event = _record(rule, source, now=now)
    for job_type in JobType.objects.defer("interface", "error_mapping").filter(owners):
        _queue_job(job_type, given, workspace_id, event=event, now=now)
    for recipe_type in RecipeType.objects.defer("definition").filter(owners):
        data = {"version": "1.0", "input_data": given, "workspace_id": workspace_id}
        start_recipe(recipe_type=recipe_type, recipe_data=data, event=event, now=now)
    log_event(logger, "rule_fired", rule_id=rule.pk, file_id=source.pk)


def _queue_job(
    job_type: JobType,
    given: list[dict[str, Any]],
    workspace_id: int,
    *,
    event: TriggerEvent,
    now: datetime,
) -> None:
    revision = current_revision(job_type)
    interface = load_interface(revision.pk)
    outputs = [{"name": name, "workspace_id": workspace_id} for name in interface.outputs]
    raw = {"version": "1.0", "input_data": given, "output_data": outputs}
    data = check_job_data(raw, interface, lookup=References())
    queue_job(job_type=job_type, revision=revision, data=data, event=event, now=now)


def _record(rule: TriggerRule, source: ScaleFile, *, now: datetime) -> TriggerEvent:
    return TriggerEvent.objects.create(
        type=rule.type,
        rule=rule,
        occurred=now,
        description={
            "version": "1.0",
            "file_name": source.file_name,
            "file_id": source.pk,
            "parse_id": source.pk,
        },
    )


def _workspace_id(name: str) -> int:
    return Workspace.objects.values_list("pk", flat=True).get(name=name)


def _configuration(rule: TriggerRule) -> RuleConfiguration:
    return RuleConfiguration.model_validate(rule.configuration)
