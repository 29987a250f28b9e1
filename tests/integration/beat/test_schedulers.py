import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django_celery_beat.models import PeriodicTask

from chaos.proxy import Proxy
from scale.celery import app

pytestmark = pytest.mark.django_db(transaction=True)

#: Beat as it is, but for its ticks.
BEAT = """
import time
import django
django.setup()
from celery.beat import Service
from beat.schedulers import PatientScheduler
from scale.celery import app
import beat.tasks

class Scheduler(PatientScheduler):
    def tick(self):
        print("tick", len(self.schedule), flush=True)
        time.sleep(600)

Service(app, scheduler_cls=Scheduler).start()
"""


@contextmanager
def beat_behind(proxy: Proxy) -> Iterator[subprocess.Popen[str]]:
    server = urlsplit(settings.DATABASE_URL)
    login, _, _ = server.netloc.rpartition("@")
    place = server._replace(
        netloc=f"{login}@127.0.0.1:{proxy.port}", path=f"/{connection.settings_dict['NAME']}"
    )
    process = subprocess.Popen(
        ["env", f"DATABASE_URL={place.geturl()}", sys.executable, "-c", BEAT],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


def read_until(process: subprocess.Popen[str], word: str) -> str:
    assert process.stdout
    said = []
    for line in process.stdout:
        said.append(line)
        if word in line:
            return line
    raise AssertionError("".join(said))


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    host, port = connection.settings_dict["HOST"], connection.settings_dict["PORT"]
    with Proxy(host or "127.0.0.1", int(port or 5432)) as proxy:
        proxy.refuse()
        yield proxy


def test_beat_waits_for_the_database_at_its_start(proxy: Proxy) -> None:
    with beat_behind(proxy) as process:
        read_until(process, "database_away")
        read_until(process, "database_away")
        proxy.accept()

        ticked = read_until(process, "tick")

    # Celery adds one that is of no use without a result backend.
    assert int(ticked.split()[1]) >= len(app.conf.beat_schedule)
    known = PeriodicTask.objects.values_list("name", flat=True)
    assert app.conf.beat_schedule.keys() <= set(known)


def test_signal_ends_beat_that_waits_for_the_database(proxy: Proxy) -> None:
    with beat_behind(proxy) as process:
        read_until(process, "database_away")

        process.send_signal(signal.SIGTERM)

        assert process.wait(30) == -signal.SIGTERM
