"""The demo: bring all of Scale up, have it do a job over its REST API, and stay up.

`bin/demo` stays until Ctrl-C; `bin/demo --once` ends by itself, with status 0 only if the product
was verified and one JSON object as its last line.
"""

import argparse
import json
import shlex
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from launcher.client import Client, Json
from launcher.display import Display
from launcher.errors import Problem, exit_with
from launcher.paths import EXAMPLES, VAR, private_directory
from launcher.stack import STOP_SIGNALS, Stack
from launcher.verify import summarize_geojson, summarize_kml, summarize_png, summarize_report

PLACES = EXAMPLES / "places.csv"
WORKSPACE = VAR / "workspace"
JOB_SECONDS = 120.0
COMMAND = ("command", "command_arguments")


@dataclass(frozen=True)
class Outcome:
    """What came of the demo's last job."""

    job: int | None
    status: str
    product: str | None
    seconds: float


def main() -> int:
    """Run the demo and return its exit status."""
    parser = argparse.ArgumentParser(prog="bin/demo", description=__doc__)
    parser.add_argument("--once", action="store_true", help="end after the product is verified")
    once: bool = parser.parse_args().once
    for number in STOP_SIGNALS:
        signal.signal(number, signal.default_int_handler)
    display = Display()
    outcome, told, status = Outcome(None, "FAILED", None, 0.0), False, 1
    try:
        with Stack(VAR, display.say) as stack, Client(stack.url, stack.token) as client:
            outcome = tell(stack, client, display)
            told = True
            print_addresses(stack, display)
            if not once:
                stay_up(stack, display)
        status = 0
    except KeyboardInterrupt:
        status = 0 if told and not once else 130
    except Problem as problem:
        print(f"bin/demo: {problem}", file=sys.stderr)
    if once:
        print(json.dumps(vars(outcome)))
    return status


def tell(stack: Stack, client: Client, display: Display) -> Outcome:
    """Go the way of the main job, from a file to a verified product."""
    workspace = make_workspace(client)
    display.say(f"workspace {workspace['name']}: {WORKSPACE}")
    source = client.upload(workspace["id"], PLACES)
    display.say(f"source {source['id']}: {PLACES.name}, {source['file_size']} bytes")
    make_errors(client)
    types = make_job_types(client)
    display.say(f"job types: {', '.join(sorted(types))}")

    recipe_type = make_recipe_type(client)

    started = time.monotonic()
    job = run_job(stack, client, display, types["places-to-geojson"], source, workspace)
    display.say(f"verified: {summarize_geojson(product_path(job, workspace), PLACES)}")
    made = run_recipe(stack, client, display, recipe_type, source, workspace)
    paths = {name: product_path(job, workspace) for name, job in made.items()}
    for line in (
        summarize_geojson(paths["geojson"], PLACES),
        summarize_kml(paths["footprint"], PLACES),
        summarize_png(paths["map"]),
        summarize_report(paths["report"], PLACES),
    ):
        display.say(f"verified: {line}")
    report, path = made["report"], paths["report"]
    display.say(f"product: {path}")
    return Outcome(report["id"], report["status"], str(path), round(time.monotonic() - started, 3))


def make_workspace(client: Client) -> Json:
    """Return the demo's workspace, which lies below `var/`."""
    config = {"version": "1.0", "broker": {"type": "host", "host_path": str(WORKSPACE)}}
    place = {"json_config": config, "base_url": private_directory(WORKSPACE).as_uri()}
    body = {"name": "demo", "title": "Files of bin/demo", **place}
    workspace = client.ensure("/workspaces/", body, "name")
    if workspace["base_url"] != place["base_url"]:  # the clone was moved
        workspace = client.request("PATCH", f"/workspaces/{workspace['id']}/", json=place)
    return workspace


def make_errors(client: Client) -> None:
    """Register the errors that the example programs may end with."""
    for body in json.loads((EXAMPLES / "errors.json").read_text()):
        client.ensure("/errors/", body, "name")


def make_job_types(client: Client) -> dict[str, Json]:
    """Register the example job types and return their details by name."""
    return {
        path.stem: make_job_type(client, job_type_document(path))
        for path in sorted((EXAMPLES / "job-types").glob("*.json"))
    }


def job_type_document(path: Path) -> Json:
    """Read a job type, with the places of Python and of the examples on this machine filled in."""
    body: Json = json.loads(path.read_text())
    command = body["interface"]["command"]
    for token, value in (("@PYTHON@", sys.executable), ("@EXAMPLES@", str(EXAMPLES))):
        command = command.replace(token, shlex.quote(value))
    body["interface"]["command"] = command
    return body


