import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from client.errors import ExitCode
from tests.unit.client.conftest import Server, page
from tests.unit.client.samples import QUEUED, execution, job, job_type, logs, recipe

Run = Callable[..., int]
Capture = pytest.CaptureFixture[str]


def sent(server: Server) -> Any:
    return json.loads(server.requests[-1].content)


def test_jobs_are_a_plain_table_without_a_terminal(
    server: Server, scale: Run, capsys: Capture
) -> None:
    evil = {"name": "evil\x1b[31m\n[red]name" + "x" * 200, "version": "1.0"}
    rows = (job(12, "FAILED"), job(7, "QUEUED", job_type=evil))
    server.on("GET /jobs/", page(*rows))

    assert scale("jobs", "--status", "failed", "--type", "places", "--type", "b") == ExitCode.OK

    said = capsys.readouterr()
    head, first, second = said.out.splitlines()
    assert head.split()[:4] == ["ID", "TYPE", "STATUS", "PRIORITY"]
    assert first.startswith("12  places 1.0 ")
    assert first.endswith("1 min 0 s  bad-input")
    assert "evil␛[31m [red]name" + "x" * 200 in second
    assert "\x1b" not in said.out
    assert said.err == ""
    asked = server.requests[0].url.params
    assert (asked["status"], asked["order"], asked["page_size"]) == ("FAILED", "-id", "50")
    assert asked.get_list("job_type_name") == ["places", "b"]


def test_jobs_beyond_the_limit_are_mentioned(server: Server, scale: Run, capsys: Capture) -> None:
    server.on("GET /jobs/", page(job(1, "FAILED"), following="http://x.test/?page=2", count=90))

    assert scale("jobs", "--limit", "1") == ExitCode.OK
    assert capsys.readouterr().err == "1 of 90 jobs; --limit 0 shows all.\n"


def test_rows_in_json_are_one_array_over_all_pages(
    server: Server, scale: Run, capsys: Capture
) -> None:
    rows = job(2, "QUEUED"), job(1, "FAILED")
    following = "http://scale.test/jobs/?page=2"
    server.on("GET /jobs/", page(rows[0], following=following), page(rows[1]))

    assert scale("jobs", "--limit", "0", "--json") == ExitCode.OK
    assert json.loads(capsys.readouterr().out) == list(rows)


def test_no_rows_in_json_are_an_empty_array(server: Server, scale: Run, capsys: Capture) -> None:
    server.on("GET /job-types/", page())

    assert scale("job-types", "--json") == ExitCode.OK
    assert json.loads(capsys.readouterr().out) == []


def test_job_shows_tries_products_and_error(server: Server, scale: Run, capsys: Capture) -> None:
    product = {"id": 55, "file_name": "out.json", "file_size": 2048, "media_type": "x/y",
               "workspace": {"name": "products"}, "url": None}  # fmt: skip
    last = execution(32, "FAILED", job_exit_code=3, node={"id": 2})
    server.on("GET /jobs/9/", job(9, "FAILED", last, execution(31, "FAILED"), products=[product]))

    assert scale("job", "9") == ExitCode.OK

    said = capsys.readouterr().out
    for text in ("Bad input (DATA)", "label=a b", "job 3", "out.json", "2.0 KiB", "2 of 3"):
        assert text in said


def test_job_in_json_is_what_the_server_sent(server: Server, scale: Run, capsys: Capture) -> None:
    server.on("GET /jobs/9/", job(9, "QUEUED", note="\x1b[31m"))

    assert scale("job", "9", "--json") == ExitCode.OK

    said = capsys.readouterr().out
    assert json.loads(said) == job(9, "QUEUED", note="\x1b[31m")
    assert "\x1b" not in said


def test_job_type_is_found_by_name_and_shows_its_interface(
    server: Server, scale: Run, capsys: Capture
) -> None:
    counts = [{"status": "FAILED", "count": 4, "most_recent": QUEUED, "category": "DATA"}]
    server.on("GET /job-types/", page(job_type()))
    server.on("GET /job-types/8/", job_type(job_counts_24h=counts, is_paused=True))

    assert scale("job-type", "places") == ExitCode.OK

    said = capsys.readouterr().out
    for text in ("8: places 1.0", "paused", "run ${csv}", "csv", "files", "places", "FAILED"):
        assert text in said


@pytest.mark.parametrize(
    ("rows", "words", "code", "sentence"),
    [
        ([], ["places"], 3, "There is no job type 'places'"),
        ([job_type()], ["places", "2.0"], 3, "There is no job type 'places 2.0'"),
        ([job_type(), job_type(id=9, version="1.1")], ["places"], 2, "(1.0, 1.1)"),
    ],
)
def test_job_type_that_is_not_one_is_explained(
    server: Server, scale: Run, capsys: Capture, rows: Any, words: Any, code: int, sentence: str
) -> None:
    server.on("GET /job-types/", page(*rows))

    assert scale("job-type", *words) == code
    assert sentence in capsys.readouterr().err


