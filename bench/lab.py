"""What all measures share: servers, the peers' environment, places and processes."""

import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

import redis

from bench.options import Options
from bench.postgres import own_database
from bench.venv import peers_python
from launcher.embedded import EmbeddedRedis
from launcher.errors import Problem
from launcher.fleet import Fleet
from launcher.paths import ROOT, VAR
from launcher.servers import Say, Servers, servers

T = TypeVar("T")

DIRECTORY = VAR / "bench"
PEERS = ROOT / "bench" / "peers"
PATIENCE_SECONDS = 300.0


def wait_until(
    check: Callable[[], T], *, what: str, seconds: float = PATIENCE_SECONDS, every: float = 0.05
) -> T:
    """Return the first true answer of `check`.

    Raises:
        Problem: none came in time.
    """
    deadline = time.monotonic() + seconds
    while not (answer := check()):
        if time.monotonic() > deadline:
            raise Problem(f"Waited {seconds:.0f} s for {what}; the logs are in {DIRECTORY}/log.")
        time.sleep(every)
    return answer


@dataclass(frozen=True)
class Lab:
    """A database server and a broker with their default durability, and room for processes."""

    options: Options
    servers: Servers
    #: The peers' broker: always a Redis of our own unless Scale uses the embedded one too.
    redis_url: str
    python: Path
    say: Say
    stack: ExitStack

    @contextmanager
    def section(self) -> Iterator["Lab"]:
        """Open a part of the lab whose databases and processes go when the block ends."""
        with ExitStack() as stack:
            yield replace(self, stack=stack)

    def database(self, name: str) -> str:
        """Make a database that goes with the lab; return its URL."""
        return self.stack.enter_context(own_database(self.servers.database, name))

    def redis(self, number: int) -> str:
        """Return the address of one of the databases inside the peers' Redis, emptied."""
        url = f"{self.redis_url.rpartition('/')[0]}/{number}"
        with redis.Redis.from_url(url) as client:
            client.flushdb()
        return url

    def broker(self, number: int) -> str:
        """Return the broker of a Scale: the one that was named, else a Redis database, emptied."""
        return self.servers.broker if "CELERY_BROKER_URL" in os.environ else self.redis(number)

    def fleet(self, environment: Mapping[str, str], commands: Mapping[str, str]) -> Fleet:
        """Return processes that are stopped with the lab; `commands` may be started by name."""
        fleet = Fleet(environment, DIRECTORY / "log")
        fleet.commands |= commands
        return self.stack.enter_context(fleet)

    def peer(self, script: str, *words: object, **environment: str) -> str:
        """Run a script of `bench/peers` in the peers' environment; return what it prints."""
        done = subprocess.run(
            [str(self.python), str(PEERS / script), *map(str, words)],
            env={"PATH": "/usr/bin:/bin", **environment},
            cwd=PEERS,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Problem(f"{script} {' '.join(map(str, words))} failed: {done.stderr[-800:]}")
        return done.stdout


@contextmanager
def open_lab(options: Options, say: Say) -> Iterator[Lab]:
    """Start what the measures need, for the block."""
    python = peers_python(DIRECTORY / "venv", say)
    with ExitStack() as stack:
        running = stack.enter_context(servers(DIRECTORY, say, durable=True))
        if "CELERY_BROKER_URL" in os.environ:
            ours = stack.enter_context(EmbeddedRedis(DIRECTORY / "peers"))
            redis_url = ours.url
            say(f"peers' broker: Redis on 127.0.0.1:{ours.port}")
        else:
            redis_url = running.broker
        # Closed before the servers: it holds databases and processes that use them.
        things = stack.enter_context(ExitStack())
        yield Lab(options, running, redis_url, python, say, things)
