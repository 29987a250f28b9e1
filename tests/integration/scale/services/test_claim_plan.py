"""A claim reads the first of the queue, however long that is and whatever the statistics say."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.db.backends.utils import CursorWrapper

from bench.rows import COMPLETED_EXECUTION, COMPLETED_JOB, QUEUED_EXECUTION, QUEUED_JOB, copy_job
from scale.domain.times import now
from scale.services.transitions import start_uncapped
from tests.factories import make_job, make_job_type, make_node
from tests.integration.api.test_plans import ThisConnection, nodes_of

pytestmark = pytest.mark.django_db

WANTED = 8
QUEUED = 3000


def claim_plan(node_id: int) -> Iterator[dict[str, Any]]:
    """Claim, and return the nodes of the plan that was followed."""
    found: list[str] = []

    def explain(execute: Any, sql: str, params: Any, many: bool, context: dict[str, Any]) -> Any:
        cursor: CursorWrapper = context["cursor"]
        execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {sql}", params, many, context)
        found.append(cursor.fetchone()[0])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        start_uncapped(count=WANTED, named=[], node_id=node_id, worker="w", now=now())
    (whole,) = json.loads(found[0]) if isinstance(found[0], str) else found[0]
    return nodes_of(whole["Plan"])


@pytest.mark.parametrize("analyzed", ["empty", "full", "finished"])
def test_claim_reads_only_the_first_of_the_queue(analyzed: str) -> None:
    database: Any = ThisConnection()
    template = make_job(make_job_type()).job.pk
    node = make_node()
    if analyzed == "empty":
        database.rows("ANALYZE")
    copy_job(database, [template], QUEUED, job=COMPLETED_JOB, execution=COMPLETED_EXECUTION)
    if analyzed == "finished":
        database.rows("ANALYZE")
    copy_job(database, [template], QUEUED, job=QUEUED_JOB, execution=QUEUED_EXECUTION)
    database.rows("UPDATE job_exe SET dispatched = queued WHERE status = 'QUEUED'")
    if analyzed == "full":
        database.rows("ANALYZE")

    read = {
        f"{node['Node Type']} of {node['Relation Name']} by {node.get('Index Name')}": (
            node["Actual Rows"] + node.get("Rows Removed by Filter", 0)
        )
        * node["Actual Loops"]
        for node in claim_plan(node.pk)
        if node.get("Relation Name") in {"job", "job_exe"}
    }

    assert any("job_exe_claimable" in what for what in read), read
    assert max(read.values()) <= 200, read
