"""Signing in."""

import sys
from typing import Annotated

import httpx
import typer

from client.access import Access, clean_url, config_file, is_loopback, store
from client.errors import misuse
from client.session import Session


def login(
    ctx: typer.Context,
    url: Annotated[str, typer.Argument(help="Where Scale is, such as http://127.0.0.1:8000.")],
    token: Annotated[
        str | None,
        typer.Option(help="The token; if left out it is asked for, or read from a pipe."),
    ] = None,
) -> None:
    """Store a server and a token, after trying them."""
    session: Session = ctx.obj
    key = _ask_token() if token is None else token.strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise misuse("That is no token: it has letters that no token has.")
    access = Access(clean_url(url), key or None)
    version = session.connect(access).get("/version/")["version"]
    path = config_file(session.environ)
    store(access, path)
    if httpx.URL(access.url).scheme == "http" and not is_loopback(access.url):
        session.out.note("Note: without https the token crosses the network readably.")
    session.out.say(f"Signed in at {access.url} (Scale {version}); stored in {path}.")


def _ask_token() -> str:
    if sys.stdin.isatty():
        return str(typer.prompt("Token", hide_input=True, default="", show_default=False)).strip()
    return sys.stdin.readline().strip()
