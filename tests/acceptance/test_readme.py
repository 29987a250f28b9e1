"""The commands that the documents tell a reader to type, typed."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from launcher.client import Client
from launcher.demo import make_errors, make_job_types, make_recipe_type
from launcher.paths import ROOT, VENV
from tests.acceptance.system import System

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]

SECONDS = 100


def walk(document: str) -> str:
    """Return the commands of a document that are marked as one walk."""
    blocks = re.findall(
        r"^```sh walk\n(.*?)^```", (ROOT / document).read_text(), re.MULTILINE | re.DOTALL
    )
    assert blocks, f"{document} has no block marked `sh walk`"
    return "".join(blocks)


def access(system: System) -> tuple[str, str]:
    """Return a system's address and an administrator's token."""
    token = system.client.headers["Authorization"].removeprefix("Token ")
    return str(system.client.base_url).rstrip("/"), token


def take(document: str, system: System, directory: Path) -> str:
    """Type the commands of a document in a directory that looks like a clone; return the output."""
    for name in ("examples", "bin"):
        (directory / name).symlink_to(ROOT / name)
    url, token = access(system)
    (directory / "var").mkdir()
    (directory / "var" / "run.json").write_text(json.dumps({"url": url, "token": token}, indent=1))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", walk(document)],
        cwd=directory,
        env={
            "PATH": f"{VENV / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(directory),
            "LC_ALL": "C.UTF-8",
            "SCALE_URL": url,
            "SCALE_TOKEN": token,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_readme_leads_from_a_file_to_a_product(system: System, tmp_path: Path) -> None:
    status, first, *rest = take("README.md", system, tmp_path).splitlines()

    assert status == "COMPLETED"
    assert first.startswith("Shanghai,China,")
    assert len(rest) == 9 + 2
    assert rest[9].startswith("ARTIFACT:largest:/")
    assert len(list((tmp_path / "var" / "walk").rglob("largest.csv"))) == 1


def test_quickstart_shows_jobs_and_a_recipe(system: System, tmp_path: Path) -> None:
    # What `bin/demo` has made before its reader types anything.
    files = {"broker": {"type": "host", "host_path": str(tmp_path / "files")}}
    system.post("/workspaces/", name="demo", json_config=files)
    with Client(*access(system)) as client:
        make_errors(client)
        make_job_types(client)
        make_recipe_type(client)

    printed = take("docs/quickstart.md", system, tmp_path)

    assert "places-to-geojson" in printed
    assert len(list((tmp_path / "files").rglob("report.html"))) == 1
    assert [path.read_text() for path in (tmp_path / "files").rglob("echo.txt")] == ["Hello, Scale"]
    newest = system.get("/jobs/", job_type_name="sleep", order="-id")["results"][0]
    assert (newest["status"], newest["num_exes"]) == ("CANCELED", 2)
