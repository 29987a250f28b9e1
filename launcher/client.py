"""A small REST client, as anyone could write one from the API's documentation."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from launcher.errors import Problem

Json = dict[str, Any]

FINAL = {"COMPLETED", "FAILED", "CANCELED"}
POLL_SECONDS = 0.2


class Client:
    """Talks to one Scale with one token; an answer other than 2xx is a `Problem`."""

    def __init__(self, url: str, token: str, transport: httpx.BaseTransport | None = None) -> None:
        self._http = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Token {token}"},
            timeout=30,
            transport=transport,
            trust_env=False,  # loopback never goes through a proxy
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def request(self, method: str, path: str, **options: Any) -> Json:
        """Send one request and return the object in the answer."""
        try:
            response = self._http.request(method, path, **options)
        except httpx.HTTPError as error:
            raise Problem(f"{method} {path} got no answer: {error}") from error
        if not response.is_success:
            raise Problem(f"{method} {path} was refused ({response.status_code}): {response.text}")
        body: Json = response.json()
        return body

    def find(self, path: str, **keys: str) -> Json | None:
        """Return the row of a list whose fields equal `keys`, or None."""
        rows = self.request("GET", path, params={**keys, "page_size": "1000"})["results"]
        same = (row for row in rows if all(row[key] == value for key, value in keys.items()))
        return next(same, None)

    def ensure(self, path: str, body: Json, *keys: str) -> Json:
        """Return the row that has the `keys` of `body`, created from `body` if there is none."""
        found = self.find(path, **{key: body[key] for key in keys})
        return found or self.request("POST", path, json=body)

    def upload(self, workspace_id: int, file: Path) -> Json:
        """Bring a file into a workspace as a source; one of that name is taken as it is."""
        if found := self.find("/sources/", file_name=file.name):
            return found
        with file.open("rb") as content:
            return self.request(
                "POST",
                "/sources/",
                data={"workspace_id": str(workspace_id)},
                files={"file": (file.name, content)},
            )

    def queue(self, job_type: Json, file_id: int, workspace_id: int) -> Json:
        """Queue a job of a type that takes one file, its outputs going to a workspace."""
        interface = job_type["interface"]
        inputs = [item["name"] for item in interface["input_data"] if item["type"] == "file"]
        outputs = [item["name"] for item in interface["output_data"]]
        data = {
            "version": "1.0",
            "input_data": [{"name": name, "file_id": file_id} for name in inputs],
            "output_data": [{"name": name, "workspace_id": workspace_id} for name in outputs],
        }
        body = {"job_type_id": job_type["id"], "job_data": data}
        return self.request("POST", "/queue/new-job/", json=body)

    def follow(
        self, job_ids: list[int], seconds: float, check: Callable[[], None]
    ) -> Iterator[list[Json]]:
        """Yield the jobs as they stand, again and again, the last time when all have ended.

        Raises:
            Problem: when they have not ended after `seconds`, or `check` raises it.
        """
        deadline = time.monotonic() + seconds
        while True:
            check()
            jobs = self.request("GET", "/jobs/", params={"job_id": job_ids, "order": "id"})
            yield jobs["results"]
            if all(job["status"] in FINAL for job in jobs["results"]):
                return
            if time.monotonic() > deadline:
                raise Problem(f"The jobs {job_ids} have not ended within {seconds:.0f} s.")
            time.sleep(POLL_SECONDS)
