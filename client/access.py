"""Which server to ask, and as whom: the environment, a stored login, or this clone's Scale."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path

import httpx

from client.errors import ExitCode, Problem, misuse

RUN_FILE = Path(__file__).resolve().parent.parent / "var" / "run.json"


@dataclass(frozen=True)
class Access:
    """A server and what one signs in with there; the token stays out of every text."""

    url: str
    token: str | None

    def __repr__(self) -> str:
        return f"Access({self.url!r})"


def find_access(environ: Mapping[str, str], run_file: Path = RUN_FILE) -> Access:
    """Return the access to use; SCALE_URL and SCALE_TOKEN win over what is stored.

    A stored token is only ever sent to the server it was stored for.

    Raises:
        Problem: nothing says where Scale is, or a stored login cannot be read.
    """
    named = environ.get("SCALE_URL")
    url = clean_url(named) if named else None
    token = environ.get("SCALE_TOKEN") or None
    if url and token:
        return Access(url, token)
    for path in (config_file(environ), run_file):
        stored = _read(path)
        if stored and url in (None, stored.url):
            return Access(stored.url, token or stored.token)
    if url:
        return Access(url, None)
    raise Problem(
        ExitCode.NOT_ALLOWED,
        "No server is known: run `scale login URL`, or set SCALE_URL and SCALE_TOKEN.",
    )


def config_file(environ: Mapping[str, str]) -> Path:
    """Return where the login is stored."""
    home = environ.get("XDG_CONFIG_HOME") or ""
    base = Path(home) if Path(home).is_absolute() else Path.home() / ".config"
    return base / "scale" / "config.json"


def store(access: Access, path: Path) -> None:
    """Keep an access in a file that only its owner can read, in one step.

    Raises:
        Problem: the file cannot be written.
    """
    text = json.dumps({"url": access.url, "token": access.token}, indent=1) + "\n"
    new = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        new.unlink(missing_ok=True)
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        new.replace(path)
    except OSError as error:
        raise misuse(f"{path} cannot be written: {error.strerror}.") from error


def clean_url(text: str) -> str:
    """Return a server's address without its final slash.

    Raises:
        Problem: it is no http or https address, or carries more than a host and a path.
    """
    try:
        url = httpx.URL(text.strip())
    except httpx.InvalidURL:
        url = httpx.URL()
    if url.scheme not in ("http", "https") or not url.host:
        raise misuse(f"{text!r} is no address of a server, such as http://127.0.0.1:8000.")
    if url.userinfo or url.query or url.fragment:
        raise misuse("The address is a host and perhaps a path; give the token by itself.")
    return str(url).rstrip("/")


def is_loopback(url: str) -> bool:
    """Tell whether an address is on this machine."""
    host = httpx.URL(url).host
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _read(path: Path) -> Access | None:
    try:
        stored = json.loads(path.read_text("utf-8"))
        return Access(clean_url(stored["url"]), stored.get("token"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError, LookupError, TypeError, AttributeError) as error:
        raise misuse(f"{path} cannot be read ({error}); run `scale login URL` again.") from error
