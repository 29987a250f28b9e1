"""Lists of a type read off one index; executions have their job's priority, whatever becomes of it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("scale", "0008_job_counts"),
    ]

    operations = [
        migrations.RunSQL(
            """
            UPDATE job_exe SET priority = job.priority FROM job
            WHERE job.id = job_exe.job_id AND job.priority <> job_exe.priority
            """,
            migrations.RunSQL.noop,
        ),
        migrations.RemoveIndex(
            model_name="job",
            name="job_unfinished",
        ),
        migrations.RemoveIndex(
            model_name="job",
            name="job_by_type",
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                fields=["job_type", "last_modified", "id"],
                include=("priority",),
                name="job_by_type",
            ),
        ),
        migrations.RemoveIndex(
            model_name="jobexecution",
            name="job_exe_by_type",
        ),
        migrations.AlterField(
            model_name="jobexecution",
            name="job_type",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                to="scale.jobtype",
            ),
        ),
        migrations.AddIndex(
            model_name="jobexecution",
            index=models.Index(
                fields=["job_type", "last_modified", "id"],
                include=("status", "priority"),
                name="job_exe_by_type",
            ),
        ),
    ]
