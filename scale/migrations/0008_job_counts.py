"""Counts of jobs, kept up by triggers (docs/decisions/0021)."""

import django.db.models.deletion
from django.db import migrations, models

FUNCTION = """
CREATE FUNCTION count_changed_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO job_count (job_type_id, status, error_id, since, jobs, latest)
        SELECT job_type_id, status, error_id, since, sum(jobs), max(came)
        FROM (
            SELECT job_type_id, status, error_id, 1 AS jobs,
                date_bin('1 hour', last_status_change, '2000-01-01Z') AS since,
                last_status_change AS came, NULL AS gone
            FROM new_jobs
            UNION ALL
            SELECT job_type_id, status, error_id, -1,
                date_bin('1 hour', last_status_change, '2000-01-01Z'),
                NULL, last_status_change
            FROM old_jobs
        ) changed
        GROUP BY job_type_id, status, error_id, since
        HAVING sum(jobs) <> 0 OR max(came) IS DISTINCT FROM max(gone);
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO job_count (job_type_id, status, error_id, since, jobs, latest)
        SELECT job_type_id, status, error_id,
            date_bin('1 hour', last_status_change, '2000-01-01Z') AS since,
            count(*), max(last_status_change)
        FROM new_jobs GROUP BY job_type_id, status, error_id, since;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO job_count (job_type_id, status, error_id, since, jobs)
        SELECT job_type_id, status, error_id,
            date_bin('1 hour', last_status_change, '2000-01-01Z') AS since, -count(*)
        FROM old_jobs GROUP BY job_type_id, status, error_id, since;
    ELSE
        DELETE FROM job_count;
    END IF;
    RETURN NULL;
END
$$
"""

# In every mode of replication, so that what is loaded with foreign keys unchecked counts too.
TRIGGERS = """
CREATE TRIGGER job_inserted AFTER INSERT ON job REFERENCING NEW TABLE AS new_jobs
FOR EACH STATEMENT EXECUTE FUNCTION count_changed_jobs();
CREATE TRIGGER job_updated AFTER UPDATE ON job
REFERENCING OLD TABLE AS old_jobs NEW TABLE AS new_jobs
FOR EACH STATEMENT EXECUTE FUNCTION count_changed_jobs();
CREATE TRIGGER job_deleted AFTER DELETE ON job REFERENCING OLD TABLE AS old_jobs
FOR EACH STATEMENT EXECUTE FUNCTION count_changed_jobs();
CREATE TRIGGER job_truncated AFTER TRUNCATE ON job
FOR EACH STATEMENT EXECUTE FUNCTION count_changed_jobs();
ALTER TABLE job
    ENABLE ALWAYS TRIGGER job_inserted, ENABLE ALWAYS TRIGGER job_updated,
    ENABLE ALWAYS TRIGGER job_deleted, ENABLE ALWAYS TRIGGER job_truncated;
"""

# After the triggers, whose lock lets nobody change a job until all this is committed.
COUNT = """
INSERT INTO job_count (job_type_id, status, error_id, since, jobs, latest)
SELECT job_type_id, status, error_id,
    date_bin('1 hour', last_status_change, '2000-01-01Z') AS since,
    count(*), max(last_status_change)
FROM job GROUP BY job_type_id, status, error_id, since
"""

REMOVE = """
DROP TRIGGER job_inserted ON job;
DROP TRIGGER job_updated ON job;
DROP TRIGGER job_deleted ON job;
DROP TRIGGER job_truncated ON job;
DROP FUNCTION count_changed_jobs();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("scale", "0007_feed_by_lane"),
    ]

    operations = [
        migrations.CreateModel(
            name="JobCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("status", models.CharField(max_length=20)),
                ("since", models.DateTimeField(null=True)),
                ("jobs", models.IntegerField()),
                ("latest", models.DateTimeField(null=True)),
                (
                    "error",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="scale.error",
                    ),
                ),
                (
                    "job_type",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        to="scale.jobtype",
                    ),
                ),
            ],
            options={"db_table": "job_count"},
        ),
        migrations.RunSQL(FUNCTION, migrations.RunSQL.noop),
        migrations.RunSQL(TRIGGERS, REMOVE),
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
    ]
