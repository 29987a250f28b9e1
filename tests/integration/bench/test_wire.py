import psycopg
import pytest
from django.db import connection

from bench.wire import ROUND_TRIPS, Wire


def address() -> str:
    given = connection.settings_dict
    host, port = given["HOST"] or "127.0.0.1", given["PORT"] or 5432
    return f"postgres://{given['USER']}:{given['PASSWORD']}@{host}:{port}/{given['NAME']}"


@pytest.mark.django_db
def test_real_client_is_served_and_counted():
    with Wire(address()) as wire, psycopg.connect(wire.url(address()), autocommit=True) as link:
        link.prepare_threshold = None  # preparing is a round trip of its own
        before = wire.counts.copy()
        for number in range(10):
            assert link.execute("SELECT %s::int", (number,)).fetchone() == (number,)
        link.execute("CREATE TEMPORARY TABLE wired (id int)")
        link.execute("INSERT INTO wired VALUES (1)")

        assert wire.counts - before == {
            "SELECT $1::int": 10,
            "CREATE TEMPORARY TABLE wired (id int)": 1,
            "INSERT INTO wired": 1,
            ROUND_TRIPS: 12,
        }
