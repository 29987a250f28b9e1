"""A whole Scale for tests: a database of its own, a broker, and the Procfile's processes."""

import json
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import httpx
import psycopg
from kombu import Connection

from launcher.fleet import Fleet
from launcher.paths import ROOT
from launcher.server import free_port

T = TypeVar("T")

PATIENCE_SECONDS = 60.0


def wait_until(check: Callable[[], T], *, seconds: float = PATIENCE_SECONDS, what: str = "") -> T:
    """Return the first true answer of `check`; fail the test if none comes in time."""
    deadline = time.monotonic() + seconds
    while True:
        if answer := check():
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"waited {seconds} s for {what or check}")
        time.sleep(0.05)


class System:
    """A running Scale and a client of it."""

    def __init__(self, fleet: Fleet, url: str, token: str, database: str, directory: Path) -> None:
        self.fleet = fleet
        self.database = database
        self.directory = directory
        # Closed by `running_system`.
        self.client = httpx.Client(
            base_url=url, headers={"Authorization": f"Token {token}"}, timeout=30, trust_env=False
        )

    def open(self) -> None:
        """Make the workspace that tests use."""
        self.workspace = self.post(
            "/workspaces/",
            name=f"workspace-{secrets.token_hex(4)}",
            json_config={"broker": {"type": "host", "host_path": str(self.directory / "files")}},
        )

    def get(self, path: str, **params: Any) -> Any:
        """GET a resource that must be there."""
        response = self.client.get(path, params=params)
        assert response.status_code == 200, response.text
        return response.json()

    def post(self, path: str, **body: Any) -> Any:
        """POST a body that must be accepted."""
        response = self.client.post(path, json=body)
        assert response.status_code in {200, 201}, response.text
        return response.json()

    def patch(self, path: str, **body: Any) -> Any:
        """PATCH with a body that must be accepted."""
        response = self.client.patch(path, json=body)
        assert response.status_code in {200, 201}, response.text
        return response.json()

    def job_type(self, command: str, arguments: str = "", **fields: Any) -> int:
        """Register a job type; inputs and outputs go in `input_data` and `output_data`."""
        interface = {
            "command": command,
            "command_arguments": arguments,
            "input_data": fields.pop("input_data", []),
            "output_data": fields.pop("output_data", []),
        }
        fields.setdefault("name", f"type-{secrets.token_hex(4)}")
        return int(self.post("/job-types/", version="1.0", interface=interface, **fields)["id"])

    def python(self, source: str, arguments: str = "", **fields: Any) -> int:
        """Register a job type that runs a Python program."""
        program = self.directory / f"program-{secrets.token_hex(4)}.py"
        program.write_text(source)
        return self.job_type(f"{sys.executable} -S {program}", arguments, **fields)

    def queue(self, job_type_id: int, **properties: str) -> int:
        """Queue a job with property inputs, all outputs going to the workspace."""
        outputs = self.get(f"/job-types/{job_type_id}/")["interface"]["output_data"]
        data = {
            "input_data": [{"name": name, "value": value} for name, value in properties.items()],
            "output_data": [
                {"name": item["name"], "workspace_id": self.workspace["id"]} for item in outputs
            ],
        }
        return int(self.post("/queue/new-job/", job_type_id=job_type_id, job_data=data)["id"])

    def job(self, job_id: int) -> Any:
        """Return a job's details."""
        return self.get(f"/jobs/{job_id}/")

    def wait_for(self, job_id: int, *statuses: str, seconds: float = PATIENCE_SECONDS) -> Any:
        """Return a job's details once it is in one of the statuses, or in a final one."""
        wanted = statuses or ("COMPLETED", "FAILED", "CANCELED")

        def look() -> Any:
            job = self.job(job_id)
            return job if job["status"] in wanted else None

        return wait_until(look, seconds=seconds, what=f"job {job_id} {wanted}")

    def logs(self, job: Any) -> Any:
        """Return the log of a job's latest execution."""
        return self.get(f"/job-executions/{job['job_exes'][0]['id']}/logs/")


@contextmanager
def running_system(
    directory: Path, broker: str, database: str | None = None, **environment: str
) -> Iterator[System]:
    """Run a whole Scale for the block, on an empty database: a new one unless one is given."""
    with nullcontext(database) if database else own_database() as database:
        empty_broker(broker)
        port = free_port()
        settings = {
            "DATABASE_URL": database,
            "CELERY_BROKER_URL": broker,
            "PORT": str(port),
            "SCALE_SECRET_KEY": secrets.token_hex(),
            "SCALE_ALLOWED_HOSTS": "127.0.0.1",
            "SCALE_HTTPS": "false",
            "SCALE_WORK_DIR": str(directory / "work"),
            "SCALE_LOAD_SAMPLE_SECONDS": "1",
            "SCALE_WORKER_CONCURRENCY": "2",
            **environment,
        }
        fleet = Fleet(settings, directory / "log")
        manage(fleet, "migrate", "--no-input", "--verbosity=0")
        said = manage(fleet, "create_user", "admin", "--role", "administrator", "--token")
        token = said.strip().splitlines()[-1]
        with fleet:
            fleet.start("web", "worker", "system", "beat")
            url = f"http://127.0.0.1:{port}"
            wait_until(lambda: is_healthy(url), what="a healthy web process")
            system = System(fleet, url, token, database, directory)
            with system.client:
                system.open()
                yield system


def manage(fleet: Fleet, *words: str) -> str:
    """Run a management command and return what it prints."""
    return subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), *words],
        env=fleet.environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def is_healthy(url: str) -> bool:
    """Tell whether the web process answers that it is well."""
    try:
        return httpx.get(f"{url}/health/", timeout=5, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False


@contextmanager
def own_database() -> Iterator[str]:
    """Make a database for the block on the server of DATABASE_URL; yield its URL."""
    server = os.environ["DATABASE_URL"]
    name = f"scale_acceptance_{os.getpid()}_{secrets.token_hex(4)}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        try:
            yield urlunsplit(urlsplit(server)._replace(path=f"/{name}"))
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def empty_broker(url: str) -> None:
    """Remove Scale's messages from a broker."""
    with Connection(url) as connection:
        channel = connection.default_channel
        for queue in ("jobs", "system"):
            try:
                channel.queue_purge(queue)
            except connection.channel_errors:
                channel = connection.channel()


def dump(document: object) -> str:
    """Return a document as readable JSON, for failing assertions."""
    return json.dumps(document, indent=1, sort_keys=True)
