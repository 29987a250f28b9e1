"""Reading nodes, and what they do."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, F, Max, QuerySet

from scale.conf import conf
from scale.domain.lifecycle import ExecutionStatus
from scale.domain.times import now
from scale.errors import NotFound
from scale.models import JobExecution, Node, Scheduler
from scale.selectors.executions import list_running_executions
from scale.selectors.filters import narrow


@dataclass(frozen=True, slots=True)
class Resources:
    """CPUs, and memory and disk in MiB."""

    cpus: float = 0.0
    mem: float = 0.0
    disk: float = 0.0


@dataclass
class NodeDetails:
    """A node and what runs on it."""

    node: Node
    running: Sequence[JobExecution] = ()

    @property
    def is_online(self) -> bool:
        """Tell whether the node gave a sign of life lately."""
        return is_recent(self.node.last_offer)

    @property
    def total(self) -> Resources:
        """Return what the node has."""
        return Resources(self.node.cpus, self.node.mem, self.node.disk)

    @property
    def scheduled(self) -> Resources:
        """Return what its running executions were promised."""
        return sum_scheduled(self.running)


@dataclass
class NodeStatus(NodeDetails):
    """A node with how its executions went lately."""

    #: Each with status, count, most_recent, and category for failures.
    counts: list[dict[str, Any]] = field(default_factory=list)


def is_recent(sign_of_life: datetime | None) -> bool:
    """Tell whether a sign of life is young enough for its giver to count as online."""
    limit = timedelta(seconds=conf().lease_seconds)
    return sign_of_life is not None and sign_of_life >= now() - limit


def sum_scheduled(executions: Iterable[JobExecution]) -> Resources:
    """Return what these executions were promised together."""
    executions = list(executions)
    return Resources(
        cpus=sum(e.cpus_scheduled or 0 for e in executions),
        mem=sum(e.mem_scheduled or 0 for e in executions),
        disk=sum((e.disk_in_scheduled or 0) + (e.disk_out_scheduled or 0) for e in executions),
    )


def list_nodes(
    *,
    started: datetime | None = None,
    ended: datetime | None = None,
    include_inactive: bool = False,
) -> QuerySet[Node]:
    """Return nodes by last_modified between started and ended, those in service only (2.12)."""
    return narrow(
        Node.objects.all(),
        last_modified__gte=started,
        last_modified__lte=ended,
        is_active=None if include_inactive else True,
    )


def get_node_details(node_id: int) -> NodeDetails:
    """Return a node with what runs on it.

    Raises:
        NotFound: there is no such node.
    """
    node = Node.objects.filter(pk=node_id).first()
    if node is None:
        raise NotFound(f"There is no node {node_id}.")
    return NodeDetails(node, list(list_running_executions([node_id])))


def has_work(node_id: int) -> bool:
    """Tell whether something waits in the broker's window that a node may start.

    Caps are not looked at: a message for a capped type is received all the same.
    """
    node = Node.objects.get(pk=node_id)
    if Scheduler.objects.filter(is_paused=True).exists():
        return False
    return JobExecution.objects.filter(
        status=ExecutionStatus.QUEUED,
        dispatched__isnull=False,
        job_type__is_paused=False,
        job__cpus_required__lte=node.cpus,
        job__mem_required__lte=node.mem,
    ).exists()


def describe_nodes(
    nodes: Sequence[Node], *, started: datetime, ended: datetime | None
) -> list[NodeStatus]:
    """Return for each node what runs on it, and how its executions of a time range went."""
    status = {node.pk: NodeStatus(node) for node in nodes}
    running: dict[int | None, list[JobExecution]] = defaultdict(list)
    for execution in list_running_executions(status):
        running[execution.node_id].append(execution)
    for row in _count_executions(status, started=started, ended=ended):
        status[row.pop("node_id")].counts.append(row)
    for node_id, node_status in status.items():
        node_status.running = running[node_id]
    return list(status.values())


def _count_executions(
    node_ids: Iterable[int], *, started: datetime, ended: datetime | None
) -> QuerySet[Any, Any]:
    lately = narrow(
        JobExecution.objects.filter(node__in=list(node_ids)),
        last_modified__gte=started,
        last_modified__lte=ended,
    )
    return (
        lately.values("node_id", "status", category=F("error__category"))
        .annotate(count=Count("id"), most_recent=Max("last_modified"))
        .order_by("node_id", "status", "category")
    )
