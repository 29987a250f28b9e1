"""The virtual environment of the peers, so that what they need never reaches Scale's own."""

import subprocess
import sys
from pathlib import Path

from launcher.errors import Problem
from launcher.paths import ROOT
from launcher.servers import Say

REQUIREMENTS = ROOT / "bench" / "requirements-peers.txt"


def peers_python(directory: Path, say: Say) -> Path:
    """Return the Python of the peers' environment in `directory`, made on first use.

    Raises:
        Problem: the packages cannot be installed.
    """
    python = directory / "bin" / "python"
    stamp = directory / ".installed"
    wanted = f"{REQUIREMENTS.read_text()}{directory}\n"
    if stamp.exists() and stamp.read_text() == wanted:
        return python
    say("installing the peers …")
    _run([sys.executable, "-m", "venv", "--clear", str(directory)])
    pip = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--quiet"]
    _run([*pip, "--requirement", str(REQUIREMENTS)])
    stamp.write_text(wanted)
    return python


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Problem(f"The peers cannot be installed: {(done.stderr or done.stdout)[-300:]}")
