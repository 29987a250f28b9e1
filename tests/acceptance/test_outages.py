"""Servers that go away and come back under a whole Scale, and its parts restarted under load."""

import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from launcher.embedded import EmbeddedPostgres, EmbeddedRedis
from tests.acceptance.system import System, dump, is_healthy, running_system, wait_until

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]

#: The promise is 15 s after a server is back; the allowance is for a loaded machine.
BACK_SECONDS = 40.0

#: Ends once the file that it is given is there.
WAITING = """
import pathlib, sys, time
while not pathlib.Path(sys.argv[1]).exists():
    time.sleep(0.05)
print("ended")
"""


@dataclass(frozen=True)
class Ground:
    """A whole Scale on servers of its own."""

    system: System
    postgres: EmbeddedPostgres
    redis: EmbeddedRedis


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    directory = tmp_path_factory.mktemp("scale-outages")
    postgres = EmbeddedPostgres(directory / "var", durable=False)
    redis = EmbeddedRedis(directory / "var")
    with (
        postgres,
        redis,
        running_system(directory, redis.url, postgres.url, SCALE_WARM_STOP_SECONDS="2") as system,
    ):
        yield Ground(system, postgres, redis)


def lives(system: System) -> dict[str, int]:
    """Return how often each supervised process was started, and that all run."""
    assert sorted(system.fleet.alive()) == ["beat", "system", "web", "worker"]
    return {name: system.fleet.log(name).count(" worker_started ") for name in ("worker", "system")}


def test_database_outage_loses_no_result_and_ends_nobody(ground: Ground, tmp_path: Path) -> None:
    system, go = ground.system, tmp_path / "go"
    job_type = system.python(WAITING, "${go}", input_data=[{"name": "go", "type": "property"}])
    job_id = system.queue(job_type, go=str(go))
    system.wait_for(job_id, "RUNNING")
    before, waits = lives(system), system.fleet.log("worker").count("database_away")

    ground.postgres.stop()
    go.touch()
    answers = [
        system.client.get("/health/"),
        system.client.get(f"/jobs/{job_id}/"),
        system.client.post("/queue/new-job/", json={"job_type_id": job_type, "job_data": {}}),
    ]
    wait_until(
        lambda: system.fleet.log("worker").count("database_away") > waits,
        what="the worker to hold its result",
    )
    ground.postgres.start()
    begun = time.monotonic()

    for answer in answers:
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["Retry-After"]) > 0
        assert set(answer.json()) == {"detail"}
    wait_until(lambda: is_healthy(str(system.client.base_url).rstrip("/")), seconds=BACK_SECONDS)
    job = system.wait_for(job_id, seconds=BACK_SECONDS)
    assert (job["status"], job["num_exes"]) == ("COMPLETED", 1), dump(job)
    assert system.logs(job)["stdout"] == "ended\n"
    again = system.wait_for(system.queue(job_type, go=str(go)), seconds=BACK_SECONDS)
    assert (again["status"], again["num_exes"]) == ("COMPLETED", 1)
    # Beat and the system worker went on too.
    count = system.get("/load/", started="PT1H")["count"]
    wait_until(lambda: system.get("/load/", started="PT1H")["count"] > count, seconds=BACK_SECONDS)
    print(f"all went on {time.monotonic() - begun:.1f} s after the database was back")
    assert lives(system) == before


def test_broker_outage_refuses_nothing_and_work_resumes(ground: Ground) -> None:
    system = ground.system
    job_type = system.job_type("/bin/true")
    before = lives(system)

    ground.redis.stop()
    begun = time.monotonic()
    jobs = [system.queue(job_type) for _ in range(5)]
    assert time.monotonic() - begun < 30
    assert {system.job(job_id)["status"] for job_id in jobs} == {"QUEUED"}
    ground.redis.start()
    begun = time.monotonic()

    for job_id in jobs:
        job = system.wait_for(job_id, seconds=BACK_SECONDS)
        assert (job["status"], job["num_exes"]) == ("COMPLETED", 1)
    print(f"all done {time.monotonic() - begun:.1f} s after the broker was back")
    assert lives(system) == before


def test_rolling_restart_under_load_loses_no_job_and_no_try(ground: Ground, tmp_path: Path) -> None:
    system, go = ground.system, tmp_path / "go"
    quick = system.job_type("/bin/sleep", "0.1")
    waiting = system.python(WAITING, "${go}", input_data=[{"name": "go", "type": "property"}])
    # Outlives the grace period of the worker, which puts it back.
    accepted = [system.queue(waiting, go=str(go))]
    system.wait_for(accepted[0], "RUNNING")
    done = threading.Event()

    def submit() -> None:
        while not done.is_set():
            # A request that fails was not accepted, and its sender knows.
            with suppress(httpx.TransportError):
                accepted.append(system.queue(quick))
            done.wait(0.2)

    with_load = threading.Thread(target=submit)
    with_load.start()
    try:
        for name in ("web", "worker", "system", "beat"):
            system.fleet.stop(name)
            system.fleet.start(name)
        url = str(system.client.base_url).rstrip("/")
        wait_until(lambda: is_healthy(url), what="a healthy web process")
    finally:
        done.set()
        with_load.join()
    go.touch()

    assert len(accepted) > 5
    for job_id in accepted:
        job = system.wait_for(job_id)
        statuses = [execution["status"] for execution in job["job_exes"]]
        assert (job["status"], job["num_exes"], statuses) == ("COMPLETED", 1, ["COMPLETED"])
