"""`python -m bench.reads`: how long every GET route takes with 200,000 finished jobs of 50 types.

Needs nothing but this clone; the database and the processes are its own and go afterwards.
"""

import argparse
import random
import secrets
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx

from bench.figures import percentile
from bench.lab import DIRECTORY, Lab
from bench.options import Options
from bench.rows import (
    COMPLETED_EXECUTION,
    COMPLETED_JOB,
    FAILED_EXECUTION,
    FAILED_JOB,
    copy_job,
    sample_load,
    settle,
)
from bench.subject import Scale
from launcher import leash
from launcher.errors import exit_with
from launcher.servers import servers

LIMIT_MS = 100.0
#: Of the jobs of a type one in so many has failed.
FAILED_SHARE = 10
QUEUED = 2000

FILES = """
INSERT INTO scale_file ({columns})
SELECT {values} FROM scale_file f, (
    SELECT x.id AS job_exe_id, x.job_id, x.job_type_id, x.ended, row_number() OVER () AS n
    FROM job_exe x WHERE x.status = 'COMPLETED' LIMIT {count}
) s WHERE f.id = {template}
"""
SOURCE = {
    "file_name": "'source-' || s.n || '.csv'",
    "file_path": "'source-' || s.n || '.csv'",
    "last_modified": "s.ended",
    "created": "s.ended",
}
PRODUCT = {
    "kind": "'PRODUCT'",
    "file_name": "'product-' || s.n || '.csv'",
    "file_path": "'product-' || s.n || '.csv'",
    "job_id": "s.job_id",
    "job_exe_id": "s.job_exe_id",
    "job_type_id": "s.job_type_id",
    "is_published": "true",
    "has_been_published": "true",
    "published": "s.ended",
    "last_modified": "s.ended",
    "created": "s.ended",
}
ANCESTRY = """
INSERT INTO file_ancestry (ancestor_id, descendant_id)
SELECT s.id, p.id FROM scale_file s JOIN scale_file p
ON s.kind = 'SOURCE' AND p.kind = 'PRODUCT'
AND p.file_name = replace(s.file_name, 'source', 'product')
"""
RECIPES = """
WITH series AS (
    SELECT n, nextval(pg_get_serial_sequence('recipe', 'id')) AS id
    FROM generate_series(1, {count}) AS n
)
INSERT INTO recipe (id, {columns}) SELECT s.id, {values} FROM series s, recipe f
WHERE f.id = {template}
"""


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
        fill(scale, options.jobs, options.types)
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


def fill(scale: Scale, jobs: int, types: int) -> None:
    """Make the rows: jobs with executions, files, recipes and load, as Scale writes them."""
    database, each = scale.database, jobs // types
    directory = DIRECTORY / "files"
    directory.mkdir(parents=True, exist_ok=True)
    for number in range(types):
        job_type = scale.job_type(f"type-{number}", "/bin/true")
        template = scale.queue(job_type)
        failed = each // FAILED_SHARE
        copy_job(database, template, failed, job=FAILED_JOB, execution=FAILED_EXECUTION)
        copy_job(
            database, template, each - failed, job=COMPLETED_JOB, execution=COMPLETED_EXECUTION
        )
        sample_load(database, job_type, days=1)
    scale.fill(QUEUED)
    workspace = scale.request(
        "POST",
        "/workspaces/",
        json={
            "name": "files",
            "json_config": {"broker": {"type": "host", "host_path": str(directory)}},
        },
    )
    name = f"first-{secrets.token_hex(4)}.csv"
    source = scale.request(
        "POST", "/sources/", data={"workspace_id": workspace["id"]}, files={"file": (name, b"1")}
    )
    for overrides in (SOURCE, PRODUCT):
        copy(scale, FILES, "scale_file", source["id"], overrides, jobs // 2)
    database.rows(ANCESTRY)
    step = {"name": "one", "job_type": {"name": "type-0", "version": "1.0"}}
    recipe_type = scale.request(
        "POST",
        "/recipe-types/",
        json={"name": "recipe", "version": "1.0", "definition": {"jobs": [step]}},
    )
    recipe = scale.request("POST", "/queue/new-recipe/", json={"recipe_type_id": recipe_type["id"]})
    copy(scale, RECIPES, "recipe", recipe["id"], {}, jobs // 10)
    settle(database)


def copy(
    scale: Scale, statement: str, table: str, template: int, overrides: dict[str, str], count: int
) -> None:
    """Copy a row so many times, with other values in some columns."""
    found = scale.database.rows(
        """
        SELECT column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name = %s AND column_name <> 'id'
        """,
        (table,),
    )
    columns = [name for (name,) in found]
    values = [overrides.get(name, f"f.{name}") for name in columns]
    scale.database.rows(
        statement.format(
            columns=", ".join(columns), values=", ".join(values), template=template, count=count
        )
    )


def routes(scale: Scale) -> list[str]:
    """Return every GET route, lists with their first and last page and with filters."""
    database = scale.database

    def some(query: str) -> Any:
        return database.value(query)

    job = some("SELECT max(id) FROM job WHERE status = 'COMPLETED'")
    execution = some(f"SELECT id FROM job_exe WHERE job_id = {job}")  # noqa: S608
    job_type = some("SELECT min(id) FROM job_type WHERE name = 'type-3'")
    source = some("SELECT max(id) FROM scale_file WHERE kind = 'SOURCE'")
    product = some("SELECT max(id) FROM scale_file WHERE kind = 'PRODUCT'")
    recipe = some("SELECT min(id) FROM recipe")
    paths = [
        *("/load/", "/load/?started=P1D", "/queue/status/", "/status/", "/version/", "/scheduler/"),
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
        job_of = "job__" if path == "/job-executions/" else ""
        paths += [
            path,
            f"{path}?order=-last_modified",
            f"{path}?started=P2D",
            last_page(scale, path),
        ]
    return paths


def last_page(scale: Scale, path: str) -> str:
    """Return the path of a list's last full page."""
    return f"{path}?page={max(1, scale.request('GET', path)['count'] // 100)}"


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
