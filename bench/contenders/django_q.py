"""django-q2: one cluster whose pool has the workers, a task each; results in PostgreSQL."""

from bench.contenders.base import Peer, counter
from bench.lab import Lab

#: As many tasks at a time as Celery and Scale have; three are slower.
PER_PROCESS = 2


class DjangoQ(Peer):
    """A cluster; besides its workers it has a sentinel, a pusher and a monitor process."""

    settings = (
        f"{PER_PROCESS} workers, a process each, for each process of the others, beside a sentinel,"
        " a pusher and a monitor; bulk 50"
    )

    def _set_up_with(self, lab: Lab, *, environment: dict[str, str]) -> None:
        self.database = lab.database("django_q")
        self._set_up(
            lab,
            environment={
                "PEER_DATABASE": self.database,
                "PEER_WORKERS": str(lab.options.processes * PER_PROCESS),
                "DJANGO_SETTINGS_MODULE": "django_q_peer",
                **environment,
            },
            commands={"cluster": f"exec {lab.python} -m django qcluster"},
        )
        lab.peer("django_q_peer.py", "migrate", 0, **self.environment)
        self.done = counter(  # type: ignore[method-assign]
            self.database, "SELECT count(*) FROM django_q_task WHERE success"
        )

    def enqueue(self, count: int) -> None:
        """Queue tasks that spawn `/bin/true`."""
        self.lab.peer("django_q_peer.py", "enqueue", count, **self.environment)


class DjangoQOrm(DjangoQ):
    """Its queue in PostgreSQL too."""

    name, key, is_durable = "django-q2 (ORM broker)", "django-q-orm", True

    def __init__(self, lab: Lab) -> None:
        self._set_up_with(lab, environment={})


class DjangoQRedis(DjangoQ):
    """Its queue in Redis, where it has no acknowledgments: a crash loses what was taken."""

    name, key, is_durable = "django-q2 (Redis broker)", "django-q-redis", False

    def __init__(self, lab: Lab) -> None:
        self._set_up_with(lab, environment={"PEER_BROKER": lab.redis(3)})
