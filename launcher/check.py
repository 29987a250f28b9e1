"""Everything a change has to pass, step by step; `bin/check` is exactly what CI runs."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass

from launcher.errors import exit_with
from launcher.paths import ROOT, VENV


@dataclass(frozen=True)
class Step:
    """One check: a command that says what is wrong and ends with a status other than 0."""

    name: str
    command: tuple[str, ...]
    #: Shown as it comes, not only on failure.
    is_live: bool = False


def tool(name: str) -> str:
    """Return the path of a program in the virtual environment."""
    return str(VENV / "bin" / name)


# mypy's Django plugin and makemigrations load the settings, which want a secret otherwise.
SETTINGS = {"SCALE_DEBUG": "true"}
MANAGE = (sys.executable, "manage.py")
STEPS = (
    Step("ruff check", (tool("ruff"), "check", ".")),
    Step("ruff format", (tool("ruff"), "format", "--check", ".")),
    Step("layering (lint-imports)", (tool("lint-imports"),)),
    Step("types (mypy)", (tool("mypy"),)),
    Step("migrations", (*MANAGE, "makemigrations", "--check", "--dry-run")),
    Step("schema", (*MANAGE, "spectacular", "--validate", "--fail-on-warn", "--file", os.devnull)),
    Step("spelling (codespell)", (tool("codespell"),)),
    Step(
        "tests",
        (sys.executable, "-m", "launcher.testing", "--cov", "--cov-report=term:skip-covered"),
        is_live=True,
    ),
)


def main() -> int:
    """Run every step, whatever the ones before it say, and name those that fail."""
    failed = [step.name for step in STEPS if not run(step)]
    if failed:
        print(f"check: FAILED: {', '.join(failed)}")
        return 1
    print("check: all passed")
    return 0


def run(step: Step) -> bool:
    """Run one step, print its name, result and time, and return whether it passed."""
    started = time.monotonic()
    print(f"check: {step.name} …", end="\n" if step.is_live else " ", flush=True)
    done = subprocess.run(
        step.command,
        cwd=ROOT,
        env=os.environ if step.is_live else SETTINGS | os.environ,
        stdin=subprocess.DEVNULL,
        stdout=None if step.is_live else subprocess.PIPE,
        stderr=None if step.is_live else subprocess.STDOUT,
        check=False,
    )
    is_passed = done.returncode == 0
    seconds = time.monotonic() - started
    head = f"check: {step.name} " if step.is_live else ""
    print(f"{head}{'ok' if is_passed else 'FAILED'} ({seconds:.1f} s)", flush=True)
    if not is_passed and done.stdout:
        print(done.stdout.decode(errors="replace"), flush=True)
    return is_passed


if __name__ == "__main__":
    exit_with(main)
