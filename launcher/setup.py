"""Make the virtual environment of this clone. Standard library only: it runs before all else.

Run as `python -m launcher.setup [--dev]`; a stamp inside `.venv` makes a second run a matter of
milliseconds, and a lock makes two at a time safe.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
import time
from pathlib import Path

from launcher.errors import Problem, exit_with
from launcher.paths import ROOT, VAR, VENV

PYTHON = VENV / "bin" / "python"
LOG = VAR / "log" / "setup.log"
RUNTIME = ROOT / "requirements.txt"
DEVELOPMENT = ROOT / "requirements-dev.txt"
NETWORK_SIGNS = (
    "NewConnectionError",
    "Temporary failure in name resolution",
    "Max retries exceeded",
    "ConnectTimeoutError",
    "Network is unreachable",
)


def main() -> int:
    """Bring `.venv` up to what the requirements file pins."""
    requirements = DEVELOPMENT if "--dev" in sys.argv[1:] else RUNTIME
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with (VAR / "setup.lock").open("a") as lock:
        _wait_for(lock.fileno())
        if not _is_installed(requirements):
            _make_environment()
            _install(requirements)
    return 0


def _wait_for(lock: int) -> None:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        print("setup: waiting for another setup of this clone", flush=True)
        fcntl.flock(lock, fcntl.LOCK_EX)


def _stamp(requirements: Path) -> Path:
    return VENV / f".installed-{requirements.stem}"


def _stamp_text(requirements: Path) -> str:
    # The path, since the scripts in .venv/bin name it: a clone that was moved is set up anew.
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    return f"{digest} {VENV}\n"


def _is_installed(requirements: Path) -> bool:
    if not os.access(PYTHON, os.X_OK):
        return False
    stamp = _stamp(requirements)
    return stamp.exists() and stamp.read_text() == _stamp_text(requirements)


def _make_environment() -> None:
    if _is_usable() and not _was_moved():
        return
    print(f"setup: virtual environment with Python {sys.version.split()[0]}", flush=True)
    made = _run([sys.executable, "-m", "venv", "--clear", str(VENV)])
    if made != 0 or not _is_usable():
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        raise Problem(
            f"{sys.executable} cannot make a virtual environment with pip (Debian, Ubuntu: "
            f"apt install python{version}-venv); details are in {LOG}."
        )


def _is_usable() -> bool:
    check = "import pip, sys; sys.exit(sys.version_info < (3, 11))"
    return os.access(PYTHON, os.X_OK) and _run([str(PYTHON), "-c", check]) == 0


def _was_moved() -> bool:
    stamps = [stamp.read_text() for stamp in VENV.glob(".installed-*")]
    return any(not text.endswith(f" {VENV}\n") for text in stamps)


def _install(requirements: Path) -> None:
    pins = [line for line in requirements.read_text().splitlines() if "==" in line]
    print(f"setup: installing {len(pins)} packages of {requirements.name} …", flush=True)
    started = time.monotonic()
    pip = [str(PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    if _run([*pip, "--requirement", str(requirements)]) != 0:
        raise Problem(_why_pip_failed(requirements))
    _stamp(requirements).write_text(_stamp_text(requirements))
    if requirements == DEVELOPMENT:
        # It pins what requirements.txt pins, and more.
        _stamp(RUNTIME).write_text(_stamp_text(RUNTIME))
    print(f"setup: installed in {time.monotonic() - started:.0f} s", flush=True)


def _why_pip_failed(requirements: Path) -> str:
    said = LOG.read_text(errors="replace")
    if any(sign in said for sign in NETWORK_SIGNS):
        return f"The packages cannot be fetched: the package index is out of reach (see {LOG})."
    errors = [line for line in said.splitlines() if line.startswith("ERROR")]
    reason = errors[-1].removeprefix("ERROR: ") if errors else "pip failed"
    return f"Installing {requirements.name} failed: {reason} (see {LOG})"


def _run(command: list[str]) -> int:
    environment: dict[str, str] = {}
    # Nothing is written outside the clone: pip keeps no cache unless told where, and the
    # `rustc --version` it asks for its user agent makes no ~/.rustup.
    if "PIP_CACHE_DIR" not in os.environ:
        environment["PIP_NO_CACHE_DIR"] = "1"
    if not Path("~/.rustup").expanduser().exists():
        environment["RUSTUP_HOME"] = os.environ.get("RUSTUP_HOME", str(VAR / "tmp" / "rustup"))
    with LOG.open("wb") as log:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=False,
        )
    return done.returncode


if __name__ == "__main__":
    exit_with(main)
