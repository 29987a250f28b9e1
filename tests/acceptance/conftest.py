"""Fixtures of the acceptance tier: one running system per broker."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.system import System, running_system

BROKERS = ("redis", "rabbitmq")


def broker_url(kind: str) -> str:
    """Return the address of a broker of this kind, or skip the test saying why."""
    given = os.environ.get("CELERY_BROKER_URL", "redis://127.0.0.1:6379/0")
    if kind == "redis":
        if not given.startswith("redis"):
            pytest.skip("CELERY_BROKER_URL names no Redis")
        return given
    url = os.environ.get("SCALE_TEST_RABBITMQ_URL")
    if not url:
        pytest.skip("no RabbitMQ answers: SCALE_TEST_RABBITMQ_URL is not set")
    return url


@pytest.fixture(scope="session", params=BROKERS)
def system(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """Run a whole Scale, once for all tests of a broker."""
    url = broker_url(request.param)
    directory: Path = tmp_path_factory.mktemp(f"scale-{request.param}")
    with running_system(directory, url) as running:
        yield running
