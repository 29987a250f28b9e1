"""A TCP proxy that can be told to misbehave: freeze, cut its connections, refuse new ones."""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Iterator
from types import TracebackType
from typing import Any, Self, TypeVar

T = TypeVar("T")

BLOCK_BYTES = 65536
COMMAND_SECONDS = 10.0


class Proxy:
    """Forwards connections from a loopback port to a server.

    Runs on a thread of its own; every method returns when its effect is there.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="proxy", daemon=True)
        self._server: asyncio.Server | None = None
        self._flowing = asyncio.Event()
        self._writers: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def __enter__(self) -> Self:
        self._thread.start()
        self._flowing.set()
        self.accept()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.refuse()
        self._run(self._finish())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(COMMAND_SECONDS)
        self._loop.close()

    def accept(self) -> None:
        """Listen, on the same port as before; safe to call again."""
        if self._server is None:
            self._run(self._listen())

    def refuse(self) -> None:
        """Stop listening and cut what is connected: the server looks as if it were down."""
        self._run(self._stop_listening())

    def freeze(self) -> None:
        """Accept, but forward nothing more in either direction: the server looks hung."""
        self._run(self._set_flowing(False))

    def thaw(self) -> None:
        """Forward again, beginning with what came meanwhile."""
        self._run(self._set_flowing(True))

    def cut(self) -> int:
        """Reset every connection; return how many there were. New ones are welcome."""
        return self._run(self._cut())

    def _run(self, command: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(command, self._loop).result(COMMAND_SECONDS)

    async def _listen(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _stop_listening(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._cut()

    async def _set_flowing(self, is_flowing: bool) -> None:
        if is_flowing:
            self._flowing.set()
        else:
            self._flowing.clear()

    async def _cut(self) -> int:
        # Each connection has two ends, the client's and the server's.
        count = len(self._writers)
        for writer in self._writers:
            writer.transport.abort()
        return (count + 1) // 2

    async def _finish(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        # A command may cut or close the connection at any moment: then there is nothing to do.
        with contextlib.suppress(OSError, asyncio.CancelledError), self._entered(writer):
            await self._flowing.wait()
            there, back = await asyncio.open_connection(*self._target)
            with self._entered(back):
                await asyncio.gather(self._pump(reader, back), self._pump(there, writer))

    @contextlib.contextmanager
    def _entered(self, writer: asyncio.StreamWriter) -> Iterator[None]:
        self._writers.add(writer)
        try:
            yield
        finally:
            self._writers.discard(writer)
            writer.close()

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(BLOCK_BYTES):
                await self._flowing.wait()
                writer.write(data)
                await writer.drain()
        finally:
            # One side has ended: so does the other, as far as this direction goes.
            writer.close()
