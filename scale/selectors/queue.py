"""Reading the queue: the executions with status QUEUED."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from scale.models import JobType
from scale.postgresql.statements import run_along_indexes


@dataclass(frozen=True, slots=True)
class QueuedType:
    """What is queued of a job type."""

    count: int
    longest_queued: datetime
    job_type_name: str
    job_type_version: str
    #: The smallest number: lower is more urgent.
    highest_priority: int
    is_job_type_paused: bool


@dataclass(frozen=True, slots=True)
class QueuedLane:
    """What is queued of a job type in a lane."""

    job_type_id: int
    lane: int
    #: The smallest number: lower is more urgent.
    highest_priority: int
    oldest: datetime
    #: The oldest of those that wait outside the broker's window, if any do.
    oldest_outside: datetime | None
    #: How many wait in the window.
    published: int
    #: How many wait in all; None if that was not asked for.
    count: int | None
    #: How many wait of the type, in all lanes.
    count_of_type: int


# Of what waits outside the window, which may be a million, this goes from the first of a type, lane
# and priority to the first of the next.
_FIRSTS = """
    SELECT job_type_id, lane, min(priority) AS highest, min(queued) AS oldest,
        NULL::bigint AS count, max(place) AS steps
    FROM first_of GROUP BY job_type_id, lane
"""
# Each row is read: for a queue that has more priorities than are worth the steps.
_ROWS = """
    SELECT job_type_id, lane, min(priority) AS highest, min(queued) AS oldest,
        count(*) AS count, 0 AS steps
    FROM job_exe WHERE status = 'QUEUED' AND dispatched IS NULL GROUP BY job_type_id, lane
"""
# How many wait of a type is counted already (docs/decisions/0021). So rows are counted only where a
# type waits in several lanes and these are to be told apart.
_QUEUE = """
WITH RECURSIVE first_of AS (
    (SELECT job_type_id, lane, priority, queued, 1 AS place FROM job_exe
    WHERE status = 'QUEUED' AND dispatched IS NULL
    ORDER BY job_type_id, lane, priority, queued, id LIMIT 1)
    UNION ALL
    SELECT next.*, f.place + 1 FROM first_of f CROSS JOIN LATERAL (
        SELECT job_type_id, lane, priority, queued FROM job_exe
        WHERE status = 'QUEUED' AND dispatched IS NULL
            AND (job_type_id, lane, priority) > (f.job_type_id, f.lane, f.priority)
        ORDER BY job_type_id, lane, priority, queued, id LIMIT 1) next
    WHERE f.place < %(steps)s
), outside AS MATERIALIZED ({outside}), inside AS MATERIALIZED (
    SELECT job_type_id, lane, min(priority) AS highest, min(queued) AS oldest, count(*) AS count
    FROM (
        SELECT job_type_id, lane, priority, queued FROM job_exe
        WHERE status = 'QUEUED' AND dispatched IS NOT NULL ORDER BY priority, queued, id OFFSET 0
    ) claimable
    GROUP BY job_type_id, lane
), counted AS (
    SELECT job_type_id, sum(jobs)::bigint AS count FROM job_count WHERE status = 'QUEUED'
    GROUP BY job_type_id
)
SELECT job_type_id, lane, least(o.highest, i.highest) AS highest_priority,
    least(o.oldest, i.oldest) AS oldest, o.oldest AS oldest_outside,
    coalesce(i.count, 0) AS published, coalesce(c.count, 0) AS count_of_type,
    CASE WHEN %(by_lane)s THEN coalesce(i.count, 0) + CASE
        WHEN o.job_type_id IS NULL THEN 0
        WHEN o.count IS NOT NULL THEN o.count
        WHEN (SELECT count(*) FROM outside x WHERE x.job_type_id = o.job_type_id) = 1
        THEN coalesce(c.count, 0) - coalesce(
            (SELECT sum(x.count) FROM inside x WHERE x.job_type_id = o.job_type_id), 0)::bigint
        ELSE (SELECT count(*) FROM job_exe e
            WHERE e.job_type_id = o.job_type_id AND e.lane = o.lane
                AND e.status = 'QUEUED' AND e.dispatched IS NULL)
    END END AS count,
    coalesce(o.steps, 0) AS steps
FROM outside o FULL JOIN inside i USING (job_type_id, lane) LEFT JOIN counted c USING (job_type_id)
"""

#: So many types, lanes and priorities are gone through, which takes some milliseconds.
STEPS = 1000


def list_queued(*, by_lane: bool) -> list[QueuedLane]:
    """Return what waits, in no order; `by_lane`, with how much that is in each lane.

    The cost does not grow with how many wait, but for a type in several lanes that are counted.
    """
    for outside in (_FIRSTS, _ROWS):
        rows = run_along_indexes(
            _QUEUE.format(outside=outside), {"steps": STEPS, "by_lane": by_lane}
        )
        steps = [row.pop("steps") for row in rows]
        if max(steps, default=0) < STEPS:
            break
    return [QueuedLane(**row) for row in rows]


def list_queue_status() -> list[QueuedType]:
    """Return what is queued per job type, in the order of 2.3.2: what starts next comes first."""
    lanes: dict[int, list[QueuedLane]] = defaultdict(list)
    for lane in list_queued(by_lane=False):
        lanes[lane.job_type_id].append(lane)
    types = JobType.objects.only("name", "version", "is_paused").in_bulk(lanes)
    return sorted(
        (_together(types[job_type_id], rows) for job_type_id, rows in lanes.items()),
        key=lambda row: (
            row.is_job_type_paused,
            row.highest_priority,
            row.longest_queued,
            row.job_type_name,
            row.job_type_version,
        ),
    )


def _together(job_type: JobType, lanes: Iterable[QueuedLane]) -> QueuedType:
    return QueuedType(
        count=max(lane.count_of_type for lane in lanes),
        longest_queued=min(lane.oldest for lane in lanes),
        job_type_name=job_type.name,
        job_type_version=job_type.version,
        highest_priority=min(lane.highest_priority for lane in lanes),
        is_job_type_paused=job_type.is_paused,
    )
