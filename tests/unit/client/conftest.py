"""A Scale that answers from a table, and the command line that asks it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from client.main import main
from client.session import Session

URL = "http://scale.test"


@dataclass
class Server:
    """Answers each `METHOD path` in turn with what is listed; the last answer stays."""

    answers: dict[str, list[Any]] = field(default_factory=dict)
    requests: list[httpx.Request] = field(default_factory=list)
    pauses: list[float] = field(default_factory=list)

    def on(self, route: str, *answers: Any) -> None:
        self.answers[route] = list(answers)

    def __call__(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.requests.append(request)
        answers = self.answers.get(f"{request.method} {request.url.path}")
        if not answers:
            return httpx.Response(404, json={"detail": "There is no such path."})
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if isinstance(answer, BaseException):
            raise answer
        if isinstance(answer, httpx.Response):
            return answer
        return httpx.Response(200, json=answer)

    def session(self, **environ: str) -> Session:
        known = {"SCALE_URL": URL, "SCALE_TOKEN": "secret-token"}
        return Session(known | environ, httpx.MockTransport(self), self.pauses.append)


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def scale(server: Server) -> Callable[..., int]:
    def run(*words: str, **environ: str) -> int:
        return main(words, server.session(**environ))

    return run


def page(*rows: Any, following: str | None = None, count: int | None = None) -> Any:
    total = len(rows) if count is None else count
    return {"count": total, "next": following, "previous": None, "results": list(rows)}