def make_job_type(client: Client, body: Json) -> Json:
    """Return the details of a job type; one whose program has changed gets a new revision."""
    job_type = client.ensure("/job-types/", body, "name", "version")
    path = f"/job-types/{job_type['id']}/"
    details = client.request("GET", path)
    if any(details["interface"][key] != body["interface"][key] for key in COMMAND):
        details = client.request("PATCH", path, json={"interface": body["interface"]})
    return details


def make_recipe_type(client: Client) -> Json:
    """Register the example recipe type and return it."""
    body = json.loads((EXAMPLES / "recipe-types" / "places-report.json").read_text())
    return client.ensure("/recipe-types/", body, "name", "version")


def run_recipe(
    stack: Stack, client: Client, display: Display, recipe_type: Json, file: Json, workspace: Json
) -> dict[str, Json]:
    """Run a recipe on a file, drawn as a tree by the command-line client; return its jobs by name.

    Raises:
        Problem: when one of its jobs does not end COMPLETED, with what it wrote last.
    """
    data = {
        "input_data": [{"name": "csv", "file_id": file["id"]}],
        "workspace_id": workspace["id"],
    }
    body = {"recipe_type_id": recipe_type["id"], "recipe_data": data}
    recipe = client.request("POST", "/queue/new-recipe/", json=body)
    display.say(f"recipe {recipe['id']}: bin/scale recipe {recipe['id']} --follow")
    stack.show("recipe", str(recipe["id"]), "--follow", seconds=JOB_SECONDS)
    made = {}
    for item in client.request("GET", f"/recipes/{recipe['id']}/")["jobs"]:
        job = client.request("GET", f"/jobs/{item['job']['id']}/")
        if job["status"] == "FAILED":
            raise Problem(f"Job {job['id']} ended {job['status']}: {why(client, job)}")
        made[item["job_name"]] = job
    if any(job["status"] != "COMPLETED" for job in made.values()):
        raise Problem(f"Recipe {recipe['id']} has not completed within {JOB_SECONDS:.0f} s.")
    return made


def run_job(
    stack: Stack, client: Client, display: Display, job_type: Json, file: Json, workspace: Json
) -> Json:
    """Queue a job on a file, show its statuses until it ends, and return its details.

    Raises:
        Problem: when it does not end COMPLETED, with what it wrote last.
    """
    job = client.queue(job_type, file["id"], workspace["id"])
    with display.jobs() as jobs:
        jobs.show([job])
        for states in client.follow([job["id"]], JOB_SECONDS, stack.check):
            jobs.show(states)
    job = client.request("GET", f"/jobs/{job['id']}/")
    if job["status"] != "COMPLETED":
        raise Problem(f"Job {job['id']} ended {job['status']}: {why(client, job)}")
    return job


def why(client: Client, job: Json) -> str:
    """Return why a job did not complete: its error and the end of its log."""
    error = (job["error"] or {}).get("name", "no error")
    logs: dict[str, Any] = client.request(
        "GET", f"/job-executions/{job['job_exes'][0]['id']}/logs/"
    )
    said = f"{logs.get('stdout') or ''}{logs.get('stderr') or ''}".strip()
    return f"{error}; its log ends: {said[-500:] or '(empty)'}"


def product_path(job: Json, workspace: Json) -> Path:
    """Return where the one product of a job lies on this machine."""
    (product,) = job["products"]
    url: str = product["url"]
    return WORKSPACE / url.removeprefix(f"{workspace['base_url']}/")


def print_addresses(stack: Stack, display: Display) -> None:
    """Print where everything is, and a command to go on with."""
    display.plain()
    display.plain(f"API       {stack.url}/")
    display.plain(f"API docs  {stack.url}/schema/swagger/")
    display.plain(f"Flower    {stack.flower}/")
    display.plain(f"Logs      {VAR / 'log'}")
    display.plain()
    display.plain("bin/scale status    # the client finds a running demo by itself")
    display.plain(f"curl -H 'Authorization: Token {stack.token}' {stack.url}/queue/status/")
    display.plain()


def stay_up(stack: Stack, display: Display) -> None:
    """Return never; a Ctrl-C raises KeyboardInterrupt, the end of a process `Problem`."""
    display.say("up; Ctrl-C stops it")
    while True:
        stack.check()
        time.sleep(0.5)


if __name__ == "__main__":
    exit_with(main)
