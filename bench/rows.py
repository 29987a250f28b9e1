"""Jobs by the hundred thousand: copies of one real job, made by set-based statements.

Copying keeps the rows what Scale itself writes, whatever columns they have.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from bench.postgres import Database

BATCH = 100_000

#: By column, an SQL expression; `s.n` counts from 1 to `s.total`.
Overrides = Mapping[str, str]

_WHEN = "now() - make_interval(secs => 2592000 * (1 - s.n::float8 / s.total))"

_STEPS = ("pre_started", "pre_completed", "job_started", "job_completed", "post_started")
_EXIT_CODES = ("pre_exit_code", "job_exit_code", "post_exit_code")
_OWNED = ("node_id", "worker", "lease_expires", "dispatched")
_SCHEDULED = ("cpus_scheduled", "mem_scheduled", "disk_in_scheduled", "disk_out_scheduled")
_ENDED = ("started", "ended", "error_id")

QUEUED_JOB: Overrides = {
    "status": "'QUEUED'",
    "num_exes": "1",
    "results": "'{}'",
    **dict.fromkeys(("queued", "created", "last_status_change", "last_modified"), "now()"),
    **dict.fromkeys(_ENDED, "NULL"),
}
QUEUED_EXECUTION: Overrides = {
    "status": "'QUEUED'",
    "results": "'{}'",
    "results_manifest": "'{}'",
    **dict.fromkeys(("queued", "created", "last_modified"), "now()"),
    **dict.fromkeys(
        (*_ENDED, *_OWNED, *_STEPS, "post_completed", *_EXIT_CODES, *_SCHEDULED), "NULL"
    ),
}
COMPLETED_JOB: Overrides = {
    "status": "'COMPLETED'",
    "num_exes": "1",
    **dict.fromkeys(
        ("queued", "created", "started", "ended", "last_status_change", "last_modified"), _WHEN
    ),
}
COMPLETED_EXECUTION: Overrides = {
    "status": "'COMPLETED'",
    "node_id": "(SELECT min(id) FROM node)",
    "worker": "'bench:1:00000000'",
    "dispatched": "NULL",
    "lease_expires": "NULL",
    **dict.fromkeys(_EXIT_CODES, "0"),
    **dict.fromkeys(("queued", "created", "started", "ended", "last_modified"), _WHEN),
    **dict.fromkeys((*_STEPS, "post_completed"), _WHEN),
}
_FAILED: Overrides = {
    "status": "'FAILED'",
    "error_id": "(SELECT id FROM error WHERE name = 'algorithm-unknown')",
}
FAILED_JOB: Overrides = {**COMPLETED_JOB, **_FAILED}
FAILED_EXECUTION: Overrides = {**COMPLETED_EXECUTION, **_FAILED, "job_exit_code": "1"}

COPY = """
WITH series AS (
    SELECT n, {total} AS total, ({templates})[1 + n % {kinds}] AS template,
        nextval(pg_get_serial_sequence('trigger_event', 'id')) AS event,
        nextval(pg_get_serial_sequence('job', 'id')) AS job,
        nextval(pg_get_serial_sequence('job_exe', 'id')) AS execution
    FROM generate_series({first}, {last}) AS n
), events AS (
    INSERT INTO trigger_event (id, {event_columns})
    SELECT s.event, {event_values} FROM series s, trigger_event t
    WHERE t.id = (SELECT event_id FROM job WHERE id = {first_template})
), jobs AS (
    INSERT INTO job (id, event_id, {job_columns})
    SELECT s.job, s.event, {job_values} FROM series s, job t
    WHERE t.id = ANY ({templates}) AND t.id = s.template
)
INSERT INTO job_exe (id, job_id, {execution_columns})
SELECT s.execution, s.job, {execution_values} FROM series s, job_exe t
WHERE t.job_id = ANY ({templates}) AND t.job_id = s.template AND t.exe_num = 1
"""


def copy_job(
    database: Database,
    templates: Sequence[int],
    count: int,
    *,
    job: Overrides,
    execution: Overrides,
) -> None:
    """Copy jobs, in turns, with event and first execution, so many times in all.

    Some columns get other values.
    """
    with unchecked(database):
        for first in range(1, count + 1, BATCH):
            database.rows(
                COPY.format(
                    first=first,
                    last=min(count, first + BATCH - 1),
                    total=count,
                    templates=f"ARRAY{list(templates)}::bigint[]",
                    first_template=templates[0],
                    kinds=len(templates),
                    **_values("event", columns(database, "trigger_event", "id"), {}),
                    **_values("job", columns(database, "job", "id", "event_id"), job),
                    **_values("execution", columns(database, "job_exe", "id", "job_id"), execution),
                )
            )


def remove_jobs(database: Database, condition: str) -> None:
    """Remove the jobs for which a condition holds, with their executions and what these printed."""
    jobs = f"SELECT id FROM job WHERE {condition}"  # noqa: S608
    executions = f"SELECT id FROM job_exe WHERE job_id IN ({jobs})"  # noqa: S608
    with unchecked(database):
        for table, column, those in (
            ("job_exe_log", "job_exe_id", executions),
            ("job_exe", "job_id", jobs),
            ("job", "id", jobs),
        ):
            database.rows(f"DELETE FROM {table} WHERE {column} IN ({those})")  # noqa: S608


@contextmanager
def unchecked(database: Database) -> Iterator[None]:
    """Leave foreign keys unchecked for the block, if the role may.

    They hold by construction; checking each would take most of the time.
    """
    if database.value("SELECT rolsuper FROM pg_roles WHERE rolname = current_user"):
        database.rows("SET session_replication_role = replica")
    try:
        yield
    finally:
        database.rows("SET session_replication_role = DEFAULT")


@contextmanager
def without_indexes(database: Database, *tables: str) -> Iterator[None]:
    """Take the indexes that are not constraints away for the block, and build them anew."""
    indexes = database.rows(
        """
        SELECT i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid) FROM pg_index i
        WHERE i.indrelid = ANY (%s::regclass[])
            AND NOT EXISTS (SELECT FROM pg_constraint c WHERE c.conindid = i.indexrelid)
        """,
        (list(tables),),
    )
    for name, _ in indexes:
        database.rows(f"DROP INDEX {name}")
    yield
    # Where rows have old versions in place, transactions begun before would not use a new index:
    # none would as long as one, of whatever database, goes on.
    database.rows(f"VACUUM {', '.join(tables)}")
    database.rows("SET maintenance_work_mem = '256MB'")
    for _, definition in indexes:
        database.rows(definition)
    database.rows("RESET maintenance_work_mem")


def sample_load(database: Database, job_type_id: int, *, days: int) -> None:
    """Add a load sample a minute for so many days past."""
    database.rows(
        """
        INSERT INTO job_load
            (job_type_id, measured, pending_count, queued_count, running_count, is_first)
        SELECT %s, measured, n %% 7, n %% 1000, 2,
            NOT EXISTS (SELECT FROM job_load l WHERE l.measured = s.measured)
        FROM (
            SELECT n, date_trunc('minute', now()) - make_interval(mins => n) AS measured
            FROM generate_series(1, %s) AS n
        ) s
        """,
        (job_type_id, days * 24 * 60),
    )


def settle(database: Database) -> None:
    """Do at once what autovacuum would do soon."""
    database.rows("VACUUM (ANALYZE)")
    database.rows("CHECKPOINT")


def columns(database: Database, table: str, *without: str) -> list[str]:
    """Return the columns of a table, but for some."""
    found = database.rows(
        """
        SELECT column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name = %s ORDER BY ordinal_position
        """,
        (table,),
    )
    return [name for (name,) in found if name not in without]


def _values(name: str, names: list[str], overrides: Overrides) -> dict[str, str]:
    values = [overrides.get(column, f"t.{column}") for column in names]
    return {f"{name}_columns": ", ".join(names), f"{name}_values": ", ".join(values)}
