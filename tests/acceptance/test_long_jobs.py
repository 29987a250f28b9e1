"""Jobs that outlast what the broker expects of an unacknowledged message.

The program of each ends only when the test has seen the broker act, however long that takes.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from kombu import Connection, Queue

from chaos.rabbitmq import OwnRabbitMQ, has_rabbitmq
from launcher.embedded import EmbeddedRedis
from tests.acceptance.system import System, dump, running_system, wait_until

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]

PROGRAM = """
import os, sys, time
def note(word):
    with open(sys.argv[1], "a") as journal:
        journal.write(word + "\\n")
note("begun")
while not os.path.exists(sys.argv[2]):
    time.sleep(0.1)
note("ended")
"""
SEEN_SECONDS = 240.0


def outlasts(system: System, directory: Path, is_seen: Callable[[str], bool]) -> None:
    """Run a job until something is seen, told the name of its type; it must have run once."""
    journal, release = directory / "journal", directory / "release"
    inputs = [{"name": name, "type": "property"} for name in ("journal", "release")]
    job_type = system.python(PROGRAM, "${journal} ${release}", input_data=inputs)
    name = system.get(f"/job-types/{job_type}/")["name"]
    job_id = system.queue(job_type, journal=str(journal), release=str(release))
    try:
        wait_until(lambda: is_seen(name), seconds=SEEN_SECONDS, what="the broker to act")
        assert system.job(job_id)["status"] == "RUNNING"
    finally:
        release.touch()

    job = system.wait_for(job_id)
    assert (job["status"], job["num_exes"]) == ("COMPLETED", 1), dump(job)
    assert journal.read_text().split() == ["begun", "ended"]


@pytest.fixture
def impatient_rabbitmq(tmp_path: Path) -> Iterator[OwnRabbitMQ]:
    """Run a RabbitMQ that gives a message three seconds, and looks for that each second."""
    if not has_rabbitmq():
        pytest.skip("there is no rabbitmq-server here to start one with a low consumer_timeout")
    with OwnRabbitMQ(tmp_path, {"consumer_timeout": 3000, "channel_tick_interval": 1000}) as server:
        yield server


def test_job_outlasts_the_consumer_timeout_of_rabbitmq(
    impatient_rabbitmq: OwnRabbitMQ, tmp_path: Path
) -> None:
    url = impatient_rabbitmq.url
    with Connection(url) as connection:
        # As an older Scale made it: since RabbitMQ 3.12 it would get a limit of its own.
        Queue("jobs", routing_key="jobs", max_priority=9)(connection.default_channel).declare()

    with running_system(tmp_path, url) as system:
        fleet = system.fleet

        def has_struck(_: str) -> bool:
            return "delivery acknowledgement on channel" in fleet.log("worker")

        outlasts(system, tmp_path, has_struck)

        assert fleet.log("worker").count("worker_started") == 1
        assert "worker_ended" not in fleet.log("worker")
        again = system.wait_for(system.queue(system.job_type("/bin/true")), "COMPLETED")
        assert again["num_exes"] == 1


def test_job_outlasts_the_visibility_timeout_of_redis(tmp_path: Path) -> None:
    with (
        EmbeddedRedis(tmp_path) as server,
        running_system(tmp_path, server.url, SCALE_VISIBILITY_TIMEOUT_SECONDS="2") as system,
    ):

        def has_come_twice(name: str) -> bool:
            lines = system.fleet.log("worker").splitlines()
            return sum(name in line and "received" in line for line in lines) > 1

        outlasts(system, tmp_path, has_come_twice)
