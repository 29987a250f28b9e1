"""A REST client that writes down what came of each request."""

import time
from typing import Any

import httpx

from chaos.diary import Answer, Diary

#: Longer than anything but a frozen database may hold up an answer.
TIMEOUT_SECONDS = 30.0
#: How long a request is repeated that nobody answers, or that is answered 503.
PATIENCE_SECONDS = 120.0
RETRY_SECONDS = 0.3


class Refused(Exception):
    """A request was answered, but not as it should have been."""


class Api:
    """Scale's REST API, with one token."""

    def __init__(self, url: str, token: str, diary: Diary) -> None:
        self.url = url
        self._diary = diary
        # No connection is kept, since one that a restarted server has closed looks like a failure.
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Token {token}"},
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(self, method: str, path: str, **body: Any) -> tuple[int | None, dict[str, Any]]:
        """Send one request; return the status, None if no answer came, and the answer's object."""
        begun = time.time()
        status, answer = None, {}
        try:
            response = self._http.request(method, path, json=body or None)
            status = response.status_code
            answer = response.json()
        except (httpx.HTTPError, ValueError) as error:
            answer = {"detail": repr(error)}
        self._diary.answered(
            Answer(method, path, status, begun, time.time() - begun, _summary(answer))
        )
        return status, answer

    def insist(self, method: str, path: str, **body: Any) -> dict[str, Any]:
        """Send a request, again and again while nobody answers, and return the answer's object.

        Raises:
            Refused: it is answered otherwise than 2xx or 503, or never.
        """
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            status, answer = self.send(method, path, **body)
            if status in {200, 201}:
                return answer
            if status not in {None, 503} or time.monotonic() > deadline:
                raise Refused(f"{method} {path}: {status} {answer.get('detail')}")
            time.sleep(RETRY_SECONDS)

    def is_healthy(self) -> bool:
        """Tell whether Scale says that it is well."""
        try:
            return self._http.get("/health/", timeout=5).status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False


def _summary(answer: dict[str, Any]) -> dict[str, Any]:
    """Return what the checks need of an answer, and why a request was refused."""
    facts: dict[str, Any] = {
        key: answer[key] for key in ("id", "status", "num_exes", "detail") if key in answer
    }
    if "results" in answer:
        facts["results"] = [
            {key: row[key] for key in ("id", "status", "num_exes") if key in row}
            for row in answer["results"]
        ]
    return facts
