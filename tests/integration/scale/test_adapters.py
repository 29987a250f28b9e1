from datetime import UTC, datetime, timedelta, timezone

import pytest
from django.db import connection

from scale.adapters import InstantLoader

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    "instant",
    [
        datetime(2015, 10, 21, 7, 28, tzinfo=UTC),
        datetime(2015, 10, 21, 7, 28, 59, 5000, tzinfo=UTC),
        datetime(2015, 10, 21, 7, 28, 59, 123456, tzinfo=UTC),
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999000, tzinfo=UTC),
        datetime(2015, 10, 21, 7, 28, tzinfo=timezone(timedelta(hours=5, minutes=30))),
    ],
)
def test_instant_is_read_as_it_was_written(instant: datetime) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::timestamptz, NULL::timestamptz", [instant])
        found, nothing = cursor.fetchone()

    assert found == instant
    assert found.tzinfo is UTC
    assert nothing is None


def test_connections_read_instants_the_fast_way() -> None:
    connection.ensure_connection()

    loader = connection.connection.adapters.get_loader(
        connection.connection.adapters.types["timestamptz"].oid, 0
    )

    assert loader is InstantLoader
