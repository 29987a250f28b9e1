import http.server
import threading
from collections.abc import Iterator
from dataclasses import replace

import pytest

from bench.http_load import Task, run_load
from launcher.errors import Problem


class Server(http.server.ThreadingHTTPServer):
    """Answers by path, and keeps what it was sent."""

    daemon_threads = True
    seen: list[tuple[str, str, str, bytes]]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server

    def handle_one_method(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        self.server.seen.append((self.command, self.path, self.headers["Authorization"], body))
        status = 500 if self.path == "/broken/" else 201
        answer = b"no" if status == 500 else b"x" * 100_000
        self.send_response(status)
        self.send_header("cOnTent-length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_PATCH = handle_one_method  # noqa: N815

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(("127.0.0.1", 0), Handler) as server:
        server.seen = []
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def task(server) -> Task:
    return Task(
        url=f"http://127.0.0.1:{server.server_address[1]}",
        token="secret",
        method="POST",
        paths=["/one/", "/two/"],
        body='{"a": 1}',
        connections=2,
        seconds=30.0,
        limit=7,
    )


def test_load_sends_no_more_than_its_limit_and_takes_paths_in_turns(server, task):
    load = run_load(task)

    assert load.answers == {"201": 7}
    assert sorted(path for _, path, _, _ in server.seen) == ["/one/"] * 4 + ["/two/"] * 3
    assert {(method, token, body) for method, _, token, body in server.seen} == {
        ("POST", "Token secret", b'{"a": 1}')
    }
    assert load.rate > 0
    assert 0 < load.p50 <= load.p99


def test_load_uses_the_method_it_is_given(server, task):
    run_load(replace(task, method="PATCH", limit=1))

    assert [method for method, *_ in server.seen] == ["PATCH"]


def test_load_ends_by_time(server, task):
    load = run_load(replace(task, seconds=0.2, limit=0))

    assert load.answers["201"] == len(server.seen) > 2


def test_answer_that_is_no_success_is_a_problem(task):
    with pytest.raises(Problem, match=r"'500': 1.*no"):
        run_load(replace(task, paths=["/one/", "/broken/"], limit=2))


def test_server_that_is_not_there_is_a_problem(task):
    with pytest.raises(Problem, match="failed"):
        run_load(replace(task, url="http://127.0.0.1:1"))
