"""Worker hosts: registering, signs of life, pausing."""

import logging
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from scale.conf import conf
from scale.domain.times import now as present
from scale.errors import InvalidInput, NotFound
from scale.log import log_event
from scale.models import JobExecution, Node
from scale.postgresql.statements import run
from scale.services.scheduler import resumer

logger = logging.getLogger(__name__)


@transaction.atomic
def register_node(*, worker: str, disk_mib: float) -> Node:
    """Make this host known, or known again, as a node that runs `worker`; return it."""
    now = present()
    node, _ = Node.objects.update_or_create(
        hostname=conf().hostname,
        defaults={
            "slave_id": worker,
            "cpus": conf().node_cpus,
            "mem": conf().node_mem_mib,
            "disk": disk_mib,
            "last_offer": now,
        },
        create_defaults={
            "slave_id": worker,
            "cpus": conf().node_cpus,
            "mem": conf().node_mem_mib,
            "disk": disk_mib,
            "last_offer": now,
            "created": now,
            "last_modified": now,
        },
    )
    log_event(logger, "node_registered", node_id=node.pk, worker=worker)
    return node


def beat_node(*, node_id: int, disk_mib: float) -> bool:
    """Record a sign of life of a node; return whether it may start executions."""
    rows = run(
        """
        UPDATE node SET last_offer = %(now)s, disk = %(disk)s WHERE id = %(id)s
        RETURNING is_active AND NOT is_paused AS may_start
        """,
        {"now": present(), "disk": disk_mib, "id": node_id},
    )
    return bool(rows and rows[0]["may_start"])


@transaction.atomic
def edit_node(*, node_id: int, **changes: Any) -> Node:
    """Change a node's hostname, port, pause_reason, is_paused or is_active (contract 2.12).

    A user's pausing or unpausing ends an automatic pause; unpausing forgets the reason, even one
    sent along. Going out of service stamps `archived`, coming back clears it. A node that may
    start executions again gets some at once.

    Raises:
        NotFound: there is no such node.
        InvalidInput: the hostname is another node's.
    """
    node = Node.objects.select_for_update(no_key=True).filter(pk=node_id).first()
    if node is None:
        raise NotFound(f"There is no node {node_id}.")
    now = present()
    fields = {**changes, "last_modified": now}
    if "is_paused" in changes:
        fields["is_paused_errors"] = False
        if not changes["is_paused"]:
            fields["pause_reason"] = None
    if "is_active" in changes:
        fields["archived"] = None if changes["is_active"] else node.archived or now
    for name, value in fields.items():
        setattr(node, name, value)
    try:
        with transaction.atomic():
            node.save(update_fields=list(fields))
    except IntegrityError:
        raise InvalidInput(f"hostname: '{node.hostname}' is another node's") from None
    log_event(logger, "node_edited", node_id=node_id, fields=",".join(sorted(changes)))
    if node.is_active and not node.is_paused:
        resumer.ask_on_commit()
    return node


def pause_if_failing(*, execution_id: int, now: datetime) -> None:
    """Pause the node of a failed execution if too many failed so on it lately (contract 4.12)."""
    node_id = JobExecution.objects.values_list("node_id", flat=True).get(pk=execution_id)
    since = now - timedelta(seconds=conf().node_error_period_seconds)
    failures = JobExecution.objects.filter(
        node_id=node_id,
        status="FAILED",
        error__category="SYSTEM",
        last_modified__gte=since,
        job__status="FAILED",
    )[: conf().max_node_errors].count()
    if failures >= conf().max_node_errors:
        paused = Node.objects.filter(pk=node_id, is_paused=False).update(
            is_paused=True,
            is_paused_errors=True,
            pause_reason="Too many jobs failed here with a system error.",
            last_modified=now,
        )
        if paused:
            log_event(logger, "node_paused", logging.ERROR, node_id=node_id)
