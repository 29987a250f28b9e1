"""The command-line client against a whole, running Scale."""

import json
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import pytest

from launcher.paths import EXAMPLES, ROOT
from launcher.server import free_port
from tests.acceptance.system import System

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.timeout(300),
    # The broker makes no difference to a client.
    pytest.mark.parametrize("system", ["redis"], indirect=True),
]

COMMAND = str(ROOT / "bin" / "scale")

#: Says a word and waits until the file it is told of exists; then fails as it is told to.
PATIENT = """
import pathlib, sys, time
print("waiting", flush=True)
while not pathlib.Path(sys.argv[1]).exists():
    time.sleep(0.05)
print("\\033[31mgone on", flush=True)
sys.exit(int(sys.argv[2]))
"""


class Shell:
    """Runs `bin/scale` as a user of a server who has signed in."""

    def __init__(self, system: System, home: Path) -> None:
        self.url = str(system.client.base_url).rstrip("/")
        self.token = system.client.headers["Authorization"].removeprefix("Token ")
        self.home = home
        self.environ = {"PATH": os.environ["PATH"], "HOME": str(home)}
        self("login", self.url, stdin=f"{self.token}\n", check=True)

    def __call__(
        self, *words: str, stdin: str = "", check: bool = False, **environ: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [COMMAND, *words],
            input=stdin,
            env=self.environ | environ,
            cwd=self.home,
            capture_output=True,
            text=True,
            check=check,
            timeout=120,
        )

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--json", check=True).stdout)

    @contextmanager
    def started(self, *words: str) -> Iterator[subprocess.Popen[str]]:
        with subprocess.Popen(
            [COMMAND, *words],
            env=self.environ,
            cwd=self.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            # So that a test that waits for a line which never comes ends.
            guard = threading.Timer(90, process.kill)
            guard.start()
            try:
                yield process
            finally:
                guard.cancel()
                process.kill()


@pytest.fixture(scope="module")
def scale(system: System, tmp_path_factory: pytest.TempPathFactory) -> Shell:
    return Shell(system, tmp_path_factory.mktemp("home"))


@pytest.fixture
def patient(system: System, tmp_path: Path) -> str:
    """The name of a job type that waits for the file `gate` and ends with the code `code`."""
    name = f"patient-{secrets.token_hex(4)}"
    inputs = [{"name": "gate", "type": "property"}, {"name": "code", "type": "property"}]
    system.python(PATIENT, "${gate} ${code}", name=name, input_data=inputs, max_tries=1)
    return name


def line(stream: IO[str] | None) -> str:
    assert stream is not None
    return stream.readline()


def copy_type(system: System) -> str:
    """Make a job type that copies a file to a product, and return its name."""
    source = "import shutil, sys; print(shutil.copy(sys.argv[1], sys.argv[2] + '/copy.txt'))"
    manifest = "\nprint('ARTIFACT:copied:' + sys.argv[2] + '/copy.txt')"
    name = f"copy-{secrets.token_hex(4)}"
    system.python(
        source + manifest,
        "${original} ${job_output_dir}",
        name=name,
        input_data=[{"name": "original", "type": "file"}],
        output_data=[{"name": "copied", "type": "file"}],
    )
    return name


def test_client_queues_a_file_and_finds_its_product(system: System, scale: Shell) -> None:
    name = copy_type(system)
    file = scale.home / f"original-{secrets.token_hex(4)}.txt"
    file.write_text("some text")
    words = ("queue", name, "--input", f"original=@{file.name}", "--workspace",
             system.workspace["name"])  # fmt: skip

    queued = scale(*words, "--follow")

    assert queued.returncode == 0, queued.stderr
    assert "copy.txt" in queued.stdout
    (job,) = scale.json("jobs", "--type", name)
    assert job["status"] == "COMPLETED"
    details = scale.json("job", str(job["id"]))
    assert [product["file_name"] for product in details["products"]] == ["copy.txt"]
    shown = scale("job", str(job["id"])).stdout
    assert "copy.txt" in shown
    assert file.name in shown

    again = scale(*words)

    assert again.returncode == 3
    assert f"@{details['input_files'][0]['id']}" in again.stderr


def test_client_follows_a_log_while_the_job_runs(
    scale: Shell, patient: str, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    words = ("queue", patient, "-i", f"gate={gate}", "-i", "code=0", "--follow")

    with scale.started(*words) as process:
        assert line(process.stdout) == "waiting\n"
        gate.touch()
        rest, remarks = process.communicate()

    assert process.returncode == 0
    assert rest == "␛[31mgone on\n"
    assert "COMPLETED" in remarks.splitlines()[-1]


def test_client_ends_as_a_failed_job_and_puts_it_back(
    scale: Shell, patient: str, tmp_path: Path
) -> None:
    (tmp_path / "gate").touch()
    inputs = ("-i", f"gate={tmp_path}/gate", "-i", "code=3")

    assert scale("queue", patient, *inputs, "--follow").returncode == 1

    (job,) = scale.json("jobs", "--type", patient, "--status", "failed")
    requeued = scale("requeue", "--type", patient, "--status", "FAILED", "--priority", "7")
    assert requeued.returncode == 0, requeued.stderr
    assert scale("logs", "--follow", str(job["id"])).returncode == 1
    after = scale.json("job", str(job["id"]))
    assert (after["num_exes"], after["priority"]) == (2, 7)
    first_try = scale("logs", str(job["id"]), "--try", "1")
    assert first_try.stdout == "waiting\n␛[31mgone on\n"


def test_client_cancels_the_job_that_another_follows(
    scale: Shell, patient: str, tmp_path: Path
) -> None:
    words = ("queue", patient, "-i", f"gate={tmp_path}/never", "-i", "code=0")
    job_id = str(scale.json(*words)["id"])

    with scale.started("logs", "-f", job_id) as process:
        assert line(process.stdout) == "waiting\n"
        canceled = scale("cancel", job_id)
        remarks = process.communicate()[1]

    assert canceled.stdout == f"Job {job_id} is canceled.\n"
    assert process.returncode == 1
    assert "CANCELED" in remarks
    assert scale("cancel", job_id).returncode == 3


def test_client_stops_following_on_interrupt_and_the_job_goes_on(
    system: System, scale: Shell, patient: str, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    job_id = scale.json("queue", patient, "-i", f"gate={gate}", "-i", "code=0")["id"]

    with scale.started("logs", "-f", str(job_id)) as process:
        assert line(process.stdout) == "waiting\n"
        process.send_signal(signal.SIGINT)
        rest, remarks = process.communicate()

    assert process.returncode == 130
    assert rest == ""
    assert remarks.splitlines()[-1] == f"No longer followed; job {job_id} goes on."
    gate.touch()
    assert system.wait_for(job_id)["status"] == "COMPLETED"


def test_client_lists_types_and_the_state_of_the_whole(scale: Shell, patient: str) -> None:
    listed = scale("job-types").stdout
    assert patient in listed
    assert "gate" in scale("job-type", patient).stdout
    assert "gate" in scale("job-type", patient, "1.0").stdout

    status = scale("status")
    assert status.returncode == 0
    assert "Broker      online" in status.stdout
    assert scale.json("status")["status"]["master"]["is_online"] is True
    assert scale("load").returncode == 0


def test_client_explains_what_is_wrong(scale: Shell, patient: str) -> None:
    nowhere = f"http://127.0.0.1:{free_port()}"
    cases = (
        (scale("job", "987654321"), 3),
        (scale("queue", patient), 2),
        (scale("jobs", SCALE_URL=nowhere, SCALE_TOKEN="t"), 4),
        (scale("jobs", SCALE_TOKEN="wrong"), 5),
    )

    for done, code in cases:
        assert (done.returncode, done.stdout) == (code, ""), done.args
        assert done.stderr.startswith("scale: "), done.args
        assert done.stderr.count("\n") == 1, done.args


def test_client_stays_silent_when_its_reader_goes(scale: Shell) -> None:
    script = f"{COMMAND} jobs --json --limit 0 | true; echo ${{PIPESTATUS[0]}}"

    done = subprocess.run(
        ["bash", "-c", script], env=scale.environ, capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() in {"0", "141"}
    assert done.stderr == ""


def test_client_keeps_its_token_to_itself(scale: Shell) -> None:
    done = scale("login", scale.url, "--token", scale.token)

    config = scale.home / ".config" / "scale" / "config.json"
    assert config.stat().st_mode & 0o777 == 0o600
    assert json.loads(config.read_text()) == {"url": scale.url, "token": scale.token}
    assert scale.token not in done.stdout + done.stderr


def test_client_runs_a_recipe_and_draws_its_tree(
    system: System, scale: Shell, tmp_path: Path
) -> None:
    name = f"report-{secrets.token_hex(4)}"
    make_recipe_type(system, name)
    places = tmp_path / f"places-{secrets.token_hex(4)}.csv"
    places.write_bytes((EXAMPLES / "places.csv").read_bytes())
    words = ("run-recipe", name, "-i", f"csv=@{places}", "--workspace", system.workspace["name"])

    done = scale(*words, "--follow")

    assert done.returncode == 0, done.stderr
    tree = [row.split()[0:2] for row in done.stdout.splitlines()[-4:]]
    assert [branch[0] for branch in tree] == ["geojson", "├─", "└─", "└─"]
    assert "after footprint, map" in done.stdout
    assert done.stdout.count("COMPLETED") >= 4
    recipe_id = done.stdout.split()[1].rstrip(":")
    assert scale("recipe", recipe_id).stdout.count("COMPLETED") >= 4
    assert len(scale.json("recipe", recipe_id)["jobs"]) == 4
    assert name in scale("recipe-types").stdout


def make_recipe_type(system: System, name: str) -> None:
    """Register the example recipe and its job types under names of its own."""
    recipe_type = json.loads((EXAMPLES / "recipe-types" / "places-report.json").read_text())
    suffix = secrets.token_hex(4)
    for job in recipe_type["definition"]["jobs"]:
        path = EXAMPLES / "job-types" / f"{job['job_type']['name']}.json"
        body = path.read_text().replace("@PYTHON@", sys.executable)
        job_type = json.loads(body.replace("@EXAMPLES@", str(EXAMPLES)))
        job["job_type"]["name"] = job_type["name"] = f"{job_type['name']}-{suffix}"
        system.post("/job-types/", **job_type | {"error_mapping": {"version": "1.0"}})
    system.post("/recipe-types/", **recipe_type | {"name": name})
