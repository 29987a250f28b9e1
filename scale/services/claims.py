"""Claiming executions: becoming the owner of what waits."""

import json
import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import OperationalError, transaction

from scale.domain.times import now as present
from scale.log import log_event
from scale.postgresql.statements import Row, is_held
from scale.services.transitions import over_cap, start_next, start_uncapped

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Claim:
    """An execution that the caller owns, with what running it takes."""

    execution_id: int
    job_id: int
    exe_num: int
    #: Seconds from `started`; 0 is no limit.
    timeout: int
    started: datetime
    worker: str
    job_type_id: int
    type_name: str
    type_version: str
    revision_id: int
    data: Row
    docker_image: str | None
    docker_privileged: bool
    is_operational: bool
    recipe_id: int | None
    #: Whether its type limits how many run at once.
    is_capped: bool

    @property
    def has_input_files(self) -> bool:
        """Tell whether its data names files."""
        given = self.data.get("input_data", ())
        return any("file_id" in item or "file_ids" in item for item in given)


@dataclass(frozen=True, slots=True)
class Claims:
    """What a claim came to."""

    claims: list[Claim]
    #: Whether another claim may find more.
    is_more: bool
    #: Whether the node may start executions at all: it is in service and not paused.
    may_start: bool


class _NotNow(Exception):
    """What was started of a capped type must be undone: it is one too many."""


#: How often a claim begins anew when others have taken the last places below a cap.
_RACES = 3


def claim_executions(
    *, count: int, node_id: int, worker: str, named: Collection[int] = ()
) -> Claims:
    """Take up to `count` executions that wait, the most urgent first (P2, P4).

    What messages name counts as waiting even if it was not fed yet. Passed over is what is taken,
    canceled, paused, at its cap or too large. Whoever gets a claim is the only one who can end the
    execution. One of a type with a cap comes alone: what one call takes is taken by one commit.

    Raises:
        OperationalError: the database is away, or somebody holds on to what a claim needs.
    """
    now = present()
    wanted: dict[str, Any] = {"named": named, "node_id": node_id, "worker": worker, "now": now}
    for _ in range(_RACES):
        found = start_uncapped(count=count, **wanted)
        if found.rows or not found.has_capped:
            break
        try:
            row = _start_capped(**wanted)
        except _NotNow:
            continue
        except OperationalError as exc:
            if not is_held(exc):
                raise
            # Whoever edits the type holds up the type, and nothing else.
            found = start_uncapped(count=count, past_capped=True, **wanted)
            break
        if row is not None:
            return Claims([_claim(row, worker, now)], True, found.may_start)
    claims = [_claim(row, worker, now) for row in found.rows]
    return Claims(claims, bool(claims) and found.is_more, found.may_start)


def _start_capped(**wanted: Any) -> Row | None:
    with transaction.atomic(durable=True):
        row = start_next(**wanted)
        if row and row["max_scheduled"] is not None and over_cap(row["job_type_id"]):
            raise _NotNow
    return row


def _claim(row: Row, worker: str, now: datetime) -> Claim:
    log_event(logger, "execution_claimed", job_id=row["job_id"], execution_id=row["execution_id"])
    return Claim(
        execution_id=row["execution_id"],
        job_id=row["job_id"],
        exe_num=row["exe_num"],
        timeout=row["timeout"],
        started=now,
        worker=worker,
        job_type_id=row["job_type_id"],
        type_name=row["type_name"],
        type_version=row["type_version"],
        revision_id=row["job_type_rev_id"],
        data=json.loads(row["data"]),
        docker_image=row["docker_image"],
        docker_privileged=row["docker_privileged"],
        is_operational=row["is_operational"],
        recipe_id=row["recipe_id"],
        is_capped=row["max_scheduled"] is not None,
    )
