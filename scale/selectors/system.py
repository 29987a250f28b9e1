"""Reading the state of the installation."""

from collections.abc import Sequence
from dataclasses import dataclass

from scale.domain.lifecycle import ExecutionStatus, JobStatus
from scale.models import JobExecution, Node, Scheduler
from scale.selectors.job_counts import count_jobs
from scale.selectors.nodes import Resources, is_recent, sum_scheduled


@dataclass(frozen=True, slots=True)
class SystemStatus:
    """What the installation has, and whether its parts answer (contract 2.13)."""

    scheduler: Scheduler
    queue_depth: int
    total: Resources
    scheduled: Resources

    @property
    def is_broker_online(self) -> bool:
        """Tell whether the broker answered the dispatcher lately."""
        return is_recent(self.scheduler.broker_seen)

    @property
    def is_scheduler_online(self) -> bool:
        """Tell whether the dispatcher took its turn lately."""
        return is_recent(self.scheduler.last_turn)


def check_database() -> None:
    """Ask the database something; raises Django's OperationalError if it is away."""
    Scheduler.objects.filter(pk=1).exists()


def get_scheduler() -> Scheduler:
    """Return the scheduler's switch."""
    return Scheduler.objects.get(pk=1)


def get_system_status() -> SystemStatus:
    """Return the state of dispatch, of the queue and of the nodes that are online."""
    nodes = [node for node in Node.objects.filter(is_active=True) if is_recent(node.last_offer)]
    running = JobExecution.objects.filter(status=ExecutionStatus.RUNNING)
    return SystemStatus(
        scheduler=get_scheduler(),
        queue_depth=count_jobs(status=JobStatus.QUEUED) or 0,
        total=_sum_nodes(nodes),
        scheduled=sum_scheduled(
            running.only(
                "cpus_scheduled", "mem_scheduled", "disk_in_scheduled", "disk_out_scheduled"
            )
        ),
    )


def _sum_nodes(nodes: Sequence[Node]) -> Resources:
    return Resources(
        cpus=sum(node.cpus for node in nodes),
        mem=sum(node.mem for node in nodes),
        disk=sum(node.disk for node in nodes),
    )
