"""Print the versions of the peers."""

from importlib.metadata import version

NAMES = ("celery", "procrastinate", "django-q2", "sqlalchemy")
print(", ".join(f"{name} {version(name)}" for name in NAMES))
