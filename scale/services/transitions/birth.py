"""From nothing to QUEUED: the statement behind a new job."""

from psycopg.types.json import Jsonb

from scale.models import Job, JobExecution
from scale.postgresql.statements import run

_JOB_COLUMNS = (
    *("job_type_id", "job_type_rev_id", "status", "num_exes", "priority", "timeout"),
    *("max_tries", "cpus_required", "mem_required", "disk_in_required", "disk_out_required"),
    *("created", "queued", "last_status_change", "last_modified", "data", "command_arguments"),
)
_SHARED_COLUMNS = (
    *("status", "timeout", "command_arguments", "job_type_id", "priority"),
    *("created", "queued", "last_modified"),
)

# One round trip for all rows (docs/decisions/0020), so that a job by itself needs no transaction.
INSERT = f"""
WITH caused AS (
    INSERT INTO trigger_event (type, rule_id, occurred, description)
    SELECT %(event_type)s, %(rule_id)s, %(occurred)s, %(description)s
    WHERE %(event_id)s::bigint IS NULL
    RETURNING id
), born AS (
    INSERT INTO job (event_id, {", ".join(_JOB_COLUMNS)})
    VALUES (
        coalesce(%(event_id)s, (SELECT id FROM caused)),
        {", ".join(f"%({name})s" for name in _JOB_COLUMNS)})
    RETURNING *
)
INSERT INTO job_exe (job_id, exe_num, lane, {", ".join(_SHARED_COLUMNS)})
SELECT id, num_exes, %(lane)s, {", ".join(_SHARED_COLUMNS)} FROM born
RETURNING id, job_id, (SELECT event_id FROM born)
"""  # noqa: S608 -- the columns are named above


def insert_queued_job(job: Job, *, lane: int) -> JobExecution:
    """Insert a QUEUED job with its first execution, which is returned, and a new event of it.

    The job and its event get their ids.
    """
    event = job.event
    values = {
        **{name: getattr(job, name) for name in _JOB_COLUMNS},
        "data": Jsonb(job.data),
        "lane": lane,
        "event_id": event.pk,
        "event_type": event.type,
        "rule_id": event.rule_id,
        "occurred": event.occurred,
        "description": Jsonb(event.description),
    }
    born = run(INSERT, values)[0]
    job.pk, event.pk = born["job_id"], born["event_id"]
    job.event = event
    job._state.adding = event._state.adding = False
    return JobExecution(
        id=born["id"],
        job=job,
        exe_num=job.num_exes,
        lane=lane,
        **{name: values[name] for name in _SHARED_COLUMNS},
    )
