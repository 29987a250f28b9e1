"""`recipe_growth.py SHAPE JOBS WORKSPACE_ROOT`: time one recipe inside a process of its own.

Prints one line of JSON. Django is set up by whoever runs this (`bench/recipe_growth.py`).
"""

import itertools
import json
import re
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median
from typing import Any
from unittest.mock import patch
from uuid import uuid4

from django.db import connection
from rest_framework.renderers import JSONRenderer

from api.serializers.recipes import RecipeDetailsOutput
from scale.dispatch import Follower
from scale.domain.geo import GeoFacts
from scale.domain.times import now
from scale.models import JobExecution
from scale.selectors.recipes import RecipeDetails, get_recipe_details
from scale.services.claims import claim_executions
from scale.services.completions import complete_execution
from scale.services.executions import Report
from scale.services.files import StoredProduct
from scale.services.job_types import create_job_type
from scale.services.nodes import register_node
from scale.services.recipe_types import create_recipe_type
from scale.services.recipes import queue_new_recipe
from scale.services.workspaces import create_workspace

WORKER = "bench-recipes"
FINISHES = 20
KIB = 1024


@dataclass
class Cost:
    """What a block took; `cpu` are the seconds that this process computed in it."""

    seconds: float = 0.0
    cpu: float = 0.0
    statements: int = 0
    #: How far the highest resident size went above the one at the start.
    bytes: int = 0


@dataclass
class Found:
    """All that is printed."""

    create: Cost = field(default_factory=Cost)
    answer: Cost = field(default_factory=Cost)
    answer_bytes: int = 0
    root: Cost = field(default_factory=Cost)
    child: Cost = field(default_factory=Cost)


def status(key: str) -> int:
    """Return a size of this process in bytes, by its name in `/proc`."""
    match = re.search(rf"^{key}:\s+(\d+) kB", Path("/proc/self/status").read_text(), re.MULTILINE)
    return int(match[1]) * KIB if match else 0


@contextmanager
def measured() -> Iterator[Cost]:
    """Measure the block; transactions' BEGIN and COMMIT take time but do not count."""
    cost = Cost()

    def execute(run: Any, *words: Any) -> Any:
        cost.statements += 1
        return run(*words)

    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = status("VmRSS")
    with connection.execute_wrapper(execute):
        begun, computed = time.perf_counter(), time.process_time()
        yield cost
        cost.seconds, cost.cpu = time.perf_counter() - begun, time.process_time() - computed
    cost.bytes = max(0, status("VmHWM") - before)


def interface(*, takes: bool) -> dict[str, Any]:
    """Return an interface that makes a file and may take one."""
    inputs = [{"name": "taken", "type": "file"}] if takes else []
    outputs = [{"name": "made", "type": "file", "media_type": "text/plain"}]
    return {
        "command": "/bin/true",
        "command_arguments": "",
        "input_data": inputs,
        "output_data": outputs,
    }


def graph(shape: str, jobs: int, prefix: str) -> dict[str, Any]:
    """Return a definition in which the file of a parent feeds its children, but for the join.

    An input is fed once, so a join of any number of jobs only waits for them.
    """

    def job(name: str, kind: str, *parents: str) -> dict[str, Any]:
        feeds = [{"output": "made", "input": "taken"}] if kind == "one" else []
        return {
            "name": name,
            "job_type": {"name": f"{prefix}-{kind}", "version": "1.0"},
            "dependencies": [{"name": parent, "connections": feeds} for parent in parents],
        }

    if shape == "chain":
        names = [f"link-{number}" for number in range(1, jobs)]
        links = [
            job(child, "one", parent) for parent, child in itertools.pairwise(["root", *names])
        ]
        return {"jobs": [job("root", "none"), *links]}
    names = [f"leaf-{number}" for number in range(jobs - 2)]
    leaves = [job(name, "one", "root") for name in names]
    return {"jobs": [job("root", "none"), *leaves, job("join", "none", *names)]}


class Bench:
    """A catalogue of its own in the database, and a node."""

    def __init__(self, root: str) -> None:
        self.prefix = f"bench-{uuid4().hex[:8]}"
        for kind, takes in (("none", False), ("one", True)):
            create_job_type(
                name=f"{self.prefix}-{kind}", version="1.0", interface=interface(takes=takes)
            )
        config = {"version": "1.0", "broker": {"type": "host", "host_path": root}}
        self.workspace = create_workspace(name=self.prefix, json_config=config).pk
        self.node = register_node(worker=WORKER, disk_mib=1e6).pk

    def recipe_type(self, shape: str, jobs: int) -> int:
        """Make a recipe type; return its id."""
        return create_recipe_type(
            name=f"{self.prefix}-{shape}-{jobs}",
            version="1.0",
            definition=graph(shape, jobs, self.prefix),
        ).pk

    def create(self, recipe_type_id: int) -> RecipeDetails:
        """Queue a recipe as the REST API does."""
        return queue_new_recipe(
            recipe_type_id=recipe_type_id,
            recipe_data={"workspace_id": self.workspace},
            user="bench",
        )

    def finish(self, job_id: int) -> Cost:
        """Claim and complete a job that made one file, as a worker does."""
        execution = JobExecution.objects.values_list("pk", flat=True).get(
            job=job_id, status="QUEUED"
        )
        unique = uuid4().hex
        product = StoredProduct(
            output_name="made",
            is_list=False,
            workspace_id=self.workspace,
            file_path=f"{unique}.txt",
            file_name=f"{unique}.txt",
            file_size=10,
            media_type="text/plain",
            uuid=unique,
            facts=GeoFacts(),
        )
        with measured() as cost:
            claim = claim_executions(
                count=1, named=[execution], node_id=self.node, worker=WORKER
            ).claims[0]
            done = complete_execution(claim, Report(ended=now(), products=[product]))
        if not done:
            raise RuntimeError(f"Job {job_id} was not claimed and completed.")
        return cost

    def typical(self, job_ids: list[int]) -> Cost:
        """Finish these jobs; return the medians."""
        costs = [asdict(self.finish(job_id)) for job_id in job_ids]
        return Cost(**{key: median(cost[key] for cost in costs) for key in costs[0]})


def answer(recipe_id: int) -> bytes:
    """Return what `GET /recipes/{id}/` answers."""
    body: bytes = JSONRenderer().render(RecipeDetailsOutput(get_recipe_details(recipe_id)).data)
    return body


def measure(bench: Bench, shape: str, jobs: int) -> Found:
    """Take a recipe from its creation to its first finished jobs."""
    recipe_type_id, found = bench.recipe_type(shape, jobs), Found()
    with measured() as found.create:
        details = bench.create(recipe_type_id)
    root, *children = (place.job_id for place in details.jobs)
    recipe_id = details.recipe.pk
    del details
    with measured() as found.answer:
        found.answer_bytes = len(answer(recipe_id))
    found.root = bench.finish(root)
    leaves = children if shape == "chain" else children[:-1]
    found.child = bench.typical(leaves[:FINISHES])
    return found


def main() -> None:
    """Warm up with a small recipe, then measure the one that is asked for."""
    shape, jobs, root = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    with ExitStack() as stack:
        # Filling the broker's window is the affair of a thread beside this one.
        stack.enter_context(patch.object(Follower, "ask", lambda _: None))
        bench = Bench(root)
        measure(bench, shape, 5)
        print(json.dumps(asdict(measure(bench, shape, jobs))))


if __name__ == "__main__":
    main()
