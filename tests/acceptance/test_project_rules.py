import pytest

from tests.acceptance.system import System

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.timeout(120),
    pytest.mark.parametrize("system", ["redis"], indirect=True),
]

#: Prints where its inputs and outputs are, and whether both inputs say the same.
PLACES = """
import os, sys
one, two, output = sys.argv[1:]
print([os.path.isabs(path) for path in sys.argv[1:]])
print(one != two, open(one).read() == open(two).read(), os.listdir(output))
"""


def test_p24_one_file_feeds_several_inputs_in_absolute_directories(system: System) -> None:
    uploaded = system.client.post(
        "/sources/", data={"workspace_id": system.workspace["id"]}, files={"file": ("p24", b"x")}
    ).json()
    job_type = system.python(
        PLACES,
        "${one} ${two} ${job_output_dir}",
        input_data=[{"name": "one", "type": "file"}, {"name": "two", "type": "file"}],
    )
    data = {"input_data": [{"name": name, "file_id": uploaded["id"]} for name in ("one", "two")]}

    job = system.post("/queue/new-job/", job_type_id=job_type, job_data=data)

    job = system.wait_for(job["id"], "COMPLETED")
    assert system.logs(job)["stdout"] == "[True, True, True]\nTrue True []\n"
    assert [file["id"] for file in job["input_files"]] == [uploaded["id"]]


def test_p26_exit_codes_of_a_success_are_zero(system: System) -> None:
    job = system.wait_for(system.queue(system.job_type("/bin/true")), "COMPLETED")

    (execution,) = job["job_exes"]
    assert [execution[f"{step}_exit_code"] for step in ("pre", "job", "post")] == [0, 0, 0]
