"""Load on one URL from a process of its own: `python -m bench.http_load`, its task on stdin.

Each connection sends its next request as soon as it has the answer; hand-written, so that it costs
little of what it measures.
"""

import asyncio
import json
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlsplit

from bench.figures import percentile
from launcher.errors import Problem
from launcher.paths import ROOT


@dataclass(frozen=True, kw_only=True)
class Task:
    """What to send, and for how long."""

    url: str
    token: str
    method: str
    #: One body and one path per request, taken in turns.
    paths: list[str]
    body: str
    connections: int
    seconds: float
    #: Stop after so many requests; 0 is no limit.
    limit: int = 0


@dataclass(frozen=True)
class Load:
    """What came of it; latencies in milliseconds."""

    rate: float
    p50: float
    p99: float
    answers: dict[str, int]
    first_failure: str


def run_load(task: Task) -> Load:
    """Run a load generator and return what it found.

    Raises:
        Problem: it fails, or not every answer was a success.
    """
    done = start_load(task)
    return end_load(done)


def start_load(task: Task) -> "subprocess.Popen[str]":
    """Start a load generator."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.http_load"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    if process.stdin is not None:
        with process.stdin as stdin:
            stdin.write(json.dumps(asdict(task)))
    process.stdin = None
    return process


def end_load(process: "subprocess.Popen[str]") -> Load:
    """Wait for a load generator and return what it found.

    Raises:
        Problem: it fails, or not every answer was a success.
    """
    said, _ = process.communicate()
    if process.returncode != 0:
        raise Problem("The load generator failed.")
    load = Load(**json.loads(said))
    if any(not status.startswith("2") for status in load.answers):
        raise Problem(f"Not every request was answered well: {load.answers} {load.first_failure}")
    return load


class _Connection(asyncio.Protocol):
    def __init__(self, generator: "_Generator") -> None:
        self._generator = generator
        self._buffer = b""
        self._transport: Any = None
        self._sent = 0.0

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._send()

    def connection_lost(self, _reason: Exception | None) -> None:
        self._generator.closed(self)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, rest = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = 0
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        if len(rest) < length:
            return
        self._buffer = b""
        self._generator.answered(head[9:12].decode(), rest, time.monotonic() - self._sent)
        self._send()

    def _send(self) -> None:
        request = self._generator.next_request()
        if request is None:
            self._transport.close()
            return
        self._sent = time.monotonic()
        self._transport.write(request)


class _Generator:
    def __init__(self, task: Task) -> None:
        self._task = task
        self._place = urlsplit(task.url)
        self._sent = 0
        self._latencies: list[float] = []
        self._answers: dict[str, int] = {}
        self._first_failure = ""
        self._open = 0
        self._finished = asyncio.Event()
        self._deadline = 0.0

    async def run(self) -> Load:
        begun = time.monotonic()
        self._deadline = begun + self._task.seconds
        loop = asyncio.get_running_loop()
        host, port = self._place.hostname or "", self._place.port or 80
        for _ in range(self._task.connections):
            self._open += 1
            await loop.create_connection(lambda: _Connection(self), host, port)
        await self._finished.wait()
        seconds = time.monotonic() - begun
        return Load(
            rate=len(self._latencies) / seconds,
            p50=percentile(self._latencies, 0.5) * 1000,
            p99=percentile(self._latencies, 0.99) * 1000,
            answers=self._answers,
            first_failure=self._first_failure,
        )

    def next_request(self) -> bytes | None:
        task = self._task
        if time.monotonic() > self._deadline or (task.limit and self._sent >= task.limit):
            return None
        path = task.paths[self._sent % len(task.paths)]
        self._sent += 1
        head = (
            f"{task.method} {path} HTTP/1.1\r\nHost: {self._place.netloc}\r\n"
            f"Authorization: Token {task.token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(task.body)}\r\n\r\n"
        )
        return f"{head}{task.body}".encode()

    def answered(self, status: str, body: bytes, seconds: float) -> None:
        self._answers[status] = self._answers.get(status, 0) + 1
        self._latencies.append(seconds)
        if not status.startswith("2"):
            self._first_failure = self._first_failure or body[:300].decode(errors="replace")

    def closed(self, _connection: _Connection) -> None:
        self._open -= 1
        if not self._open:
            self._finished.set()


if __name__ == "__main__":
    given = Task(**json.loads(sys.stdin.read()))
    print(json.dumps(asdict(asyncio.run(_Generator(given).run()))))
