"""A recipe drawn as a tree of its jobs."""

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from client.output import Cell, make_table, status
from client.rest import Json
from client.texts import duration, one_line

COLUMNS = ("JOB", "ID", "TYPE", "STATUS", "WAITED", "RAN", "NOTE")
DEEPEST = 60


def recipe_tree(recipe: Json) -> Table:
    """Return a recipe's jobs, each once, below the last of the jobs that it waits for."""
    parents = dependencies(recipe)
    jobs = {item["job_name"]: item["job"] for item in recipe["jobs"]}
    rows = [_row(guide, name, jobs[name], parents[name]) for guide, name in branches(parents)]
    return make_table(COLUMNS, rows)


def dependencies(recipe: Json) -> dict[str, list[str]]:
    """Return the names that each job of a recipe waits for, in the order of its jobs."""
    revision = recipe.get("recipe_type_rev") or recipe["recipe_type"]
    defined = {job["name"]: job for job in revision["definition"]["jobs"]}
    names = [item["job_name"] for item in recipe["jobs"]]  # a topological order
    place = {name: index for index, name in enumerate(names)}
    return {
        name: sorted(
            {item["name"] for item in defined.get(name, {}).get("dependencies", [])} & set(place),
            key=lambda parent: place[parent],
        )
        for name in names
    }


def branches(parents: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """Yield the names in the order of a tree, each with the branch that leads to it.

    A stack instead of recursion: chains of a thousand jobs are drawn as well.
    """
    children: dict[str, list[str]] = {name: [] for name in parents}
    for name, above in parents.items():
        if above:
            children[above[-1]].append(name)
    stack = [("", "", name) for name, above in reversed(parents.items()) if not above]
    while stack:
        own, below, name = stack.pop()
        yield own, name
        below = f"…{below[-DEEPEST:]}" if len(below) > DEEPEST else below
        last = True
        for child in reversed(children[name]):
            stack.append(
                (below + ("└─ " if last else "├─ "), below + ("   " if last else "│  "), child)
            )
            last = False


def _row(guide: str, name: str, job: Json, parents: list[str]) -> tuple[Cell, ...]:
    started, ended = job["started"], job["ended"]
    notes = [f"after {', '.join(parents)}"] if len(parents) > 1 else []
    if job["error"]:
        notes.insert(0, job["error"]["name"])
    return (
        Text(guide + one_line(name)),
        job["id"],
        f"{job['job_type']['name']} {job['job_type']['version']}",
        status(job["status"]),
        duration(job["queued"], started or ended),
        duration(started, ended),
        "; ".join(notes),
    )
