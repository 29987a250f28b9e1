"""Fixtures shared by all tiers."""

import ctypes
from collections.abc import Iterator
from importlib import import_module

import pytest
from django.apps import apps
from django.db import connection

from scale.dispatch import Follower, Ring, broker
from scale.models import Scheduler
from scale.services.counts import mend_counts
from scale.services.feed import feed
from workers.processes.prctl import become_subreaper

PR_SET_CHILD_SUBREAPER = 36


@pytest.fixture(autouse=True)
def seeded(request: pytest.FixtureRequest) -> Iterator[None]:
    """Have what migrations put in the database, which tests with real transactions empty.

    Whatever a test did, the counts of jobs must be true afterwards.
    """
    marker = request.node.get_closest_marker("django_db")
    if not marker:
        yield
        return
    request.getfixturevalue("transactional_db" if marker.kwargs.get("transaction") else "db")
    if not Scheduler.objects.exists():
        import_module("scale.migrations.0002_seed").seed(apps, None)
    yield
    if connection.is_usable():
        assert mend_counts() == 0


@pytest.fixture(autouse=True)
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Follower]:
    """Record who asked for work after a commit, instead of starting its thread.

    What other tests have finished brings no test nearer to asking for a refill.
    """
    followers: list[Follower] = []
    monkeypatch.setattr("scale.services.feed._finished", 0)
    monkeypatch.setattr(Follower, "ask", lambda follower: followers.append(follower))
    return followers


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[Ring]]:
    """Record what would be published; the broker takes everything and holds it."""
    rings: list[Ring] = []

    def publish(new: list[Ring]) -> int:
        rings.extend(new)
        return len(new)

    monkeypatch.setattr(broker, "publish", publish)
    monkeypatch.setattr(broker, "waiting", lambda: len(rings))
    return rings


@pytest.fixture
def fed(published: list[Ring]) -> list[Ring]:
    """Publish what waits now; return all that was published."""
    feed()
    return published


@pytest.fixture
def subreaper() -> Iterator[None]:
    """Be the parent of orphans, as a worker is, until the test is over and no longer."""
    become_subreaper()
    yield
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
