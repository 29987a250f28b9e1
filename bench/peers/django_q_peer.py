"""django-q2 as a peer, settings and commands in one: `django_q_peer.py migrate | enqueue N`.

`PEER_DATABASE`, and `PEER_BROKER` unless the broker is the database.
"""

import os
import sys

import dj_database_url

SECRET_KEY = "for measuring only"  # noqa: S105
INSTALLED_APPS = ["django_q"]
DATABASES = {"default": dj_database_url.parse(os.environ["PEER_DATABASE"], conn_max_age=600)}
USE_TZ = True
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
Q_CLUSTER = {
    "name": "peer",
    "workers": int(os.environ.get("PEER_WORKERS", "2")),
    "timeout": 60,
    "retry": 120,
    "save_limit": 0,
    "recycle": 100_000,
    "queue_limit": 500,
    "bulk": 50,
    "log_level": "WARNING",
    "scheduler": False,
    **(
        {"redis": os.environ["PEER_BROKER"]}
        if "PEER_BROKER" in os.environ
        else {"orm": "default", "poll": 0.05}
    ),
}
LOGGING_CONFIG = None


def main(action, count):
    """Do what the command line says."""
    import django
    from django.core.management import call_command

    os.environ["DJANGO_SETTINGS_MODULE"] = "django_q_peer"
    django.setup()
    if action == "migrate":
        call_command("migrate", verbosity=0)
        return
    from django_q.brokers import get_broker
    from django_q.tasks import async_task

    broker = get_broker()
    for _ in range(count):
        async_task("work.spawn", broker=broker)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
