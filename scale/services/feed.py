"""Deciding which executions have a message in the broker, and ringing for those that lost theirs.

The broker holds a bounded window of messages per lane. `feed` moves waiting executions into it in
(priority, queued) order; `ring_missing` counts what waits against what the broker still holds.
"""

import logging
from collections.abc import Iterable

from django.db import transaction

from scale.conf import conf
from scale.dispatch import Follower, Ring, broker
from scale.domain.times import now
from scale.log import log_event
from scale.postgresql.statements import GO_ALONG_INDEXES, run

logger = logging.getLogger(__name__)

# What waits is looked at per type and lane, and not at all where the lane is full: a million
# executions of a paused type, or behind a full window, cost one look at the index. Of a type and
# lane no more are read than the lane has room for. No index is made for a status with something
# behind it: rows that are picked are found by their ids.
FEED = """
WITH RECURSIVE room AS MATERIALIZED (
    SELECT lane, %(window)s - count(*) AS room FROM (
        SELECT lane FROM job_exe WHERE status = 'QUEUED' AND dispatched IS NOT NULL
        ORDER BY priority, queued, id OFFSET 0
    ) claimable
    GROUP BY lane
), waiting (job_type_id, lane) AS (
    (SELECT job_type_id, lane FROM job_exe WHERE status = 'QUEUED' AND dispatched IS NULL
    ORDER BY job_type_id, lane LIMIT 1)
    UNION ALL
    SELECT next.* FROM waiting w CROSS JOIN LATERAL (
        SELECT job_type_id, lane FROM job_exe WHERE status = 'QUEUED' AND dispatched IS NULL
            AND (job_type_id, lane) > (w.job_type_id, w.lane)
        ORDER BY job_type_id, lane LIMIT 1) next
), open AS MATERIALIZED (
    SELECT w.job_type_id, w.lane, coalesce(r.room, %(window)s) AS room,
        CASE WHEN t.max_scheduled IS NOT NULL THEN t.max_scheduled
            - (SELECT count(*) FROM job_exe r
                WHERE r.job_type_id = t.id AND r.status = 'RUNNING')
            - (SELECT count(*) FROM job_exe d
                WHERE d.job_type_id = t.id AND d.status = 'QUEUED' AND d.dispatched IS NOT NULL)
        END AS below_cap
    FROM waiting w JOIN job_type t ON t.id = w.job_type_id LEFT JOIN room r ON r.lane = w.lane
    WHERE coalesce(r.room, %(window)s) > 0 AND NOT t.is_paused
        AND NOT (SELECT is_paused FROM scheduler WHERE id = 1)
        AND EXISTS (SELECT FROM node WHERE is_active AND NOT is_paused)
), candidates AS (
    SELECT c.*, open.room, open.below_cap FROM open CROSS JOIN LATERAL (
        SELECT e.id, e.job_type_id, e.lane, e.priority, e.queued
        FROM job_exe e CROSS JOIN LATERAL (
            SELECT FROM job j WHERE j.id = e.job_id AND EXISTS (
                SELECT FROM node n WHERE n.is_active AND NOT n.is_paused
                    AND n.cpus >= j.cpus_required AND n.mem >= j.mem_required
                    AND n.disk >= coalesce(j.disk_in_required, 0)
                        + coalesce(j.disk_out_required, 0))
            OFFSET 0) fits
        WHERE e.job_type_id = open.job_type_id AND e.lane = open.lane
            AND e.status = 'QUEUED' AND e.dispatched IS NULL
        ORDER BY e.priority, e.queued, e.id
        LIMIT greatest(0, least(open.room, open.below_cap))
    ) c
), ranked AS MATERIALIZED (
    SELECT id, room, below_cap,
        row_number() OVER (PARTITION BY lane ORDER BY priority, queued, id) AS place,
        row_number() OVER (PARTITION BY job_type_id ORDER BY priority, queued, id) AS place_of_type
    FROM candidates
), picked AS (
    SELECT id FROM job_exe
    WHERE id = ANY(ARRAY(
            SELECT id FROM ranked
            WHERE place <= room AND (below_cap IS NULL OR place_of_type <= below_cap)))
        AND status || '' = 'QUEUED' AND dispatched IS NULL
    ORDER BY id FOR NO KEY UPDATE SKIP LOCKED
), marked AS (
    UPDATE job_exe e SET dispatched = clock_timestamp()
    WHERE e.id = ANY(ARRAY(SELECT id FROM picked))
    RETURNING e.id, e.job_id, e.lane, e.job_type_id, e.priority, e.queued
)
SELECT m.id, m.job_id, m.lane, t.name || ' ' || t.version AS title
FROM marked m JOIN job_type t ON t.id = m.job_type_id
ORDER BY m.priority, m.queued, m.id
"""

