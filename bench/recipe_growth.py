"""What a recipe costs as it grows: `.venv/bin/python -m bench.recipe_growth`.

Alone among the measures this one looks inside a process, for it counts statements and memory. What
runs there is `bench/programs/recipe_growth.py`, a process for each size, on a database made for it.
"""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from bench.lab import DIRECTORY
from bench.postgres import Database, own_database
from launcher import leash
from launcher.errors import Problem, exit_with
from launcher.paths import ROOT
from launcher.servers import servers

SIZES = (
    ("fan", 10),
    ("fan", 100),
    ("fan", 1_000),
    ("fan", 10_000),
    ("chain", 1_000),
)
TITLES = {"fan": "fan-out and join", "chain": "chain"}
HEAD = ("Recipe", "Jobs", "create", "answer", "finish the root", "finish one of the others")
PROGRAM = ROOT / "bench" / "programs" / "recipe_growth.py"
SET_UP = (
    "import runpy, sys, django; django.setup(); sys.argv = sys.argv[1:];"
    " runpy.run_path(sys.argv[0], run_name='__main__')"
)


def main() -> int:
    """Measure every size; print a table."""
    leash.adopt_orphans()
    rows = []
    with (
        servers(DIRECTORY, say) as running,
        own_database(running.database, f"recipes_{os.getpid()}") as database,
    ):
        environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "PYTHONPATH": str(ROOT),
            "DJANGO_SETTINGS_MODULE": "scale.settings",
            "DATABASE_URL": database,
            "CELERY_BROKER_URL": running.broker,
            "SCALE_SECRET_KEY": secrets.token_hex(),
            "SCALE_HTTPS": "false",
            "SCALE_LOG_LEVEL": "WARNING",
        }
        python((str(ROOT / "manage.py"), "migrate", "--no-input", "--verbosity=0"), environment)
        link = Database(database)
        for shape, jobs in SIZES:
            link.rows("VACUUM ANALYZE")
            words = ("-c", SET_UP, str(PROGRAM), shape, str(jobs), str(DIRECTORY / "recipes"))
            found = json.loads(python(words, environment).splitlines()[-1])
            say(f"{TITLES[shape]} of {jobs:,}: {found}")
            rows.append(row(shape, jobs, found))
        link.close()
    leash.sweep()
    print(f"\n{datetime.now(UTC):%Y-%m-%d}, load {os.getloadavg()[0]:.1f}\n")
    print("\n".join(f"| {' | '.join(cells)} |" for cells in (HEAD, ("---",) * len(HEAD), *rows)))
    return 0


def say(text: str) -> None:
    """Tell the user how far it is."""
    print(text, flush=True)


def python(words: Iterable[str], environment: Mapping[str, str]) -> str:
    """Run Python and return what it prints.

    Raises:
        Problem: it fails.
    """
    done = subprocess.run(
        [sys.executable, *words],
        env=dict(environment),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise Problem(f"A program failed: {done.stderr[-800:]}")
    return done.stdout


def row(shape: str, jobs: int, found: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a line of the table."""
    size = found["answer_bytes"] / 1024
    written = f"{size:,.0f} KiB" if size < 1024 else f"{size / 1024:.1f} MiB"
    return (
        TITLES[shape],
        f"{jobs:,}",
        f"{cost(found['create'])}, {memory(found['create'])}",
        f"{written}, {cost(found['answer'])}, {memory(found['answer'])}",
        f"{cost(found['root'])}, {memory(found['root'])}",
        cost(found["child"]),
    )


def cost(one: Mapping[str, float]) -> str:
    """Return the time, what Python computed in it, and the number of statements."""
    return f"{duration(one['seconds'])} ({duration(one['cpu'])}), {one['statements']:.0f}"


def duration(seconds: float) -> str:
    """Return a duration in the unit that suits it."""
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds * 1000:.0f} ms"


def memory(one: Mapping[str, float]) -> str:
    """Return how far the highest resident size went up."""
    return f"+{one['bytes'] / 2**20:.0f} MiB"


if __name__ == "__main__":
    exit_with(main)
