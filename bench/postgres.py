"""Databases for the block, on the server of a URL."""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql


@contextmanager
def own_database(server: str, name: str) -> Iterator[str]:
    """Make a database for the block; yield its URL."""
    unique = f"bench_{name}_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as link:
        link.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(unique)))
    try:
        yield urlunsplit(urlsplit(server)._replace(path=f"/{unique}"))
    finally:
        with psycopg.connect(server, autocommit=True) as link:
            link.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(unique)))


class Database:
    """One connection to a database, each statement its own transaction."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.link = psycopg.connect(url, autocommit=True)

    def rows(self, query: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Run a statement and return its rows."""
        cursor = self.link.execute(query.encode(), parameters or None)
        return cursor.fetchall() if cursor.description else []

    def value(self, query: str, parameters: Sequence[Any] = ()) -> Any:
        """Return the one value of a query."""
        return self.rows(query, parameters)[0][0]

    def close(self) -> None:
        """Close the connection."""
        self.link.close()
