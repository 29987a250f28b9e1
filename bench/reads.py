"""How long every GET route takes: `python -m bench.reads`, with 200,000 finished jobs of 50 types.

Needs nothing but this clone; the database and the processes are its own and go afterwards.
"""

import argparse
import random
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from bench.backdrop import Backdrop
from bench.figures import percentile
from bench.lab import DIRECTORY, Lab
from bench.options import Options
from bench.subject import Scale
from launcher import leash
from launcher.errors import exit_with
from launcher.servers import servers

LIMIT_MS = 100.0
#: Of more rows than that Scale tells an estimate.
COUNTED = 250_000
QUEUED = 2000
LOAD, QUEUE_STATUS = "/load/?started=P31D", "/queue/status/"


def main() -> int:
    """Fill a database, ask for every route and print a table."""
    parser = argparse.ArgumentParser(prog="python -m bench.reads", description=__doc__)
    parser.add_argument("--jobs", type=int, default=200_000)
    parser.add_argument("--types", type=int, default=50)
    parser.add_argument("--requests", type=int, default=25, help="of each route, taking turns")
    options = parser.parse_args()
    leash.adopt_orphans()

    def say(text: str) -> None:
        print(f"reads: {text}", file=sys.stderr, flush=True)

    with ExitStack() as stack:
        running = stack.enter_context(servers(DIRECTORY, say, durable=True))
        things = stack.enter_context(ExitStack())
        lab = Lab(Options(), running, running.broker, Path(sys.executable), say, things)
        scale = Scale(lab)
        say(f"making {options.jobs} finished jobs of {options.types} types")
        Backdrop(scale, types=options.types).grow(queued=QUEUED, finished=options.jobs)
        times = ask(scale, routes(scale), options.requests)
    leash.sweep()
    print(
        f"{options.jobs} finished jobs of {options.types} types, {options.requests} requests each"
    )
    print("| GET | median ms | p95 ms |\n| --- | ---: | ---: |")
    slow = 0
    for path, values in times.items():
        middle, high = percentile(values, 0.5), percentile(values, 0.95)
        slow += middle > LIMIT_MS
        print(f"| `{path}` | {middle:.1f} | {high:.1f} |{' slow' if middle > LIMIT_MS else ''}")
    return 1 if slow else 0


def routes(scale: Scale) -> list[str]:
    """Return every GET route, lists with their first and last page and with filters."""
    database = scale.database

    def some(query: str) -> Any:
        return database.value(query)

    job = some("SELECT id FROM job WHERE status = 'COMPLETED' ORDER BY last_modified DESC LIMIT 1")
    execution = some(f"SELECT id FROM job_exe WHERE job_id = {job}")  # noqa: S608
    job_type = some("SELECT min(id) FROM job_type WHERE name = 'type-3'")
    source = some("SELECT max(id) FROM scale_file WHERE kind = 'SOURCE'")
    product = some("SELECT max(id) FROM scale_file WHERE kind = 'PRODUCT'")
    recipe = some("SELECT min(id) FROM recipe")
    paths = [
        *(
            "/load/",
            "/load/?started=P1D",
            LOAD,
            QUEUE_STATUS,
            "/status/",
            "/version/",
            "/scheduler/",
        ),
        *("/health/", "/metrics/", "/nodes/", "/nodes/status/", "/errors/", "/errors/1/"),
        *("/workspaces/", "/workspaces/1/", "/recipe-types/", "/recipe-types/1/"),
        *("/job-types/", f"/job-types/{job_type}/", "/job-types/status/"),
        *("/job-types/status/?started=P30D", "/job-types/running/", "/job-types/system-failures/"),
        *(f"/jobs/{job}/", f"/job-executions/{execution}/", f"/job-executions/{execution}/logs/"),
        *(f"/recipes/{recipe}/", f"/sources/{source}/", f"/products/{product}/"),
        *("/sources/source-77.csv/", "/products/product-77.csv/", "/schema/"),
    ]
    for path in ("/jobs/", "/jobs/updates/", "/jobs/executions/", "/job-executions/"):
        job_of = "job__" if path == "/job-executions/" else ""
        paths += [
            path,
            f"{path}?order=-last_modified",
            f"{path}?status=FAILED",
            f"{path}?job_type_id={job_type}",
            f"{path}?job_type_name=type-3&status=COMPLETED",
            f"{path}?started=P2D&ended=P1D",
            f"{path}?order={job_of}job_type__name&order=-{job_of}priority",
            last_page(scale, path),
        ]
    paths.append("/jobs/?error_category=ALGORITHM")
    for path in ("/sources/", "/sources/updates/", "/products/", "/products/updates/", "/recipes/"):
        paths += [
            path,
            f"{path}?order=-last_modified",
            f"{path}?started=P2D",
            last_page(scale, path),
        ]
    return paths


def last_page(scale: Scale, path: str) -> str:
    """Return the path of a list's last full page, or of the last that is surely there."""
    count = min(scale.request("GET", path)["count"], COUNTED)
    return f"{path}?page={max(1, count // 100)}"


def ask(scale: Scale, paths: list[str], requests: int) -> dict[str, list[float]]:
    """Ask for every path so many times, in turns, and return the milliseconds of each."""
    times: dict[str, list[float]] = {path: [] for path in paths}
    for path in paths:  # warm
        check(scale.http.get(path))
    for _ in range(requests):
        for path in random.sample(paths, len(paths)):
            started = time.perf_counter()
            response = scale.http.get(path)
            times[path].append((time.perf_counter() - started) * 1000)
            check(response)
    return times


def check(response: httpx.Response) -> None:
    """Require an answer.

    Raises:
        HTTPStatusError: it is a refusal or a failure.
    """
    response.raise_for_status()


if __name__ == "__main__":
    exit_with(main)
