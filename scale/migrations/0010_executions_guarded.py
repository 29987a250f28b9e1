"""The jobs of executions are guarded once per statement (docs/decisions/0022)."""

import django.db.models.deletion
from django.db import migrations, models

GUARD = """
CREATE FUNCTION keep_jobs_of_executions() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    kept bigint;
BEGIN
    SELECT gone_jobs.id INTO kept FROM gone_jobs CROSS JOIN LATERAL (
        SELECT FROM job_exe WHERE job_id = gone_jobs.id LIMIT 1) e LIMIT 1;
    IF FOUND THEN
        RAISE foreign_key_violation USING
            MESSAGE = format('job %s has executions', kept), TABLE = 'job';
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER job_kept AFTER DELETE ON job REFERENCING OLD TABLE AS gone_jobs
FOR EACH STATEMENT EXECUTE FUNCTION keep_jobs_of_executions();
"""

REMOVE = """
DROP TRIGGER job_kept ON job;
DROP FUNCTION keep_jobs_of_executions();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("scale", "0009_lists_by_type"),
    ]

    operations = [
        migrations.RunSQL(GUARD, REMOVE),
        migrations.AlterField(
            model_name="jobexecution",
            name="job",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="executions",
                to="scale.job",
            ),
        ),
    ]
