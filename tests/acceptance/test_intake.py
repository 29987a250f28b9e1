import subprocess
import sys
from collections.abc import Iterator

import pytest

from launcher.paths import ROOT
from tests.acceptance.system import System, wait_until

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]

OTHER = "worker-of-another-host"


@pytest.fixture
def nodes(system: System) -> Iterator[tuple[int, int]]:
    """Run a second worker as a host of its own; return the ids of both nodes."""
    fleet = system.fleet
    [first] = system.get("/nodes/")["results"]
    fleet.commands[OTHER] = fleet.commands["worker"]
    fleet.start(OTHER, SCALE_HOSTNAME=OTHER, SCALE_WORK_DIR=str(system.directory / OTHER))
    try:
        second = wait_until(lambda: find_node(system, OTHER), what="a second node")
        yield first["id"], second
    finally:
        fleet.stop(OTHER)
        system.patch(f"/nodes/{first['id']}/", is_paused=False)
        system.patch(f"/nodes/{second}/", is_active=False)


def find_node(system: System, hostname: str) -> int | None:
    found = [n["id"] for n in system.get("/nodes/")["results"] if n["hostname"] == hostname]
    return found[0] if found else None


def node_of(system: System, job_id: int) -> int:
    [execution] = system.wait_for(job_id, "COMPLETED")["job_exes"]
    return int(system.get(f"/job-executions/{execution['id']}/")["node"]["id"])


def test_paused_node_leaves_the_messages_to_the_others_and_resumes(
    system: System, nodes: tuple[int, int]
) -> None:
    first, second = nodes
    job_type = system.job_type("/bin/true")
    replaced = system.fleet.log("system").count("messages_replaced")

    # Nothing is waited for: the node learns of its pause while messages come.
    system.patch(f"/nodes/{first}/", is_paused=True)
    ran_on = [node_of(system, job) for job in [system.queue(job_type) for _ in range(20)]]

    assert set(ran_on) == {second}
    assert system.fleet.log("system").count("messages_replaced") == replaced

    system.patch(f"/nodes/{second}/", is_paused=True)
    waiting = [system.queue(job_type) for _ in range(4)]
    system.patch(f"/nodes/{first}/", is_paused=False)

    assert {node_of(system, job) for job in waiting} == {first}


def test_worker_that_no_longer_hears_is_started_again(system: System) -> None:
    fleet = system.fleet
    fleet.stop("worker")
    fleet.start("worker", SCALE_DEAF_SECONDS="3")
    job_type = system.job_type("/bin/true")
    system.wait_for(system.queue(job_type), "COMPLETED")
    command = [sys.executable, "-m", "celery", "-A", "scale", "control", "cancel_consumer", "jobs"]
    subprocess.run(command, cwd=ROOT, env=fleet.environment, check=True, capture_output=True)

    job = system.wait_for(system.queue(job_type), "COMPLETED")

    assert job["num_exes"] == 1
    assert "worker_deaf" in fleet.log("worker")
    fleet.stop("worker")
    fleet.start("worker")
