"""Whether a connection is still good, found out without a statement."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from scale.postgresql.base import PLANNED_ONCE, DatabaseWrapper
from scale.postgresql.statements import plan_once

pytestmark = pytest.mark.django_db

Connect = Callable[[], DatabaseWrapper]


@pytest.fixture
def connect() -> Iterator[Connect]:
    opened: list[DatabaseWrapper] = []

    def open_another() -> DatabaseWrapper:
        opened.append(connection.copy())  # type: ignore[arg-type]
        opened[-1].ensure_connection()
        return opened[-1]

    yield open_another
    for one in opened:
        one.close()


def test_is_usable_asks_nothing(connect: Connect) -> None:
    link = connect()
    assert link.is_usable()
    with connect().cursor() as cursor:
        cursor.execute(
            "SELECT query FROM pg_stat_activity WHERE pid = %s",
            [link.connection.info.backend_pid],
        )
        assert "SELECT 1" not in cursor.fetchone()[0]


def test_is_usable_connection_that_the_server_ended_is_not(connect: Connect) -> None:
    link = connect()
    with connect().cursor() as cursor:
        pid = link.connection.info.backend_pid
        cursor.execute("SELECT pg_terminate_backend(%s, 10000)", [pid])

    assert not link.is_usable()


def test_is_usable_word_from_the_server_is_no_end(connect: Connect) -> None:
    link = connect()
    with link.cursor() as cursor:
        cursor.execute("LISTEN something")
    with connect().cursor() as cursor:
        cursor.execute("NOTIFY something")

    assert link.is_usable()


def test_is_usable_closed_connection_is_not(connect: Connect) -> None:
    link = connect()
    link.connection.close()

    assert not link.is_usable()


def test_thread_that_plans_once_is_alone_in_that() -> None:
    settings = "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)"

    def ask(*, once: bool) -> dict[str, str]:
        if once:
            plan_once()
        try:
            with connection.cursor() as cursor:
                cursor.execute(settings, [list(PLANNED_ONCE)])
                return dict(cursor.fetchall())
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as first, ThreadPoolExecutor(1) as second:
        assert first.submit(ask, once=True).result() == PLANNED_ONCE
        # The connection that follows a lost one is planned for likewise.
        assert first.submit(ask, once=False).result() == PLANNED_ONCE
        assert not PLANNED_ONCE.items() & second.submit(ask, once=False).result().items()
