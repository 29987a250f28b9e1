"""From nothing to QUEUED: the statement behind a new job."""

from psycopg.types.json import Jsonb

from scale.models import Job, JobExecution
from scale.services.transitions.statement import run

_JOB_COLUMNS = (
    *("job_type_id", "job_type_rev_id", "event_id", "status", "num_exes", "priority", "timeout"),
    *("max_tries", "cpus_required", "mem_required", "disk_in_required", "disk_out_required"),
    *("created", "queued", "last_status_change", "last_modified", "data", "command_arguments"),
)
_SHARED_COLUMNS = (
    *("status", "timeout", "command_arguments", "job_type_id", "priority"),
    *("created", "queued", "last_modified"),
)

# One round trip for both rows (docs/decisions/0017).
INSERT = f"""
WITH born AS (
    INSERT INTO job ({", ".join(_JOB_COLUMNS)})
    VALUES ({", ".join(f"%({name})s" for name in _JOB_COLUMNS)})
    RETURNING *
)
INSERT INTO job_exe (job_id, exe_num, lane, {", ".join(_SHARED_COLUMNS)})
SELECT id, num_exes, %(lane)s, {", ".join(_SHARED_COLUMNS)} FROM born
RETURNING id, job_id
"""  # noqa: S608 -- the columns are named above


def insert_queued_job(job: Job, *, lane: int) -> JobExecution:
    """Insert a QUEUED job with its first execution, which is returned; the job gets its id."""
    values = {name: getattr(job, name) for name in _JOB_COLUMNS}
    born = run(INSERT, {**values, "data": Jsonb(job.data), "lane": lane})[0]
    job.pk = born["job_id"]
    job._state.adding = False
    return JobExecution(
        id=born["id"],
        job=job,
        exe_num=job.num_exes,
        lane=lane,
        **{name: values[name] for name in _SHARED_COLUMNS},
    )
