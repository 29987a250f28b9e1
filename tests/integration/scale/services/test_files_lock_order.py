"""Executions that finish at once on the same sources, as threads with connections of their own."""

import threading
from collections.abc import Sequence

import pytest
from django.db import DatabaseError, connection, transaction

from scale.domain.geo import GeoFacts
from scale.domain.times import now
from scale.models import ScaleFile
from scale.services.files import ParsedSource, parse_sources
from tests.factories import make_source, make_workspace

pytestmark = pytest.mark.django_db(transaction=True)

PATIENCE_SECONDS = 20


def parsed(source: ScaleFile) -> ParsedSource:
    return ParsedSource(source.pk, GeoFacts())


def race(turns: Sequence[tuple[Sequence[ScaleFile], Sequence[ScaleFile]]]) -> list[DatabaseError]:
    """Run a transaction per turn: use some files, meet the others, then parse some files."""
    barrier = threading.Barrier(len(turns), timeout=PATIENCE_SECONDS)
    failures: list[DatabaseError] = []

    def run(used: Sequence[ScaleFile], found: Sequence[ScaleFile]) -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("SET LOCAL deadlock_timeout = '50ms'")
                # What recording a product does to the files it descends from.
                ids = [file.pk for file in used]
                cursor.execute("SELECT 1 FROM scale_file WHERE id = ANY(%s) FOR KEY SHARE", [ids])
                barrier.wait()
                parse_sources([parsed(source) for source in found], now=now())
        except DatabaseError as exc:
            failures.append(exc)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=turn) for turn in turns]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
    return failures


def test_parse_sources_that_both_made_products_of_does_not_deadlock():
    source = make_source(make_workspace())

    assert race([([source], [source]), ([source], [source])]) == []

    assert ScaleFile.objects.get(pk=source.pk).is_parsed


def test_parse_sources_named_in_opposite_orders_locks_them_in_one():
    sources = [make_source(make_workspace()) for _ in range(40)]

    for _ in range(3):
        assert race([([], sources), ([], sources[::-1])]) == []
