"""Jobs that outlast what the broker expects of an unacknowledged message."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.acceptance.system import System, dump, wait_until

pytestmark = [pytest.mark.acceptance, pytest.mark.timeout(300)]

PROGRAM = """
import sys, time
def note(word):
    with open(sys.argv[1], "a") as journal:
        journal.write(word + "\\n")
note("begun")
time.sleep(float(sys.argv[2]))
note("ended")
"""


def queue_long(system: System, journal: Path, seconds: int) -> tuple[int, str]:
    """Queue a job that takes so long; return it with the name of its type."""
    inputs = [{"name": name, "type": "property"} for name in ("journal", "seconds")]
    job_type = system.python(PROGRAM, "${journal} ${seconds}", input_data=inputs)
    job_id = system.queue(job_type, journal=str(journal), seconds=str(seconds))
    return job_id, system.get(f"/job-types/{job_type}/")["name"]


def ran_once(system: System, job_id: int, journal: Path) -> bool:
    job = system.wait_for(job_id)
    assert (job["status"], job["num_exes"]) == ("COMPLETED", 1), dump(job)
    assert journal.read_text().split() == ["begun", "ended"]
    return True


def evaluate(expression: str) -> str:
    """Have the RabbitMQ of this machine evaluate an expression."""
    return subprocess.run(
        ["rabbitmqctl", "eval", expression], check=True, capture_output=True, text=True
    ).stdout.strip()


@contextmanager
def server_settings(**values: int) -> Iterator[None]:
    """Set RabbitMQ up otherwise for the block: for the channels that are opened in it."""
    if shutil.which("rabbitmqctl") is None:
        pytest.skip("RabbitMQ cannot be set up: there is no rabbitmqctl")
    before = {name: evaluate(f"application:get_env(rabbit, {name}).") for name in values}
    try:
        for name, value in values.items():
            evaluate(f"application:set_env(rabbit, {name}, {value}).")
        yield
    finally:
        for name, old in before.items():
            value = old.removeprefix("{ok,").removesuffix("}")
            change = f"set_env(rabbit, {name}, {value})"
            evaluate(
                f"application:{'unset_env(rabbit, ' + name + ')' if old == value else change}."
            )


def test_job_outlasts_the_consumer_timeout_of_rabbitmq(system: System, tmp_path: Path) -> None:
    fleet = system.fleet
    if not fleet.environment["CELERY_BROKER_URL"].startswith("amqp"):
        pytest.skip("RabbitMQ only")
    journal = tmp_path / "journal"
    fleet.stop("worker")
    # Looked for once a second instead of once a minute.
    with server_settings(channel_tick_interval=1000):
        with server_settings(consumer_timeout=3000):
            fleet.start("worker")
            job_id, _ = queue_long(system, journal, 12)
            system.wait_for(job_id, "RUNNING")
        assert ran_once(system, job_id, journal)

    assert "delivery acknowledgement on channel" in fleet.log("worker")
    assert fleet.log("worker").count("worker_started") == 1 + fleet.log("worker").count(
        "worker_ended"
    )
    again = system.wait_for(system.queue(system.job_type("/bin/true")), "COMPLETED")
    assert again["num_exes"] == 1
    # Its channels are those of a server set up as before.
    fleet.stop("worker")
    fleet.start("worker")


@pytest.mark.skipif(
    "TEST_VISIBILITY_TIMEOUT" not in os.environ,
    reason="on a loaded machine Redis hands out again only after the job has ended: "
    "set TEST_VISIBILITY_TIMEOUT=1 where nothing else runs",
)
def test_job_outlasts_the_visibility_timeout_of_redis(system: System, tmp_path: Path) -> None:
    fleet = system.fleet
    if not fleet.environment["CELERY_BROKER_URL"].startswith("redis"):
        pytest.skip("Redis only")
    journal = tmp_path / "journal"
    fleet.stop("worker")
    fleet.start("worker", SCALE_VISIBILITY_TIMEOUT_SECONDS="2")
    job_id, name = queue_long(system, journal, 12)

    def received() -> int:
        return sum(name in line and "received" in line for line in fleet.log("worker").split("\n"))

    wait_until(lambda: received() > 1, what="the message to be handed out again")

    assert ran_once(system, job_id, journal)
    fleet.stop("worker")
    fleet.start("worker")
