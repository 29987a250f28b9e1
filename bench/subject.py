"""Scale as it is measured: a database of its own, the processes of the Procfile, its REST API."""

import json
import secrets
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import psycopg

from bench.figures import steady_rate
from bench.lab import DIRECTORY, Lab, wait_until
from bench.postgres import Database
from bench.rows import QUEUED_EXECUTION, QUEUED_JOB, copy_job, remove_jobs
from bench.watch import watch
from bench.wire import Wire
from launcher.errors import Problem
from launcher.paths import ROOT
from launcher.server import free_port

BACKGROUND = ("system", "beat")
#: The peers have the Redis databases before it.
FIRST_BROKER = 4


class Scale:
    """Runs only while it is measured, but for the web process, which idles.

    Where several are beside each other their numbers keep their brokers apart. What a wire counts
    is what Scale's processes ask; this one asks beside it.
    """

    name = "Scale"

    def __init__(self, lab: Lab, *, number: int = 0, wire: Wire | None = None) -> None:
        self.lab = lab
        self.broker = lab.broker(FIRST_BROKER + number)
        self.database_url = lab.database("scale")
        self.workers = tuple(f"worker-{n}" for n in range(lab.options.processes))
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.fleet = lab.fleet(
            {
                "DATABASE_URL": wire.url(self.database_url) if wire else self.database_url,
                "CELERY_BROKER_URL": self.broker,
                "PORT": str(port),
                "SCALE_SECRET_KEY": secrets.token_hex(),
                "SCALE_ALLOWED_HOSTS": "127.0.0.1",
                "SCALE_HTTPS": "false",
                "SCALE_WORK_DIR": str(DIRECTORY / "work"),
                "SCALE_WORKER_CONCURRENCY": str(lab.options.slots),
                "SCALE_LOG_LEVEL": lab.options.loglevel,
            },
            {},
        )
        for worker in self.workers:
            self.fleet.commands[worker] = self.fleet.commands["worker"]
        self.manage("migrate", "--no-input", "--verbosity=0")
        said = self.manage("create_user", "bench", "--role", "administrator", "--token")
        self.token = said.strip().splitlines()[-1]
        self.http = httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Token {self.token}"},
            timeout=300,
            trust_env=False,
        )
        lab.stack.callback(self.http.close)
        self.database = Database(self.database_url)
        lab.stack.callback(self.database.close)
        self.fleet.start("web")
        wait_until(self._is_healthy, what="Scale's web process")
        self.true = self.job_type("true", "/bin/true")
        self.template = self.queue(self.true)

    def manage(self, *words: str, **environment: str) -> str:
        """Run a management command and return what it prints.

        Raises:
            Problem: it fails.
        """
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *words],
            env=self.fleet.environment | environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Problem(f"manage.py {words[0]} failed: {done.stderr[-500:]}")
        return done.stdout

    def request(self, method: str, path: str, **options: Any) -> Any:
        """Send a request that must succeed; return the answer's JSON.

        Raises:
            Problem: it does not.
        """
        response = self.http.request(method, path, **options)
        if not response.is_success:
            raise Problem(f"{method} {path}: {response.status_code} {response.text[:500]}")
        return response.json()

    def job_type(self, name: str, command: str, arguments: str = "", **fields: Any) -> int:
        """Register a job type without inputs and outputs."""
        interface = {
            "command": command,
            "command_arguments": arguments,
            "input_data": [],
            "output_data": [],
        }
        body = {"name": name, "version": "1.0", "interface": interface, **fields}
        return int(self.request("POST", "/job-types/", json=body)["id"])

    def queue(self, job_type_id: int) -> int:
        """Queue one job as a client does; return its id."""
        return int(self.request("POST", "/queue/new-job/", json={"job_type_id": job_type_id})["id"])

    def recipe_type(self, name: str, definition: dict[str, Any]) -> int:
        """Register a recipe type."""
        body = {"name": name, "version": "1.0", "definition": definition}
        return int(self.request("POST", "/recipe-types/", json=body)["id"])

    def queue_recipe(self, recipe_type_id: int) -> int:
        """Queue a recipe that takes nothing, as a client does; return its id."""
        body = {"recipe_type_id": recipe_type_id}
        return int(self.request("POST", "/queue/new-recipe/", json=body)["id"])

    def pause(self, job_type_id: int, *, paused: bool) -> None:
        """Pause or resume a job type."""
        self.request("PATCH", f"/job-types/{job_type_id}/", json={"is_paused": paused})

    def fill(self, count: int) -> None:
        """Queue so many `/bin/true` jobs at once."""
        copy_job(self.database, [self.template], count, job=QUEUED_JOB, execution=QUEUED_EXECUTION)
        self.database.rows("ANALYZE job, job_exe")

    def clear_queue(self) -> None:
        """Take away whatever waits, but for the job that others are copies of."""
        remove_jobs(self.database, f"status = 'QUEUED' AND id <> {self.template}")

    @contextmanager
    def running(self) -> Iterator[None]:
        """Run everything for the block."""
        self.fleet.start(*BACKGROUND, *self.workers)
        try:
            yield
        finally:
            self.fleet.stop(*BACKGROUND, *self.workers)

    def clock(self) -> Any:
        """Return the database's present instant."""
        return self.database.value("SELECT clock_timestamp()")

    def completed_since(self, instant: Any, job_type: int | None = None) -> int:
        """Return how many jobs of a type, else of the usual one, were completed since."""
        count = self.database.value(
            """
            SELECT count(*) FROM job_exe
            WHERE last_modified >= %s AND status = 'COMPLETED' AND job_type_id = %s
            """,
            (instant, job_type or self.true),
        )
        return int(count)

    def drain(self) -> float:
        """Return the jobs done a second, all queued beforehand."""
        jobs, begun = self.lab.options.jobs, self.clock()
        self.fill(jobs)
        with self.running():
            return steady_rate(watch(lambda: self.completed_since(begun), jobs), jobs)

    def wait_until_ready(self) -> None:
        """Return when a job goes through the running system at once."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            job_id = self.queue(self.true)
            wait_until(lambda: self.is_done(job_id), what=f"job {job_id}", every=0.01)  # noqa: B023
            if self.is_idle():
                return
        raise Problem("Scale does not come to rest.")

    def is_done(self, job_id: int) -> bool:
        """Tell whether a job has ended."""
        return bool(
            self.database.value("SELECT ended IS NOT NULL FROM job WHERE id = %s", (job_id,))
        )

    def is_complete(self, recipe_id: int) -> bool:
        """Tell whether a recipe has completed."""
        return bool(
            self.database.value(
                "SELECT completed IS NOT NULL FROM recipe WHERE id = %s", (recipe_id,)
            )
        )

    def is_idle(self) -> bool:
        """Tell whether nothing waits in the broker or runs."""
        return not self.database.value(
            """
            SELECT EXISTS (SELECT FROM job_exe WHERE status = 'RUNNING'
                OR (status = 'QUEUED' AND dispatched IS NOT NULL))
            """
        )

    def body(self, job_type: int | None = None) -> str:
        """Return the request that queues a job of a type, else of the usual one."""
        return json.dumps({"job_type_id": job_type or self.true, "job_data": {"version": "1.0"}})

    def copy_catalogue(self, database: str) -> None:
        """Copy the job types and their revisions to another database with the same tables."""
        other = psycopg.connect(database, autocommit=True)
        for table in ("job_type", "job_type_revision"):
            rows = self.database.link.cursor().copy(f"COPY {table} TO STDOUT".encode())
            with rows as source, other.cursor().copy(f"COPY {table} FROM STDIN".encode()) as target:
                for block in source:
                    target.write(block)
        other.close()

    def answers(self, url: str) -> bool:
        """Tell whether something answers there."""
        try:
            self.http.get(url, timeout=5)
        except httpx.HTTPError:
            return False
        return True

    def _is_healthy(self) -> bool:
        try:
            return self.http.get("/health/", timeout=5).is_success
        except httpx.HTTPError:
            return False
