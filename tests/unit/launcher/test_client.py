import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from launcher.client import Client
from launcher.errors import Problem

Handler = Callable[[httpx.Request], httpx.Response]


def page(*rows: dict[str, Any]) -> httpx.Response:
    return httpx.Response(200, json={"count": len(rows), "results": rows})


def client(handler: Handler) -> Client:
    return Client("http://scale", "secret", httpx.MockTransport(handler))


def test_request_carries_the_token() -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["Authorization"])
        return httpx.Response(200, json={"id": 1})

    with client(answer) as scale:
        assert scale.request("GET", "/jobs/1/") == {"id": 1}
    assert seen == ["Token secret"]


def test_request_refused_is_told_in_full() -> None:
    with (
        client(lambda _: httpx.Response(400, json={"detail": "no such file"})) as scale,
        pytest.raises(Problem, match=r"POST /queue/new-job/ was refused \(400\).*no such file"),
    ):
        scale.request("POST", "/queue/new-job/")


def test_request_without_an_answer_is_told() -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    with client(fail) as scale, pytest.raises(Problem, match="got no answer: refused"):
        scale.request("GET", "/jobs/")


def test_ensure_takes_the_row_that_is_there() -> None:
    wanted = {"id": 2, "name": "echo", "version": "1.0"}

    with client(lambda _: page({"id": 1, "name": "echo", "version": "0.9"}, wanted)) as scale:
        assert scale.ensure("/job-types/", {"name": "echo", "version": "1.0"}, "name") == {
            "id": 1,
            "name": "echo",
            "version": "0.9",
        }
        body = {"name": "echo", "version": "1.0"}
        assert scale.ensure("/job-types/", body, "name", "version") == wanted


def test_ensure_creates_what_is_missing() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return page({"id": 1, "name": "echo two"})
        return httpx.Response(201, json={"id": 7, **json.loads(request.content)})

    with client(answer) as scale:
        assert scale.ensure("/errors/", {"name": "echo"}, "name") == {"id": 7, "name": "echo"}


def test_upload_sends_the_content_once(tmp_path: Path) -> None:
    file = tmp_path / "places.csv"
    file.write_text("name\nOslo\n")
    sources: list[dict[str, Any]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            return page(*sources)
        assert b"Oslo" in request.content
        assert b'filename="places.csv"' in request.content
        sources.append({"id": 1, "file_name": "places.csv"})
        return httpx.Response(201, json=sources[0])

    with client(answer) as scale:
        assert scale.upload(3, file) == scale.upload(3, file) == sources[0]
    assert len(sources) == 1


def test_queue_fills_file_inputs_and_every_output() -> None:
    interface = {
        "input_data": [{"name": "csv", "type": "file"}, {"name": "as_of", "type": "property"}],
        "output_data": [{"name": "places"}, {"name": "extra"}],
    }

    with client(lambda request: httpx.Response(201, content=request.content)) as scale:
        body = scale.queue({"id": 5, "interface": interface}, file_id=8, workspace_id=3)

    assert body == {
        "job_type_id": 5,
        "job_data": {
            "version": "1.0",
            "input_data": [{"name": "csv", "file_id": 8}],
            "output_data": [
                {"name": "places", "workspace_id": 3},
                {"name": "extra", "workspace_id": 3},
            ],
        },
    }


def test_follow_goes_on_until_all_jobs_have_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("launcher.client.POLL_SECONDS", 0)
    answers = iter([["QUEUED", "FAILED"], ["RUNNING", "FAILED"], ["COMPLETED", "FAILED"]])
    checks: list[None] = []

    def answer(request: httpx.Request) -> httpx.Response:
        assert request.url.params.get_list("job_id") == ["1", "2"]
        return page(*({"id": n, "status": s} for n, s in enumerate(next(answers), 1)))

    with client(answer) as scale:
        states = list(scale.follow([1, 2], 60, lambda: checks.append(None)))

    assert [jobs[0]["status"] for jobs in states] == ["QUEUED", "RUNNING", "COMPLETED"]
    assert len(checks) == 3


def test_follow_gives_up_after_its_time() -> None:
    with (
        client(lambda _: page({"id": 1, "status": "RUNNING"})) as scale,
        pytest.raises(Problem, match="have not ended within 0 s"),
    ):
        list(scale.follow([1], 0, lambda: None))
