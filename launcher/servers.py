"""The database and the broker of a run: those named in the environment, else embedded ones."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from kombu import Connection
from kombu.utils.url import maybe_sanitize_url

from launcher.embedded import EmbeddedPostgres, EmbeddedRedis
from launcher.errors import Problem

Say = Callable[[str], None]


@dataclass(frozen=True)
class Servers:
    """The addresses of the database and the broker."""

    database: str
    broker: str


@contextmanager
def servers(var_dir: Path, say: Say, *, durable: bool = True) -> Iterator[Servers]:
    """Run what `DATABASE_URL` and `CELERY_BROKER_URL` do not name, in `var_dir`, for the block.

    Raises:
        Problem: when a server that was named does not answer, or an embedded one does not start.
    """
    database, broker = os.environ.get("DATABASE_URL"), os.environ.get("CELERY_BROKER_URL")
    with ExitStack() as stack:
        if database:
            _require_database(database)
            say(f"database: {maybe_sanitize_url(database)} (DATABASE_URL)")
        else:
            postgres = stack.enter_context(EmbeddedPostgres(var_dir, durable=durable))
            database = postgres.url
            say(f"database: PostgreSQL on 127.0.0.1:{postgres.port}, data in {postgres.data}")
        if broker:
            _require_broker(broker)
            say(f"broker: {maybe_sanitize_url(broker)} (CELERY_BROKER_URL)")
        else:
            redis = stack.enter_context(EmbeddedRedis(var_dir))
            broker = redis.url
            say(f"broker: Redis on 127.0.0.1:{redis.port}")
        yield Servers(database, broker)


def _require_database(url: str) -> None:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise Problem(
            f"The database of DATABASE_URL cannot be reached: {reason} "
            "Start it, or unset DATABASE_URL to use an embedded PostgreSQL."
        ) from None


def broker_answers(url: str) -> str | None:
    """Return None when a broker answers at `url`, else why it does not."""
    options = {"socket_timeout": 5, "socket_connect_timeout": 5} if "redis" in url[:6] else {}
    try:
        with Connection(url, connect_timeout=5, transport_options=options) as connection:
            connection.ensure_connection(max_retries=1, timeout=5)
            connection.default_channel  # noqa: B018 - opening it makes Redis answer a ping
    except Exception as error:  # noqa: BLE001 - each transport has its own, and all mean "no"
        return str(error) or type(error).__name__
    return None


def _require_broker(url: str) -> None:
    if reason := broker_answers(url):
        raise Problem(
            f"The broker of CELERY_BROKER_URL cannot be reached: {reason}. "
            "Start it, or unset CELERY_BROKER_URL to use an embedded Redis."
        )
