"""Reading what monitoring scrapes: a fixed number of statements, cheap on millions of rows."""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Max, Min, QuerySet

from scale.conf import conf
from scale.domain.lifecycle import ExecutionStatus
from scale.domain.times import now as present
from scale.models import JobExecution, JobLoad, JobType, Node, Scheduler
from scale.selectors.nodes import is_recent
from scale.selectors.queue import QueuedLane, list_queued

#: Finished executions are counted over this long: the whole table has millions.
FINISHED_WINDOW = timedelta(minutes=1)

Key = tuple[str, str, int]


@dataclass(frozen=True, slots=True)
class Measures:
    """The installation at one instant; ages are in seconds, None where there is nothing to age."""

    #: By type name, type version and lane.
    queued: dict[Key, int]
    running: dict[Key, int]
    #: By status and error category, the latter empty unless FAILED, over `FINISHED_WINDOW`.
    finished: dict[tuple[str, str], int]
    dispatched: int
    oldest_queued_age: float | None
    dispatch_lag: float
    lease_age: float | None
    sample_age: float | None
    turn_age: float | None
    broker_age: float | None
    is_paused: bool
    nodes: int
    nodes_online: int
    nodes_paused: int


def get_measures() -> Measures:
    """Return what monitoring watches.

    The cost grows with what is in the broker's window and what finished in the last minute, never
    with what is kept.
    """
    now = present()
    queued = list_queued(by_lane=True)
    running = list(_running())
    types = JobType.objects.only("name", "version", "is_paused", "max_scheduled").in_bulk(
        {row.job_type_id for row in queued} | {row["job_type"] for row in running}
    )
    scheduler = Scheduler.objects.get(pk=1)
    nodes = list(Node.objects.filter(is_active=True).only("last_offer", "is_paused"))
    lease_seconds = timedelta(seconds=conf().lease_seconds)
    first_to_expire = min((row["lease"] for row in running), default=None)
    return Measures(
        queued={_key(types[row.job_type_id], row.lane): row.count for row in queued if row.count},
        running={_key(types[row["job_type"]], row["lane"]): row["count"] for row in running},
        finished={
            (row["status"], row["category"] or ""): row["count"] for row in _finished(since=now)
        },
        dispatched=sum(row.published for row in queued),
        oldest_queued_age=_age(now, min((row.oldest for row in queued), default=None)),
        dispatch_lag=0.0
        if scheduler.is_paused
        else _age(now, _oldest_to_dispatch(queued, running, types)) or 0.0,
        lease_age=_age(now, first_to_expire and first_to_expire - lease_seconds),
        sample_age=_age(now, JobLoad.objects.aggregate(last=Max("measured"))["last"]),
        turn_age=_age(now, scheduler.last_turn),
        broker_age=_age(now, scheduler.broker_seen),
        is_paused=scheduler.is_paused,
        nodes=len(nodes),
        nodes_online=sum(is_recent(node.last_offer) for node in nodes),
        nodes_paused=sum(node.is_paused for node in nodes),
    )


def _running() -> QuerySet[Any, Any]:
    return (
        JobExecution.objects.filter(status=ExecutionStatus.RUNNING)
        .values("job_type", "lane")
        .annotate(count=Count("id"), lease=Min("lease_expires"))
        .order_by()
    )


def _finished(*, since: datetime) -> QuerySet[Any, Any]:
    # Along job_exe_last_modified: the executions of the window, whatever the table holds.
    return (
        JobExecution.objects.filter(last_modified__gt=since - FINISHED_WINDOW, ended__isnull=False)
        .values("status", category=F("error__category"))
        .annotate(count=Count("id"))
        .order_by()
    )


def _key(job_type: JobType, lane: int) -> Key:
    return job_type.name, job_type.version, lane


def _oldest_to_dispatch(
    queued: list[QueuedLane], running: list[dict[str, Any]], types: dict[int, JobType]
) -> datetime | None:
    """Return since when an execution waits that the feeder should have published.

    Not counted: paused types, types at their cap, and lanes whose window is more than half full,
    where waiting is a backlog and says nothing about dispatch.
    """
    under_way: dict[int, int] = defaultdict(int)
    lanes: dict[int, int] = defaultdict(int)
    for row in queued:
        under_way[row.job_type_id] += row.published
        lanes[row.lane] += row.published
    for counted in running:
        under_way[counted["job_type"]] += counted["count"]

    def may_be_fed(row: QueuedLane) -> bool:
        job_type = types[row.job_type_id]
        cap = job_type.max_scheduled
        return (
            not job_type.is_paused
            and (cap is None or under_way[job_type.pk] < cap)
            and lanes[row.lane] <= conf().window / 2
        )

    waiting = [row.oldest_outside for row in queued if row.oldest_outside and may_be_fed(row)]
    return min(waiting, default=None)


def _age(now: datetime, since: datetime | None) -> float | None:
    return None if since is None else max(0.0, (now - since).total_seconds())
