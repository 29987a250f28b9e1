import os
import re
import subprocess
from pathlib import Path

import pytest

from launcher.paths import ROOT
from tests.acceptance.system import System

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.timeout(300),
    # The broker makes no difference to a client.
    pytest.mark.parametrize("system", ["redis"], indirect=True),
]

PAGE = ROOT / "docs" / "api.md"


def blocks() -> list[str]:
    return re.findall(r"^```sh\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def test_every_command_of_the_page_works_in_order(system: System, tmp_path: Path) -> None:
    script = "set -euo pipefail\n" + "\n".join(blocks())
    environment = {
        "PATH": f"{ROOT / 'bin'}:{os.environ['PATH']}",
        "HOME": str(tmp_path),
        "SCALE_URL": str(system.client.base_url).rstrip("/"),
        "SCALE_TOKEN": system.client.headers["Authorization"].removeprefix("Token "),
    }
    try:
        done = subprocess.run(
            ["bash", "-x", "-c", script],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=200,
        )
    finally:
        system.patch("/scheduler/", is_paused=False)

    assert len(blocks()) > 15
    assert done.returncode == 0, (done.stdout + done.stderr)[-3000:]


def test_tokens_are_not_in_the_logs_of_the_processes(system: System) -> None:
    token = system.client.headers["Authorization"].removeprefix("Token ")
    bad = "bad-" + token
    system.client.get("/jobs/", headers={"Authorization": f"Token {bad}"})
    system.get("/version/")

    assert "GET /version/" in system.fleet.log("web")
    for name in ("web", "worker", "system", "beat"):
        assert token not in system.fleet.log(name)
