import json
from collections.abc import Callable

import httpx
import pytest

from client.errors import ExitCode, Problem
from client.follow import Watch
from tests.unit.client.conftest import Server
from tests.unit.client.samples import execution, job, logs, recipe

Run = Callable[..., int]


def test_follow_prints_a_log_as_it_grows_and_ends_with_the_job(
    server: Server, scale: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    running, done = execution(31, "RUNNING"), execution(31, "COMPLETED")
    server.on(
        "GET /jobs/9/",
        job(9, "QUEUED", execution(31, "QUEUED")),
        job(9, "RUNNING", running),
        job(9, "RUNNING", running),
        job(9, "COMPLETED", done),
    )
    server.on(
        "GET /job-executions/31/logs/",
        logs("one\ntw"),
        logs("one\ntwo\n", "oops\n"),
        logs("one\ntwo\n\x1b[2Jend", "oops\n"),
    )

    assert scale("logs", "-f", "9") == ExitCode.OK

    said = capsys.readouterr()
    assert said.out == "one\ntwo\n␛[2Jend\n"
    assert said.err == "-- job 9 QUEUED\n-- job 9 RUNNING\noops\n-- job 9 COMPLETED\n"


@pytest.mark.parametrize("status", ["FAILED", "CANCELED"])
def test_follow_tells_by_its_exit_code_that_the_job_did_not_complete(
    server: Server, scale: Run, capsys: pytest.CaptureFixture[str], status: str
) -> None:
    server.on("GET /jobs/9/", job(9, status, execution(31, status)))
    server.on("GET /job-executions/31/logs/", logs(None))

    assert scale("logs", "--follow", "9") == ExitCode.JOB_FAILED
    reason = ": Bad input (DATA)" if status == "FAILED" else ""
    assert capsys.readouterr().err == f"-- job 9 {status}{reason}\n"


def test_follow_goes_on_with_the_next_try(
    server: Server, scale: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = execution(31, "FAILED"), execution(32, "COMPLETED")
    server.on(
        "GET /jobs/9/",
        job(9, "RUNNING", execution(31, "RUNNING")),
        job(9, "COMPLETED", second, first),
    )
    server.on("GET /job-executions/31/logs/", logs("first "), logs("first try\n"))
    server.on("GET /job-executions/32/logs/", logs("second try\n"))

    assert scale("logs", "-f", "9") == ExitCode.OK

    said = capsys.readouterr()
    assert said.out == "first try\nsecond try\n"
    assert "-- try 2 of at most 3\n" in said.err


def test_follow_leaves_out_tries_that_were_over_before(
    server: Server, scale: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    server.on("GET /jobs/9/", job(9, "FAILED", execution(32, "FAILED"), execution(31, "FAILED")))
    server.on("GET /job-executions/32/logs/", logs("second\n"))

    assert scale("logs", "-f", "9") == ExitCode.JOB_FAILED
    assert capsys.readouterr().out == "second\n"


def test_follow_outlasts_an_absence_of_the_server(
    server: Server, scale: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    gone = [httpx.ConnectError("refused")] * 8
    done = job(9, "COMPLETED", execution(31, "COMPLETED"))
    server.on("GET /jobs/9/", job(9, "QUEUED"), *gone, done)
    server.on("GET /job-executions/31/logs/", logs("done\n"))

    assert scale("logs", "-f", "9") == ExitCode.OK

    said = capsys.readouterr()
    assert said.out == "done\n"
    assert said.err.count("Still trying") == 1


def test_watch_gives_up_on_a_server_that_stays_away(server: Server) -> None:
    clock = iter(range(0, 1000, 10))
    watch = Watch(server.session().out, server.pauses.append, lambda: float(next(clock)))
    asked: list[None] = []

    def question() -> None:
        asked.append(None)
        raise Problem(ExitCode.AWAY, "Gone.")

    with pytest.raises(Problem, match="Gone"):
        next(watch.ask(question))

    assert 2 < len(asked) < 20


def test_watch_asks_less_often_when_answers_take_long(server: Server) -> None:
    times = iter([0.0, 2.0, 10.0, 10.0, 20.0, 20.0])
    watch = Watch(server.session().out, server.pauses.append, lambda: next(times))

    answers = watch.ask(lambda: 1)
    for _ in range(3):
        next(answers)

    assert server.pauses == [8.0, 0.2]


def test_follow_in_json_prints_the_log_once_it_is_whole(
    server: Server, scale: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    done = job(9, "FAILED", execution(31, "FAILED"))
    server.on("GET /jobs/9/", job(9, "RUNNING"), done)
    server.on("GET /job-executions/31/logs/", logs("text\n"))

    assert scale("logs", "-f", "9", "--json") == ExitCode.JOB_FAILED

    said = capsys.readouterr()
    assert json.loads(said.out) == logs("text\n")
    assert said.err == ""


def test_interrupted_follow_says_that_the_job_goes_on(
    server: Server, scale: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    server.on("GET /jobs/9/", job(9, "RUNNING"), KeyboardInterrupt())

    assert scale("logs", "-f", "9") == ExitCode.INTERRUPTED
    assert capsys.readouterr().err == "-- job 9 RUNNING\nNo longer followed; job 9 goes on.\n"


def test_recipe_is_followed_until_nothing_moves(
    server: Server, scale: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    depends = {"b": ["a"]}
    server.on(
        "GET /recipes/4/",
        recipe({"a": "RUNNING", "b": "PENDING"}, depends),
        recipe({"a": "FAILED", "b": "BLOCKED"}, depends),
    )

    assert scale("recipe", "4", "--follow") == ExitCode.JOB_FAILED

    said = capsys.readouterr()
    assert said.err.splitlines() == [
        "-- a: job 1 RUNNING",
        "-- b: job 2 PENDING",
        "-- a: job 1 FAILED: Bad input (DATA)",
        "-- b: job 2 BLOCKED",
    ]
    assert "└─ b" in said.out


def test_recipe_that_completed_ends_well(server: Server, scale: Run) -> None:
    server.on("GET /recipes/4/", recipe({"a": "COMPLETED"}, {}))

    assert scale("recipe", "4", "-f") == ExitCode.OK
