"""Requests to the REST API: retries, pages, and failures as exit codes."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx

from client.access import Access, is_loopback
from client.errors import ExitCode, Problem

Json = dict[str, Any]

RETRY_SECONDS = (0.3, 1.0, 2.0)
LONGEST_RETRY_SECONDS = 5.0
TIMEOUT = httpx.Timeout(60, connect=5)
PAGE_SIZE = 1000
NEVER_ARRIVED = (httpx.ConnectError, httpx.ConnectTimeout)
TOO_BUSY = (502, 503, 504)


@dataclass(frozen=True)
class Listing:
    """A list of the API: how many rows there are, and the rows, read page by page."""

    count: int
    rows: Iterator[Json]


class Rest:
    """Asks one server as one user; all answers but 2xx are a `Problem`."""

    def __init__(
        self,
        access: Access,
        transport: httpx.BaseTransport | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url = access.url
        self._pause = pause
        self._http = httpx.Client(
            headers={"Authorization": f"Token {access.token}"} if access.token else {},
            timeout=TIMEOUT,
            transport=transport,
            trust_env=not is_loopback(access.url),  # loopback never goes through a proxy
        )

    def get(self, path: str, **params: Any) -> Json:
        """Read one object."""
        return self._request("GET", path, params=_given(params))

    def post(self, path: str, **options: Any) -> Json:
        """Send an object, or a file, and return what it became."""
        return self._request("POST", path, **options)

    def patch(self, path: str, body: Json) -> Json:
        """Change an object and return it."""
        return self._request("PATCH", path, json=body)

    def list(self, path: str, *, limit: int = 0, **params: Any) -> Listing:
        """Read a list, of which `rows` gives at most `limit` (0: all); the first page at once."""
        asked = _given(params) | {"page_size": min(limit or PAGE_SIZE, PAGE_SIZE)}
        first = self._request("GET", path, params=asked)
        return Listing(first["count"], self._rows(path, first, limit))

    def _rows(self, path: str, page: Json, limit: int) -> Iterator[Json]:
        given = 0
        while True:
            for row in page["results"]:
                yield row
                given += 1
                if given == limit:
                    return
            if not page["next"]:
                return
            # Only its query: the token never goes where an answer points to.
            page = self._request("GET", path, params=httpx.URL(page["next"]).params)

    def _request(self, method: str, path: str, **options: Any) -> Json:
        response = self._send(method, path, options)
        if response.is_success:
            return _object(response)
        raise Problem(_code(response.status_code), self._refusal(response))

    def _send(self, method: str, path: str, options: dict[str, Any]) -> httpx.Response:
        """Send until there is an answer; what may have had an effect is never sent again."""
        retries = iter(RETRY_SECONDS)
        while True:
            seconds = next(retries, None)
            try:
                response = self._http.request(method, f"{self.url}{path}", **options)
            except httpx.HTTPError as error:
                repeatable = method == "GET" or isinstance(error, NEVER_ARRIVED)
                if seconds is None or not repeatable:
                    raise Problem(ExitCode.AWAY, self._absence(error)) from error
            else:
                if seconds is None or method != "GET" or response.status_code not in TOO_BUSY:
                    return response
                seconds = _retry_after(response, seconds)
            self._pause(seconds)

    def _absence(self, error: httpx.HTTPError) -> str:
        if isinstance(error, NEVER_ARRIVED):
            return f"{self.url} cannot be reached: {str(error) or 'no connection in time'}."
        return f"{self.url} did not answer: {str(error) or type(error).__name__}."

    def _refusal(self, response: httpx.Response) -> str:
        status = response.status_code
        if response.is_redirect:
            place = response.headers.get("Location", "")
            return f"{self.url} points to {place}: sign in there, if that is the right server."
        detail = _detail(response)
        if status == httpx.codes.UNAUTHORIZED:
            return f"Not signed in at {self.url}: {detail} Run `scale login URL`."
        return detail


def _given(params: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in params.items() if value not in (None, [], ())}


def _object(response: httpx.Response) -> Json:
    try:
        body = response.json()
    except ValueError:
        body = None
    if isinstance(body, dict):
        return body
    raise Problem(ExitCode.AWAY, f"{response.url} does not answer as a Scale server does.")


def _detail(response: httpx.Response) -> str:
    try:
        detail = str(response.json()["detail"])
    except (ValueError, LookupError, TypeError):
        detail = f"{response.url} answered {response.status_code} {response.reason_phrase}"
    return detail if detail.endswith((".", "!", "?")) else f"{detail}."


def _code(status: int) -> ExitCode:
    if status in (401, 403, 429):  # the last: too many failed attempts to sign in
        return ExitCode.NOT_ALLOWED
    return ExitCode.AWAY if status >= 500 else ExitCode.REFUSED


def _retry_after(response: httpx.Response, seconds: float) -> float:
    asked = response.headers.get("Retry-After", "")
    return min(float(asked), LONGEST_RETRY_SECONDS) if asked.isdecimal() else seconds