def test_archived_versions_do_not_make_a_name_ambiguous(server: Server, scale: Run) -> None:
    old = job_type(id=7, version="0.9", is_active=False)
    server.on("GET /job-types/", page(old, job_type()))
    server.on("GET /job-types/8/", job_type())

    assert scale("job-type", "places") == ExitCode.OK


def test_queue_sends_the_job_and_says_its_id(server: Server, scale: Run, capsys: Capture) -> None:
    server.on("GET /job-types/8/", job_type())
    server.on("GET /workspaces/5/", {"id": 5, "name": "products"})
    server.on("POST /queue/new-job/", httpx.Response(201, json=job(9, "QUEUED")))

    words = ("--input", "csv=@3", "--input", "label=x", "--output-workspace", "5")
    assert scale("queue", "8", *words) == ExitCode.OK

    assert capsys.readouterr().out == "Job 9 is queued: places 1.0.\n"
    assert sent(server) == {
        "job_type_id": 8,
        "job_data": {
            "version": "1.0",
            "input_data": [{"name": "csv", "file_id": 3}, {"name": "label", "value": "x"}],
            "output_data": [{"name": "places", "workspace_id": 5}],
        },
    }


def test_queue_without_a_place_for_outputs_sends_nothing(
    server: Server, scale: Run, capsys: Capture
) -> None:
    server.on("GET /job-types/8/", job_type())

    assert scale("queue", "8", "--input", "csv=@3") == ExitCode.USAGE
    assert "--output-workspace" in capsys.readouterr().err


def test_queue_followed_ends_as_the_job_ends(server: Server, scale: Run, capsys: Capture) -> None:
    server.on("GET /job-types/8/", job_type())
    server.on("GET /workspaces/5/", {"id": 5})
    server.on("POST /queue/new-job/", job(9, "QUEUED"))
    tries = execution(32, "FAILED"), execution(31, "FAILED")
    server.on("GET /jobs/9/", job(9, "FAILED", *tries))
    server.on("GET /job-executions/31/logs/", logs("one\n"))
    server.on("GET /job-executions/32/logs/", logs("two\n"))

    words = ("queue", "8", "-i", "csv=@3", "--workspace", "5", "--follow")
    assert scale(*words) == ExitCode.JOB_FAILED
    assert capsys.readouterr().out == "one\ntwo\n"


def test_logs_of_an_earlier_try_are_shown_on_request(
    server: Server, scale: Run, capsys: Capture
) -> None:
    server.on("GET /jobs/9/", job(9, "FAILED", execution(32, "FAILED"), execution(31, "FAILED")))
    server.on("GET /job-executions/31/logs/", logs("one\n", "err"))

    assert scale("logs", "9", "--try", "1") == ExitCode.OK
    assert capsys.readouterr() == ("one\n", "err\n")
    assert scale("logs", "9", "--try", "3") == ExitCode.USAGE
    assert scale("logs", "9", "--try", "1", "-f") == ExitCode.USAGE


def test_cancel_goes_on_after_a_refusal(server: Server, scale: Run, capsys: Capture) -> None:
    server.on("PATCH /jobs/1/", httpx.Response(400, json={"detail": "It is COMPLETED."}))
    server.on("PATCH /jobs/2/", job(2, "CANCELED"))

    assert scale("cancel", "1", "2") == ExitCode.REFUSED

    said = capsys.readouterr()
    assert said.out == "Job 2 is canceled.\n"
    assert said.err == "Job 1 is not canceled: It is COMPLETED.\n"
    assert sent(server) == {"status": "CANCELED"}


@pytest.mark.parametrize("words", [[], ["--priority", "5"], ["--all", "--status", "FAILED"]])
def test_requeue_of_everything_has_to_be_meant(
    server: Server, scale: Run, words: list[str]
) -> None:
    assert scale("requeue", *words) == ExitCode.USAGE
    assert server.requests == []


@pytest.mark.parametrize(
    ("words", "body"),
    [
        (["--all"], {}),
        (["--status", "failed"], {"status": "FAILED"}),
        (["--job", "1", "--job", "2", "--priority", "0"], {"job_ids": [1, 2], "priority": 0}),
        (["--type", "a", "--since", "PT3H"], {"job_type_names": ["a"], "started": "PT3H"}),
        (["--type", "8"], {"job_type_ids": [8]}),
    ],
)
def test_requeue_sends_its_filters(
    server: Server, scale: Run, words: list[str], body: dict[str, Any]
) -> None:
    server.on("POST /queue/requeue-jobs/", page(job(1, "QUEUED")))

    assert scale("requeue", *words) == ExitCode.OK
    assert sent(server) == body
    assert len(server.requests) == 1


