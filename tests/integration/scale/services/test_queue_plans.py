"""Claims, feeds and what tells of the queue read its beginning, whatever the statistics say."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from bench.rows import COMPLETED_EXECUTION, COMPLETED_JOB, QUEUED_EXECUTION, QUEUED_JOB, copy_job
from scale.conf import conf
from scale.domain.lifecycle import JobStatus
from scale.domain.times import now
from scale.models import JobExecution
from scale.postgresql.base import PLANNED_ONCE
from scale.postgresql.statements import run
from scale.selectors import queue
from scale.services.cancel import cancel_job
from scale.services.claims import claim_executions
from scale.services.completions import complete_alone, complete_in_recipes
from scale.services.feed import FEED, feed
from scale.services.recipes import queue_new_recipe
from scale.services.transitions import enqueue_jobs, start_uncapped
from scale.services.transitions.claim import CLAIM_UNCAPPED, FIRST_DEPTH
from tests.factories import WORKER, make_job, make_job_type, make_node, plain_report
from tests.integration.api.test_plans import ThisConnection, nodes_of
from tests.recipe_factories import graph, make_recipe, make_recipe_type

pytestmark = pytest.mark.django_db

WANTED = 8
QUEUED = 3000
#: More than what eight jobs need of any table.
READ_BY_MISTAKE = 300
#: So often a statement runs on a connection before it is prepared.
TIMES_UNTIL_PLANNED = 6
FIRST = "id IN (SELECT id FROM job_exe WHERE status = 'QUEUED' LIMIT"
FED = "UPDATE job_exe SET dispatched = queued WHERE status = 'QUEUED'"


def rows_read(statement: str, act: Callable[[], object]) -> dict[str, int]:
    """Do something; return how many rows a statement, or what has it in it, reads, and how."""
    found: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        if statement in sql:
            execute("SAVEPOINT before", (), False, context)
            execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params, many, context)
            found.append(context["cursor"].fetchone()["QUERY PLAN"])
            execute("ROLLBACK TO before", (), False, context)
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        act()
    (whole,) = json.loads(found[0]) if isinstance(found[0], str) else found[0]
    read: Counter[str] = Counter()
    for node in nodes_of(whole["Plan"]):
        if node.get("Relation Name") in {"job", "job_exe"}:
            rows = node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
            how = f"{node['Node Type']} of {node['Relation Name']} by {node.get('Index Name')}"
            read[how] += rows * node["Actual Loops"]
    return read


def rows_touched(act: Callable[[], object]) -> Counter[str]:
    """Do something; return how many rows are read for it in each table."""

    def so_far() -> Counter[str]:
        rows = run(
            """
            SELECT relname, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) AS read
            FROM pg_stat_xact_user_tables
            """,
            {},
        )
        return Counter({row["relname"]: row["read"] for row in rows})

    before = so_far()
    act()
    return so_far() - before


@pytest.fixture
def planned_once() -> None:
    """Have statements planned as on an engine's connection."""
    for name, value in PLANNED_ONCE.items():
        run("SELECT set_config(%(name)s, %(value)s, true)", {"name": name, "value": value})


@pytest.fixture(params=["empty", "full", "finished"])
def database(request: pytest.FixtureRequest) -> Any:
    """Have many rows queued and as many finished, with statistics of one time or another."""
    database: Any = ThisConnection()
    template = make_job(make_job_type()).job.pk
    if request.param == "empty":
        database.rows("ANALYZE")
    copy_job(database, [template], QUEUED, job=COMPLETED_JOB, execution=COMPLETED_EXECUTION)
    if request.param == "finished":
        database.rows("ANALYZE")
    copy_job(database, [template], QUEUED, job=QUEUED_JOB, execution=QUEUED_EXECUTION)
    if request.param == "full":
        database.rows("ANALYZE")
    return database


def test_claim_reads_only_the_first_of_the_queue(database: Any) -> None:
    node = make_node()
    database.rows(FED)

    read = rows_read(
        CLAIM_UNCAPPED(count=WANTED, depth=WANTED + FIRST_DEPTH),
        lambda: start_uncapped(count=WANTED, named=[], node_id=node.pk, worker="w", now=now()),
    )

    assert any("job_exe_claimable" in what for what in read), read
    assert max(read.values()) <= 3 * (WANTED + FIRST_DEPTH), read


