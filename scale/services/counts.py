"""Keeping the counts of jobs few, and true (docs/decisions/0021)."""

import logging

from django.db import transaction

from scale.domain.buckets import first_day_in_hours
from scale.domain.times import now as present
from scale.log import log_event
from scale.postgresql.statements import run
from scale.selectors.job_counts import bucket

logger = logging.getLogger(__name__)

MERGE_LOCK, MEND_LOCK = 0xC0047, 0xC0048

# Of what concerns the same jobs, one row becomes of several. Only what is deleted is added up, so
# that what others add meanwhile stays beside the sum.
MERGE = f"""
WITH due AS (
    SELECT job_type_id, status, error_id, array_agg(id) AS ids,
        {bucket("since")} AS since
    FROM job_count GROUP BY job_type_id, status, error_id, 5
    HAVING count(*) > 1 OR sum(jobs) = 0 OR min(since) <> {bucket("min(since)")}
), merged AS (
    DELETE FROM job_count WHERE id IN (SELECT unnest(ids) FROM due) RETURNING *
), added AS (
    INSERT INTO job_count (job_type_id, status, error_id, since, jobs, latest)
    SELECT job_type_id, status, error_id, {bucket("since")}, sum(jobs), max(latest)
    FROM merged GROUP BY 1, 2, 3, 4 HAVING sum(jobs) <> 0
)
SELECT count(*) AS count FROM merged
"""  # noqa: S608 -- the expression is that of the selectors

# Jobs and counts as one snapshot shows them: what others change meanwhile changes both. So nobody
# else is kept from changing jobs while what is missing is added.
MEND = f"""
WITH counted AS (
    SELECT job_type_id, status, error_id, sum(jobs) AS jobs, max(latest) AS latest,
        {bucket("since")} AS since
    FROM job_count GROUP BY job_type_id, status, error_id, 6
), there AS (
    SELECT job_type_id, status, error_id, count(*) AS jobs, max(last_status_change) AS latest,
        {bucket("last_status_change")} AS since
    FROM job GROUP BY job_type_id, status, error_id, 6
), wrong AS (
    SELECT job_type_id, status, error_id, since, sum(jobs) AS jobs, max(latest) AS latest
    FROM (
        SELECT job_type_id, status, error_id, since, jobs, latest FROM there
        UNION ALL
        SELECT job_type_id, status, error_id, since, -jobs, NULL FROM counted
    ) both_sides
    GROUP BY job_type_id, status, error_id, since HAVING sum(jobs) <> 0
)
INSERT INTO job_count (job_type_id, status, error_id, since, jobs, latest)
SELECT job_type_id, status, error_id, since, jobs, latest FROM wrong
RETURNING job_type_id, status, jobs
"""  # noqa: S608 -- as above


@transaction.atomic
def merge_counts() -> int:
    """Make one row of those that count the same jobs; return how many rows were merged.

    Afterwards there are as many rows as types, statuses, errors and hours of the last days, and
    days before. One caller at a time: of the rows that two would share out neither knew all.
    """
    run("SELECT pg_advisory_xact_lock(%(key)s)", {"key": MERGE_LOCK})
    return int(run(MERGE, {"hourly": first_day_in_hours(present())})[0]["count"])


@transaction.atomic
def mend_counts() -> int:
    """Count all jobs and correct what the counts have wrong; return how many were corrected.

    They cannot go wrong unless somebody switches the triggers of `job` off or changes the counts:
    it is logged as an error. One caller at a time: two would each add what is missing.
    """
    run("SELECT pg_advisory_xact_lock(%(key)s)", {"key": MEND_LOCK})
    wrong = run(MEND, {"hourly": first_day_in_hours(present())})
    for row in wrong:
        log_event(logger, "job_count_mended", logging.ERROR, **row)
    return len(wrong)
