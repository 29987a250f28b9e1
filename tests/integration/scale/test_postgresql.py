"""Whether a connection is still good, found out without a statement."""

from collections.abc import Callable, Iterator

import pytest
from django.db import connection

from scale.postgresql.base import DatabaseWrapper

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
