"""The servers that Scale stands on, and the proxies that it reaches them through."""

import os
import secrets
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import SplitResult, urlsplit

import psycopg
from psycopg.rows import dict_row

from chaos.broker import BrokerTool
from chaos.kinds import KINDS, Kind, Needs
from chaos.proxy import Proxy
from chaos.rabbitmq import OwnRabbitMQ
from launcher.embedded import EmbeddedPostgres, EmbeddedRedis
from launcher.errors import Problem
from launcher.server import Server
from launcher.servers import broker_answers

Row = dict[str, Any]

DEFAULT_PORTS = {"postgres": 5432, "postgresql": 5432, "redis": 6379, "amqp": 5672, "pyamqp": 5672}
QUERY_PATIENCE_SECONDS = 60.0
CRASH_SECONDS = 20.0
#: Longer than a message takes to a worker; PostgreSQL allows up to 100 ms.
SLOW_COMMIT_MICROSECONDS = 80_000


class Ground:
    """A database and a broker for the block, each reached by Scale through a proxy.

    The servers named by DATABASE_URL and CELERY_BROKER_URL are used if they are set, with a
    database of our own; otherwise own ones are started, which may be restarted and killed too.
    """

    def __init__(self, home: Path, broker: str, say: Callable[[str], None]) -> None:
        self._home = home
        self._kind = broker
        self._say = say
        self._resources = ExitStack()
        self.postgres: EmbeddedPostgres | None = None
        self.own_broker: Server | None = None
        #: As Scale sees them.
        self.database_url = ""
        self.broker_url = ""
        #: Ways to the database for one process each, by its name.
        self.links: dict[str, Proxy] = {}
        self._direct = ""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            server = self._start_database(stack)
            self._direct = stack.enter_context(_database_of_our_own(server))
            broker = self._start_broker(stack)
            self.broker = BrokerTool(broker, is_own=self.own_broker is not None)
            if self.own_broker is None:
                self.broker.require_unused()
            self.database_proxy = stack.enter_context(_proxy_for(self._direct))
            self.broker_proxy = stack.enter_context(_proxy_for(broker))
            self.database_url = _through(self._direct, self.database_proxy)
            self.broker_url = _through(broker, self.broker_proxy)
            self._resources = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._resources.close()

    def link(self, name: str) -> str:
        """Return an address of the database for one process, to cut it off alone."""
        self.links[name] = self._resources.enter_context(_proxy_for(self._direct))
        return _through(self._direct, self.links[name])

    def proxies(self, subject: str) -> list[Proxy]:
        """Return all proxies before the broker or the database."""
        if subject == "broker":
            return [self.broker_proxy]
        return [self.database_proxy, *self.links.values()]

    def kinds(self) -> list[Kind]:
        """Return the kinds of faults that are possible here."""
        own = {
            Needs.NOTHING: True,
            Needs.OWN_DATABASE: self.postgres is not None,
            Needs.OWN_BROKER: self.own_broker is not None,
        }
        return [kind for kind in KINDS if own[kind.needs]]

    def query(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
        """Return the rows of a query, asked past the proxy, for as long as the database is away.

        Raises:
            Problem: it has been away for too long.
        """
        deadline = time.monotonic() + QUERY_PATIENCE_SECONDS
        while True:
            try:
                with psycopg.connect(self._direct, connect_timeout=5, row_factory=dict_row) as link:
                    return link.execute(sql.encode(), parameters).fetchall()
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline:
                    raise Problem(f"The database has been away for too long: {error}") from None
                time.sleep(0.2)

    def stop_database(self, *, crash: bool) -> None:
        """Stop the own database: in order, or as a power cut would."""
        assert self.postgres is not None  # noqa: S101 -- its kinds are only planned then
        if crash and self.postgres.process is not None:
            self.postgres.process.send_signal(signal.SIGQUIT)
            self.postgres.process.wait(CRASH_SECONDS)
        self.postgres.stop()

    def start_database(self) -> None:
        """Start the own database again, on the port it had."""
        assert self.postgres is not None  # noqa: S101
        self.postgres.start()

    @contextmanager
    def slow_commits(self) -> Iterator[None]:
        """Have every commit of the own database take long for the block, as on a busy disk.

        What is published before the commit, or without waiting for it, then comes too early.
        """
        if self.postgres is None:
            yield
            return
        self._set_commit_delay(SLOW_COMMIT_MICROSECONDS)
        try:
            yield
        finally:
            self._set_commit_delay(0)

    def _set_commit_delay(self, microseconds: int) -> None:
        _execute(
            self._direct,
            f"ALTER SYSTEM SET commit_delay = {microseconds}",
            "ALTER SYSTEM SET commit_siblings = 0",
            "SELECT pg_reload_conf()",
        )

    def stop_broker(self, *, crash: bool) -> None:
        """Stop the own broker, in order or by SIGKILL."""
        if isinstance(self.own_broker, OwnRabbitMQ) and crash:
            self.own_broker.kill()
        elif self.own_broker is not None:
            if crash and self.own_broker.process is not None:
                self.own_broker.process.kill()
            self.own_broker.stop()

    def start_broker(self) -> None:
        """Start the own broker again, on the port it had."""
        assert self.own_broker is not None  # noqa: S101
        self.own_broker.start()

    def pids(self) -> set[int]:
        """Return the processes of the own servers."""
        servers = (self.postgres, self.own_broker)
        return {server.process.pid for server in servers if server and server.process}

    def heal(self) -> None:
        """Undo everything that was done to servers and connections."""
        for proxy in (*self.proxies("database"), *self.proxies("broker")):
            proxy.thaw()
            proxy.accept()

    def _start_database(self, stack: ExitStack) -> str:
        if url := os.environ.get("DATABASE_URL"):
            return url
        self.postgres = EmbeddedPostgres(self._home)
        stack.callback(self.postgres.stop)
        self.postgres.start()
        self._say(f"PostgreSQL of our own on 127.0.0.1:{self.postgres.port}")
        return self.postgres.url

    def _start_broker(self, stack: ExitStack) -> str:
        if url := os.environ.get("CELERY_BROKER_URL"):
            if reason := broker_answers(url):
                raise Problem(f"The broker of CELERY_BROKER_URL cannot be reached: {reason}.")
            return url
        own = OwnRabbitMQ(self._home) if self._kind == "rabbitmq" else EmbeddedRedis(self._home)
        self.own_broker = own
        stack.callback(own.stop)
        own.start()
        self._say(f"{own.name} of our own on 127.0.0.1:{own.port}")
        return own.url


def _address(url: str) -> tuple[SplitResult, str, int]:
    parts = urlsplit(url)
    port = parts.port or DEFAULT_PORTS.get(parts.scheme)
    if not parts.hostname or port is None:
        raise Problem(f"{parts.scheme}://… names no host and port: a proxy cannot stand before it.")
    return parts, parts.hostname, port


def _proxy_for(url: str) -> Proxy:
    _, host, port = _address(url)
    return Proxy(host, port)


def _through(url: str, proxy: Proxy) -> str:
    parts, _, _ = _address(url)
    login, at, _ = parts.netloc.rpartition("@")
    return parts._replace(netloc=f"{login}{at}127.0.0.1:{proxy.port}").geturl()


@contextmanager
def _database_of_our_own(server: str) -> Iterator[str]:
    """Make a database on a server for the block; yield its address."""
    name = f"scale_chaos_{os.getpid()}_{secrets.token_hex(4)}"
    _execute(server, f"CREATE DATABASE {name}")
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        with suppress(psycopg.OperationalError):  # an own server may be gone for good
            _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def _execute(server: str, *statements: str) -> None:
    with psycopg.connect(server, autocommit=True, connect_timeout=5) as link:
        for sql in statements:
            link.execute(sql.encode())
