import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest
import redis

from launcher.embedded import NO_RETRY, EmbeddedPostgres, EmbeddedRedis
from launcher.errors import Problem
from launcher.paths import ROOT
from launcher.privileges import is_root

PARENT = """
import sys, time
from pathlib import Path
from launcher.embedded import EmbeddedPostgres, EmbeddedRedis
var = Path(sys.argv[1])
with EmbeddedPostgres(var, durable=False) as postgres, EmbeddedRedis(var) as broker:
    print(postgres.process.pid, broker.process.pid, flush=True)
    time.sleep(60)
"""


def one(url: str, query: str) -> object:
    with psycopg.connect(url, autocommit=True) as link:
        row = link.execute(query).fetchone()
    return row and row[0]


@pytest.fixture(scope="module")
def deep_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    # Longer than the 107 bytes of a socket path, with a space and a quote in it.
    path = tmp_path_factory.mktemp("it's a") / ("deep " * 20) / ("er" * 40)
    path.mkdir(parents=True)
    return path


@pytest.fixture(scope="module")
def postgres(deep_dir: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(deep_dir, durable=True) as server:
        yield server


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[EmbeddedRedis]:
    with EmbeddedRedis(tmp_path) as server:
        yield server


def test_postgres_is_durable_and_not_trusting(postgres: EmbeddedPostgres) -> None:
    assert one(postgres.url, "show fsync") == "on"
    assert one(postgres.url, "show synchronous_commit") == "on"
    assert one(postgres.url, "show listen_addresses") == "127.0.0.1"
    assert one(postgres.url, "select upper('é')") == "É"
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(postgres.url.replace(postgres.password, "guess"))


def test_postgres_never_runs_as_root(postgres: EmbeddedPostgres) -> None:
    assert postgres.process is not None

    assert psutil.Process(postgres.process.pid).uids().effective != 0


def test_postgres_files_are_closed_to_others(postgres: EmbeddedPostgres) -> None:
    for path in (postgres.home, postgres.data, postgres.home / "password"):
        assert path.stat().st_mode & 0o077 == 0


def test_postgres_in_use_is_refused_to_a_second_start(postgres: EmbeddedPostgres) -> None:
    with pytest.raises(Problem, match="in use by another"):
        EmbeddedPostgres(postgres.home.parent).start()

    assert one(postgres.url, "select 1") == 1


def test_postgres_started_again_keeps_data_and_port(tmp_path: Path) -> None:
    server = EmbeddedPostgres(tmp_path, durable=False)
    with server:
        with psycopg.connect(server.url, autocommit=True) as link:
            link.execute("create table kept as select 42 as n")
        first = server.url
    assert server.process is None

    with server:
        assert server.url == first
        assert one(server.url, "select n from kept") == 42


def test_postgres_after_interrupted_initdb_starts(tmp_path: Path) -> None:
    half = tmp_path / "postgresql" / "data.new"
    half.mkdir(parents=True)
    (half / "PG_VERSION").write_text("18\n")

    with EmbeddedPostgres(tmp_path, durable=False) as server:
        assert one(server.url, "select 1") == 1


def test_postgres_without_its_password_says_what_to_remove(tmp_path: Path) -> None:
    (tmp_path / "postgresql" / "data-18").mkdir(parents=True)

    with pytest.raises(Problem, match=r"remove .*postgresql"):
        EmbeddedPostgres(tmp_path).start()


def test_postgres_that_cannot_start_shows_its_last_words(tmp_path: Path) -> None:
    home = tmp_path / "postgresql"
    (home / "data-18").mkdir(parents=True)
    (home / "password").write_text("secret")

    with pytest.raises(Problem, match="did not start; its log"):
        EmbeddedPostgres(tmp_path).start()


def test_redis_wants_a_password_and_never_evicts(broker: EmbeddedRedis) -> None:
    with redis.Redis.from_url(broker.url) as client:
        assert client.config_get("maxmemory-policy") == {"maxmemory-policy": "noeviction"}
        assert client.config_get("save") == {"save": ""}
    with (
        redis.Redis(port=broker.port, retry=NO_RETRY) as stranger,
        pytest.raises(redis.AuthenticationError),
    ):
        stranger.ping()


def test_redis_password_is_in_no_argument_list(broker: EmbeddedRedis) -> None:
    assert broker.process is not None

    assert broker.password not in " ".join(psutil.Process(broker.process.pid).cmdline())


def test_redis_from_the_wheel_serves_where_path_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with EmbeddedRedis(tmp_path) as server, redis.Redis.from_url(server.url) as client:
        assert client.ping()


def test_servers_end_with_a_killed_launcher(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path)], cwd=ROOT, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        started = [psutil.Process(int(pid)) for pid in parent.stdout.readline().split()]
        assert len(started) == 2

        parent.send_signal(signal.SIGKILL)
        parent.wait()

        assert psutil.wait_procs(started, timeout=20)[1] == []


@pytest.mark.parametrize("kind", [EmbeddedPostgres, EmbeddedRedis])
def test_server_left_over_is_ended_by_the_next_start(
    tmp_path: Path, kind: type[EmbeddedPostgres | EmbeddedRedis]
) -> None:
    forgotten = kind(tmp_path)
    forgotten.start()
    process = forgotten.process
    assert process is not None
    assert forgotten._lock is not None
    forgotten._lock.close()

    with kind(tmp_path) as server:
        assert process.wait(timeout=20) is not None
        assert server.process is not None
        assert server.process.pid != process.pid


@pytest.mark.parametrize("kind", [EmbeddedPostgres, EmbeddedRedis])
def test_recorded_pid_of_a_stranger_is_left_alone(
    tmp_path: Path, kind: type[EmbeddedPostgres | EmbeddedRedis], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kind, "_recorded_pid", lambda _self: os.getpid())

    kind(tmp_path)._end_leftover()


@pytest.mark.skipif(not is_root(), reason="only root gives up its rights")
def test_postgres_without_setpriv_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(Problem, match="util-linux"):
        EmbeddedPostgres(tmp_path).start()