@pytest.mark.parametrize("command", ["jobs", "requeue"])
def test_types_by_name_and_id_at_once_are_refused(server: Server, scale: Run, command: str) -> None:
    assert scale(command, "--type", "a", "--type", "8") == ExitCode.USAGE
    assert server.requests == []


@pytest.mark.parametrize(
    ("words", "route", "answer"),
    [
        (["job-type", "8"], "GET /job-types/8/", job_type()),
        (["cancel", "9"], "PATCH /jobs/9/", job(9, "CANCELED")),
        (["requeue", "--job", "9"], "POST /queue/requeue-jobs/", page(job(9, "QUEUED"))),
    ],
)
def test_command_in_json_prints_what_the_server_sent(
    server: Server, scale: Run, capsys: Capture, words: list[str], route: str, answer: Any
) -> None:
    server.on(route, answer)

    assert scale(*words, "--json") == ExitCode.OK
    found = json.loads(capsys.readouterr().out)
    assert found == ([answer] if words[0] == "cancel" else answer)


def test_load_draws_a_line_per_status(server: Server, scale: Run, capsys: Capture) -> None:
    counts = {"pending_count": 0, "running_count": 2}
    samples = [
        {"time": f"2026-01-01T10:0{minute}:00Z", "queued_count": minute} | counts
        for minute in range(8)
    ]
    server.on("GET /load/", page(*samples))

    assert scale("load", "--since", "PT1H") == ExitCode.OK

    said = capsys.readouterr().out.splitlines()
    assert [line.split() for line in said[1:]] == [
        ["PENDING", "▁▁▁▁▁", "0", "0"],
        ["QUEUED", "▂▃▅▆█", "7", "7"],
        ["RUNNING", "█████", "2", "2"],
    ]
    assert server.requests[0].url.params["started"] == "PT1H"


def test_load_of_a_time_without_samples_says_so(
    server: Server, scale: Run, capsys: Capture
) -> None:
    server.on("GET /load/", page())

    assert scale("load") == ExitCode.OK
    assert capsys.readouterr() == ("", "No load was measured in that time.\n")


def test_status_shows_queue_nodes_and_broker(server: Server, scale: Run, capsys: Capture) -> None:
    scheduler = {"is_online": False, "is_paused": True}
    server.on("GET /status/", {"master": {"is_online": True}, "scheduler": scheduler,
                               "queue_depth": 41})  # fmt: skip
    row = {"job_type_name": "places", "job_type_version": "1.0", "count": 41,
           "highest_priority": 5, "longest_queued": QUEUED, "is_job_type_paused": True}  # fmt: skip
    server.on("GET /queue/status/", {"queue_status": [row]})
    node = {"id": 3, "hostname": "box", "is_paused": True, "pause_reason": "disk",
            "last_offer": None}  # fmt: skip
    server.on(
        "GET /nodes/status/", page({"node": node, "is_online": True, "job_exes_running": [1]})
    )

    assert scale("status") == ExitCode.OK

    said = capsys.readouterr().out
    assert "offline, paused" in said
    assert "places 1.0" in said
    assert "online, paused: disk" in said


def test_run_recipe_sends_inputs_and_workspace(server: Server, scale: Run, capsys: Capture) -> None:
    started = recipe({"a": "QUEUED", "b": "PENDING"}, {"b": ["a"]})
    listed = {"id": 2, "name": "report", "version": "1.0", "is_active": True}
    found = {"definition": started["recipe_type_rev"]["definition"], "job_types": [job_type()]}
    server.on("GET /recipe-types/", page(listed, listed | {"id": 3, "name": "other"}))
    server.on("GET /recipe-types/2/", listed | found)
    server.on("GET /workspaces/", page({"id": 5, "name": "raw"}))
    server.on("POST /queue/new-recipe/", started)

    assert scale("run-recipe", "report", "-i", "csv=@3") == ExitCode.USAGE
    assert scale("run-recipe", "report", "-i", "csv=@3", "--workspace", "raw") == ExitCode.OK

    assert capsys.readouterr().out == "Recipe 4 has started: report 1.0, 2 jobs.\n"
    assert sent(server) == {
        "recipe_type_id": 2,
        "recipe_data": {
            "version": "1.0",
            "input_data": [{"name": "csv", "file_id": 3}],
            "workspace_id": 5,
        },
    }
