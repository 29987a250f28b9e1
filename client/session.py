"""What every command works with: the server, the output, and what was asked for."""

import os
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Annotated

import httpx
import typer

from client.access import Access, find_access
from client.follow import Watch
from client.output import Output
from client.rest import Rest

AsJson = Annotated[bool, typer.Option("--json", help="Print the API's JSON, for programs.")]
Follow = Annotated[bool, typer.Option("--follow", "-f", help="Follow it until it ends.")]
Limit = Annotated[int, typer.Option(min=0, help="How many at most; 0 for all.")]


class Session:
    """One run of the command line; the server is looked for when it is first needed."""

    def __init__(
        self,
        environ: Mapping[str, str] = os.environ,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.environ = environ
        self._transport = transport
        self._pause = pause
        self.out = Output(is_plain=bool(environ.get("NO_COLOR")))

    @cached_property
    def rest(self) -> Rest:
        """Return the server that is configured.

        Raises:
            Problem: none is.
        """
        return self.connect(find_access(self.environ))

    def connect(self, access: Access) -> Rest:
        """Return the server that an access names."""
        return Rest(access, self._transport, self._pause)

    def watch(self) -> Watch:
        """Return what asks the server again and again."""
        return Watch(self.out, self._pause)
