"""Where things lie in a clone; nothing is written outside of it."""

import fcntl
import os
from pathlib import Path
from typing import IO

from launcher.errors import Problem

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
VENV = ROOT / ".venv"
EXAMPLES = ROOT / "examples"

LOG_MAX_BYTES = 10 * 1024 * 1024


def private_directory(path: Path) -> Path:
    """Make a directory only its owner can read, and return it."""
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def write_private(path: Path, text: str) -> None:
    """Replace a file by one only its owner can read, in one step."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    new.replace(path)


def open_log(path: Path) -> IO[bytes]:
    """Open a log for appending; one that has grown large is put aside first."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_MAX_BYTES:
        path.replace(path.with_name(path.name + ".1"))
    return path.open("ab")


def hold(path: Path, refusal: str) -> IO[str]:
    """Lock a file for as long as the returned object is open; the lock goes with the process.

    Raises:
        Problem: with the text `refusal`, when another process holds it.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.close()
        raise Problem(refusal) from None
    return file