@pytest.mark.usefixtures("planned_once")
def test_what_an_engine_repeats_reads_the_rows_of_its_jobs(database: Any) -> None:
    node = make_node()
    database.rows(FED)

    def run_some() -> None:
        found = claim_executions(count=WANTED, node_id=node.pk, worker=WORKER)
        assert len(found.claims) == WANTED
        ended = [(claim, plain_report()) for claim in found.claims]
        assert len(complete_alone(ended, waits=False).kept) == WANTED

    for _ in range(TIMES_UNTIL_PLANNED):
        run_some()

    assert max(rows_touched(run_some).values()) <= 8 * (WANTED + FIRST_DEPTH)


@pytest.mark.usefixtures("planned_once", "published")
def test_what_an_engine_repeats_of_recipes_reads_the_rows_of_its_jobs(database: Any) -> None:
    node = make_node()
    make_recipe({f"job {n}": () for n in range(READ_BY_MISTAKE)})
    urgent = make_job_type(priority=1)
    recipe_type = make_recipe_type(graph({"first": (), "second": ("first",)}, urgent))
    for _ in range(WANTED * (TIMES_UNTIL_PLANNED + 1)):
        queue_new_recipe(recipe_type_id=recipe_type.pk, recipe_data={}, user="tester")
    database.rows(f"{FED} AND job_type_id = {urgent.pk}")
    queued: list[int] = []

    def run_some() -> None:
        found = claim_executions(count=WANTED, named=queued, node_id=node.pk, worker=WORKER)
        assert len(found.claims) == WANTED
        ended = [(claim, plain_report()) for claim in found.claims]
        taken = complete_in_recipes(ended, waits=False)
        assert len(taken.kept) == WANTED
        queued[:] = taken.queued

    for _ in range(TIMES_UNTIL_PLANNED):
        run_some()
    touched = rows_touched(run_some)

    assert len(queued) == WANTED
    assert max(touched.values()) <= 8 * (WANTED + FIRST_DEPTH) < READ_BY_MISTAKE, touched


@pytest.mark.usefixtures("published")
def test_feed_reads_what_is_in_the_window_and_what_it_has_room_for(database: Any) -> None:
    make_node()
    in_window = conf().window - WANTED
    database.rows(f"{FED} AND {FIRST} {in_window})")

    read = rows_read(FEED, feed)

    assert JobExecution.objects.exclude(dispatched=None).count() == conf().window
    counted = {what: rows for what, rows in read.items() if "job_exe_claimable" in what}
    assert set(counted.values()) <= {0, in_window}, read
    assert max(rows for what, rows in read.items() if what not in counted) <= 200, read


@pytest.mark.usefixtures("published")
def test_feed_reads_nothing_behind_a_full_window(database: Any) -> None:
    make_node()
    database.rows(f"{FED} AND {FIRST} {conf().window})")

    read = rows_read(FEED, feed)

    assert max(rows for what, rows in read.items() if "job_exe_claimable" not in what) <= 5, read


def test_cancel_reads_the_rows_of_its_job(database: Any) -> None:
    job_id = database.value("SELECT max(id) FROM job WHERE status = 'QUEUED'")

    read = rows_read("SET status = 'CANCELED'", lambda: cancel_job(job_id=job_id))

    assert max(read.values()) <= 5, read


def test_requeue_reads_the_rows_of_its_jobs(database: Any) -> None:
    job_id = database.value("SELECT max(id) FROM job WHERE status = 'QUEUED'")
    cancel_job(job_id=job_id)

    read = rows_read(
        "WITH moved AS",
        lambda: enqueue_jobs([job_id], now=now(), from_statuses=[JobStatus.CANCELED]),
    )

    assert max(read.values()) <= 5, read


def test_telling_what_waits_reads_the_first_of_each_priority(database: Any) -> None:
    in_window = 50
    database.rows(f"{FED} AND {FIRST} {in_window})")

    read = rows_read(
        queue._QUEUE.format(outside=queue._FIRSTS), lambda: queue.list_queued(by_lane=True)
    )

    assert any("job_exe_feedable" in what for what in read), read
    assert max(read.values()) <= in_window, read
