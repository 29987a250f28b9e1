"""The users of the run: a thread that queues jobs and recipes as the plan says."""

import queue
import threading
from collections.abc import Iterable
from typing import Any

from chaos.catalogue import PROBE, job_types, recipe_types
from chaos.client import Api, Refused
from chaos.diary import Diary
from chaos.ground import Row
from chaos.plan import Request


class Traffic:
    """Registers the types, queues what it is offered, and keeps the ids it was answered."""

    def __init__(self, api: Api, diary: Diary) -> None:
        self._api = api
        self._diary = diary
        self._inbox: queue.SimpleQueue[Request | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._work, name="traffic", daemon=True)
        self._outputs: dict[str, list[str]] = {}
        self.job_types: dict[str, int] = {}
        self.recipe_types: dict[str, int] = {}
        self.workspace = 0
        self.jobs: list[int] = []
        self.recipes: list[int] = []
        self.refusals: list[str] = []
        self.waiting = 0

    def open(self, journal: Any, files: Any) -> None:
        """Make the workspace and all types, and begin to work."""
        config = {"version": "1.0", "broker": {"type": "host", "host_path": str(files)}}
        made = self._api.insist("POST", "/workspaces/", name="chaos", json_config=config)
        self.workspace = made["id"]
        for body in job_types(journal):
            self.job_types[body["name"]] = self._api.insist("POST", "/job-types/", **body)["id"]
            outputs = body["interface"]["output_data"]
            self._outputs[body["name"]] = [output["name"] for output in outputs]
        for body in recipe_types():
            made = self._api.insist("POST", "/recipe-types/", **body)
            self.recipe_types[body["name"]] = made["id"]
        self._thread.start()

    def offer(self, requests: Iterable[Request]) -> None:
        """Have requests sent, soon and in order."""
        for request in requests:
            self.waiting += 1
            self._inbox.put(request)

    def finish(self, seconds: float) -> bool:
        """Wait until all is sent; False if that takes too long."""
        self._inbox.put(None)
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def probe(self) -> int:
        """Queue a most urgent job that does nothing, and return its id.

        Raises:
            Refused: it is not accepted.
        """
        return self._queue_job(Request(PROBE))

    def _work(self) -> None:
        while (request := self._inbox.get()) is not None:
            try:
                if request.is_recipe:
                    self._queue_recipe(request)
                else:
                    self._queue_job(request)
            except Refused as refused:
                self.refusals.append(str(refused))
            self.waiting -= 1

    def _queue_job(self, request: Request) -> int:
        data: Row = {
            "version": "1.0",
            "input_data": [{"name": "seconds", "value": str(request.seconds)}],
            "output_data": [
                {"name": name, "workspace_id": self.workspace}
                for name in self._outputs[request.type_name]
            ],
        }
        answer = self._api.insist(
            "POST",
            "/queue/new-job/",
            job_type_id=self.job_types[request.type_name],
            job_data=data,
        )
        self.jobs.append(answer["id"])
        return int(answer["id"])

    def _queue_recipe(self, request: Request) -> None:
        answer = self._api.insist(
            "POST",
            "/queue/new-recipe/",
            recipe_type_id=self.recipe_types[request.type_name],
            recipe_data={"version": "1.0", "input_data": [], "workspace_id": self.workspace},
        )
        self.recipes.append(answer["id"])
