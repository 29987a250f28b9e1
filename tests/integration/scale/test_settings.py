import os
import socket

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db


def over_tcp() -> socket.socket:
    """Return a copy of the connection's socket; skip the test where it is a local one."""
    connection.ensure_connection()
    # Not by `dup` of a socket, which would have the connection itself block from then on.
    copy = socket.socket(fileno=os.dup(connection.connection.pgconn.socket))
    if copy.family == socket.AF_UNIX:
        copy.close()
        pytest.skip("the database is reached through a socket of this machine")
    return copy


def test_vanished_database_is_given_up_within_half_a_minute() -> None:
    with over_tcp() as link:
        read = [
            link.getsockopt(socket.IPPROTO_TCP, option)
            for option in (
                socket.TCP_KEEPIDLE,
                socket.TCP_KEEPINTVL,
                socket.TCP_KEEPCNT,
                socket.TCP_USER_TIMEOUT,
            )
        ]

        assert link.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    idle, interval, count, unanswered = read
    assert 0 < idle + interval * count < 30
    assert 0 < unanswered < 30_000


def test_database_gives_up_a_vanished_client_within_half_a_minute() -> None:
    over_tcp().close()
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, setting::int FROM pg_settings WHERE name LIKE 'tcp\\_%'")
        read = dict(cursor.fetchall())

    bound = read["tcp_keepalives_idle"] + (
        read["tcp_keepalives_interval"] * read["tcp_keepalives_count"]
    )
    assert read["tcp_keepalives_idle"] > 0
    assert bound < 30
    assert 0 < read["tcp_user_timeout"] < 30_000
