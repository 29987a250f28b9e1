"""What every command works with: the server, the output, and what was asked for."""

import os
import sys
from collections.abc import Mapping
from functools import cached_property
from typing import Annotated

import httpx
import typer

from client.access import find_access
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
    ) -> None:
        self.environ = environ
        self.transport = transport
        self.out = Output(is_plain=bool(environ.get("NO_COLOR")) or not sys.stdout.isatty())

    @cached_property
    def rest(self) -> Rest:
        """Return the server that is configured.

        Raises:
            Problem: none is.
        """
        return Rest(find_access(self.environ), self.transport)