WAITING = """
SELECT e.id, e.job_id, e.lane, t.name || ' ' || t.version AS title
FROM job_exe e JOIN job_type t ON t.id = e.job_type_id
WHERE e.status = 'QUEUED' AND e.dispatched < clock_timestamp() - make_interval(secs => %(grace)s)
    AND NOT t.is_paused AND NOT (SELECT is_paused FROM scheduler WHERE id = 1)
ORDER BY e.priority, e.queued, e.id LIMIT %(limit)s
"""

# One feeder at a time: two would each fill the same room.
BEGIN_FEED = f"SELECT pg_advisory_xact_lock(%(key)s), {GO_ALONG_INDEXES}"
FEED_LOCK = 0x5CA1E


@transaction.atomic
def _mark() -> list[Ring]:
    run(BEGIN_FEED, {"key": FEED_LOCK})
    return _rings(run(FEED, {"window": conf().window}))


def feed() -> int:
    """Let waiting executions into the window while their lanes have room; return how many.

    Paused types, full caps and a paused scheduler are passed over. What the broker did not take
    loses its mark, so that the next feed tries again.
    """
    rings = _mark()
    if not rings:
        return 0
    sent = _ring(rings)
    if sent < len(rings):
        _unmark([ring.execution_id for ring in rings[sent:]])
    log_event(logger, "executions_dispatched", logging.DEBUG, sent=sent)
    return sent


def _ring(rings: list[Ring]) -> int:
    """Ring for executions that are marked; return for how many of them workers will hear.

    A worker that a message has called goes on while something waits, so under load most messages
    stay in the broker: what it holds then calls for these executions too.
    """
    held = broker.waiting()
    if held is None:
        return 0
    return len(rings) if held >= conf().window else broker.publish(rings)


def turn() -> None:
    """Feed on behalf of the timetable, and record that dispatch is alive and the broker answers."""
    feed()
    answers = broker.waiting() is not None
    run(
        """
        UPDATE scheduler SET last_turn = %(now)s, hostname = %(hostname)s,
            broker_seen = CASE WHEN %(answers)s THEN %(now)s ELSE broker_seen END
        WHERE id = 1
        """,
        {"now": now(), "hostname": conf().hostname, "answers": answers},
    )


def withdraw(job_type_id: int) -> None:
    """Take back the room that the waiting executions of a type hold in the broker's window.

    Their messages ring for whatever else waits. What is locked is being claimed or canceled.
    """
    run(
        """
        UPDATE job_exe SET dispatched = NULL WHERE id IN (
            SELECT id FROM job_exe
            WHERE job_type_id = %(id)s AND status = 'QUEUED' AND dispatched IS NOT NULL
            ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)
        """,
        {"id": job_type_id},
    )


def _unmark(execution_ids: Iterable[int]) -> None:
    run(
        """
        UPDATE job_exe SET dispatched = NULL WHERE id IN (
            SELECT id FROM job_exe WHERE id = ANY(%(ids)s) AND status || '' = 'QUEUED'
            ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)
        """,
        {"ids": list(execution_ids)},
    )


def ring_missing(*, grace_seconds: float | None = None) -> int:
    """Ring again for dispatched executions whose messages the broker no longer holds.

    Every message makes a worker take the most urgent execution that waits, and go on, so what
    matters is only that there are as many messages as executions waiting, or enough to call every
    worker: the difference is published and copies never pile up. Executions younger in the window
    than the grace period do not count, their messages may be on their way. Returns how many were
    published.
    """
    grace = conf().reconcile_grace_seconds if grace_seconds is None else grace_seconds
    waiting = _rings(run(WAITING, {"grace": grace, "limit": conf().window}))
    if not waiting:
        return 0
    held = broker.waiting()
    if held is None or held >= len(waiting):
        return 0
    missing = len(waiting) - held
    sent = broker.publish(waiting[:missing])
    log_event(logger, "messages_replaced", logging.WARNING, missing=missing, sent=sent)
    return sent


def _rings(rows: Iterable[dict[str, object]]) -> list[Ring]:
    return [
        Ring(execution_id=r["id"], job_id=r["job_id"], lane=r["lane"], title=r["title"])  # type: ignore[arg-type]
        for r in rows
    ]


#: Feeds soon after each commit that queued something. While it finds nothing to feed, another
#: process has fed, or the window is full: then there is no hurry.
feeder = Follower(feed, rest_seconds=0.025)

#: Finishes of this process since it last had the lanes refilled.
_finished = 0


def refill_on_commit(*, finished: int, is_capped: bool) -> None:
    """Have the lanes refilled after finishes that leave room in them.

    A finish makes room for one execution, so feeding for each would be idle work: every so many
    finishes of this process are enough to keep the window from running dry. A capped type holds
    nothing in reserve: its next execution waits for this very finish.
    """
    global _finished
    _finished += finished
    if is_capped or _finished >= conf().window // 8:
        _finished = 0
        feeder.ask_on_commit()
