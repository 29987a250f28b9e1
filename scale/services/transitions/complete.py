"""From RUNNING to COMPLETED, many at a time: most jobs end like this."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from psycopg.types.json import Jsonb

from scale.postgresql.statements import Row, run
from scale.services.transitions.changes import STEP_COLUMNS

_TYPES = {"command_arguments": "text"} | {
    name: "int" if name.endswith("exit_code") else "timestamptz" for name in STEP_COLUMNS[1:]
}

# One statement is one round trip and one commit, for one execution as for twenty. What is told is
# one document, since making an array for each column would take longer than all the rest.
COMPLETE = f"""
WITH told AS MATERIALIZED (
    SELECT * FROM jsonb_to_recordset(%(told)s) AS told (
        id bigint, job_id bigint, ended timestamptz, manifest jsonb,
        {", ".join(f"{name} {_TYPES[name]}" for name in STEP_COLUMNS)})
), locked AS MATERIALIZED (
    SELECT id FROM job WHERE id = ANY(%(jobs)s) ORDER BY id FOR NO KEY UPDATE {{waiting}}
), completed AS (
    UPDATE job_exe e SET status = 'COMPLETED', ended = told.ended, last_modified = told.ended,
        lease_expires = NULL, results = %(results)s, results_manifest = told.manifest,
        {", ".join(f"{name} = told.{name}" for name in STEP_COLUMNS)}
    FROM told JOIN locked ON locked.id = told.job_id
    WHERE e.id = told.id AND e.job_id = told.job_id AND e.id = ANY(%(ids)s)
        AND e.status = 'RUNNING' AND e.worker = %(worker)s
    RETURNING e.id, e.job_id, e.ended
), logged AS (
    INSERT INTO job_exe_log (job_exe_id, stream, seq, text, created)
    SELECT completed.id, piece.stream, piece.seq, piece.text, completed.ended
    FROM jsonb_to_recordset(%(pieces)s)
        AS piece (id bigint, stream text, seq int, text text)
    JOIN completed ON completed.id = piece.id
    ON CONFLICT (job_exe_id, stream, seq) DO UPDATE SET text = excluded.text
), finished AS (
    UPDATE job SET status = 'COMPLETED', ended = completed.ended, results = %(results)s,
        last_status_change = completed.ended, last_modified = completed.ended
    FROM completed
    WHERE job.id = completed.job_id AND job.id = ANY(%(jobs)s) AND job.status = 'RUNNING'
    RETURNING job.id
)
SELECT completed.id FROM completed JOIN finished ON finished.id = completed.job_id
"""  # noqa: S608 -- the columns are named in `changes`


@dataclass(frozen=True, slots=True)
class Completed:
    """An execution that ended well, and what its worker has to say about it."""

    execution_id: int
    job_id: int
    ended: datetime
    #: All of `STEP_COLUMNS`.
    steps: Row
    manifest: Row
    #: Text by (stream, seq).
    log: Mapping[tuple[str, int], str]


def complete_executions_and_jobs(
    told: Sequence[Completed], *, worker: str, results: Row, waits: bool = True
) -> set[int]:
    """Complete executions and their jobs in one statement, which needs no transaction around it.

    For jobs that made no products. Returns the executions that were the worker's to complete;
    without `waits`, those that nobody else was busy with.
    """
    rows = run(
        COMPLETE.format(waiting="" if waits else "SKIP LOCKED"),
        {
            "ids": [one.execution_id for one in told],
            "jobs": [one.job_id for one in told],
            "told": Jsonb([_row(one) for one in told]),
            "pieces": Jsonb(
                [
                    {"id": one.execution_id, "stream": stream, "seq": seq, "text": text}
                    for one in told
                    for (stream, seq), text in one.log.items()
                ]
            ),
            "results": Jsonb(results),
            "worker": worker,
        },
    )
    return {row["id"] for row in rows}


def _row(one: Completed) -> Row:
    times = {key: value for key, value in one.steps.items() if isinstance(value, datetime)}
    return {
        **one.steps,
        **{key: value.isoformat() for key, value in times.items()},
        "id": one.execution_id,
        "job_id": one.job_id,
        "ended": one.ended.isoformat(),
        "manifest": one.manifest,
    }
