"""What every installation has from the start: built-in errors, roles, the scheduler's row."""

from django.db import migrations

from scale.domain.builtin_errors import BUILTIN_ERRORS
from scale.domain.times import now

ROLES = ("viewer", "operator", "administrator")


def seed(apps, schema_editor):
    stamp = now()
    apps.get_model("scale", "Error").objects.bulk_create(
        apps.get_model("scale", "Error")(
            name=error.name,
            title=error.title,
            description=error.description,
            category=error.category.value,
            is_builtin=True,
            created=stamp,
            last_modified=stamp,
        )
        for error in BUILTIN_ERRORS
    )
    apps.get_model("scale", "Scheduler").objects.create(id=1)
    for role in ROLES:
        apps.get_model("auth", "Group").objects.get_or_create(name=role)


class Migration(migrations.Migration):
    dependencies = [
        ("scale", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(seed, migrations.RunPython.noop)]
