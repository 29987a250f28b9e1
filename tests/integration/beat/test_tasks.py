import pytest
from django.db import connection

from beat import tasks
from beat.schedule import timetable
from scale.celery import app
from scale.conf import conf

TICKS = sorted({entry["task"] for entry in timetable(conf()).values()})


@pytest.mark.django_db(transaction=True)
def test_tick_after_cut_connection_succeeds(published: list[object]) -> None:
    connection.ensure_connection()
    connection.connection.close()

    tasks.ring_missing()


@pytest.mark.parametrize("name", TICKS)
def test_every_tick_asks_whether_its_connection_works(name: str) -> None:
    assert isinstance(app.tasks[name], tasks.Tick)
