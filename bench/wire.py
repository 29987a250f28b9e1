"""Counting what clients ask of PostgreSQL, by forwarding their connections.

Needs no extension and no setting of the server, and counts alike for every library: a statement is
a simple query or the execution of a prepared one, a round trip is what ends with the server being
ready again.
"""

import asyncio
import re
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit, urlunsplit

from launcher.server import free_port

#: Counted beside the statements.
ROUND_TRIPS = "round trips"

_START = 8
_ENCRYPT = {80877103, 80877104}
_BLOCK = 65536
_WRITES = re.compile(
    r'\b(INSERT INTO|(?<!FOR )(?<!KEY )(?<!DO )UPDATE|DELETE FROM) "?(\w+)', re.IGNORECASE
)
_READS = re.compile(r'\b(?:FROM|JOIN) "?(?!LATERAL)(\w+)', re.IGNORECASE)


def label(query: str) -> str:
    """Return what a statement does to which tables, in a few words."""
    text = " ".join(query.split())
    if writes := _WRITES.findall(text):
        return ", ".join(dict.fromkeys(f"{verb.upper()} {table}" for verb, table in writes))
    if text[:4].upper() in {"SELE", "WITH"} and (reads := _READS.search(text)):
        return f"SELECT {reads[1]}"
    return text[:40]


class Conversation:
    """What one client says after its first message."""

    def __init__(self, counts: Counter[str]) -> None:
        self._counts = counts
        self._buffer = b""
        self._prepared: dict[bytes, str] = {}
        self._portals: dict[bytes, str] = {}

    def feed(self, data: bytes) -> None:
        """Count what is complete."""
        self._buffer += data
        while len(self._buffer) >= 5:
            length = 1 + int.from_bytes(self._buffer[1:5])
            if len(self._buffer) < length:
                return
            kind, body = self._buffer[:1], self._buffer[5:length]
            self._buffer = self._buffer[length:]
            self._message(kind, body)

    def _message(self, kind: bytes, body: bytes) -> None:
        if kind == b"Q":
            self._counts[label(body[:-1].decode())] += 1
            self._counts[ROUND_TRIPS] += 1
        elif kind == b"P":
            name, query, *_ = body.split(b"\0")
            self._prepared[name] = label(query.decode())
        elif kind == b"B":
            portal, name, *_ = body.split(b"\0", 2)
            self._portals[portal] = self._prepared.get(name, "?")
        elif kind == b"E":
            self._counts[self._portals.get(body.partition(b"\0")[0], "?")] += 1
        elif kind == b"S":
            self._counts[ROUND_TRIPS] += 1


class Wire:
    """A door to a database server, on a loopback port, in a thread of its own."""

    def __init__(self, database: str) -> None:
        self._place = urlsplit(database)
        self.port = free_port()
        self.counts: Counter[str] = Counter()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)

    def url(self, database: str) -> str:
        """Return the address of a database of this server, through the door."""
        parts = urlsplit(database)
        user, at, _ = parts.netloc.rpartition("@")
        return urlunsplit(parts._replace(netloc=f"{user}{at}127.0.0.1:{self.port}"))

    def __enter__(self) -> Self:
        self._thread.start()
        self._listening.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()

    async def _run(self) -> None:
        self._loop, self._closing = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self._listening.set()
        await self._closing.wait()
        server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(asyncio.IncompleteReadError, asyncio.CancelledError, ConnectionError):
            start = await reader.readexactly(_START)
            while int.from_bytes(start[4:]) in _ENCRYPT:
                writer.write(b"N")
                start = await reader.readexactly(_START)
            rest = await reader.readexactly(int.from_bytes(start[:4]) - _START)
            host, port = self._place.hostname or "127.0.0.1", self._place.port or 5432
            answers, asks = await asyncio.open_connection(host, port)
            asks.write(start + rest)
            conversation = Conversation(self.counts)
            await asyncio.gather(
                _forward(answers, writer), _forward(reader, asks, conversation.feed)
            )
        writer.close()


async def _forward(
    source: asyncio.StreamReader,
    target: asyncio.StreamWriter,
    look: Callable[[bytes], None] | None = None,
) -> None:
    try:
        while data := await source.read(_BLOCK):
            if look is not None:
                look(data)
            target.write(data)
            await target.drain()
    finally:
        target.close()
