"""Recipes: starting them and looking at their jobs."""

from collections import Counter
from typing import Annotated

import typer
from rich.console import Group, RenderableType

from client.commands.queue import Inputs
from client.errors import misuse
from client.follow import is_ended, recipe_exit_code, why
from client.inputs import input_data, read_inputs, uploader
from client.lookup import find_recipe_type, find_workspace
from client.output import Cell, Output, facts_table
from client.rest import Json
from client.session import AsJson, Follow, Session
from client.texts import duration, instant
from client.tree import recipe_tree


def run_recipe(
    ctx: typer.Context,
    recipe_type: Annotated[
        str, typer.Argument(metavar="TYPE", help="A recipe type's name, or its id.")
    ],
    version: Annotated[str | None, typer.Option(help="Needed if the name has several.")] = None,
    inputs: Inputs = None,
    workspace: Annotated[
        str | None, typer.Option(help="Where uploads and products go, by name or id.")
    ] = None,
    follow: Follow = False,
    as_json: AsJson = False,
) -> None:
    """Start a recipe; --follow shows its jobs until all have ended."""
    session: Session = ctx.obj
    rest = session.rest
    found = find_recipe_type(rest, recipe_type, version)
    given = read_inputs(inputs or [], found["definition"].get("input_data", []))
    upload = uploader(rest, workspace, given)
    data: Json = {"version": "1.0", "input_data": input_data(given, upload)}
    if workspace is not None:
        data["workspace_id"] = find_workspace(rest, workspace)["id"]
    elif any(item["interface"]["output_data"] for item in found["job_types"]):
        raise misuse("Name the --workspace that the products go to.")
    body = {"recipe_type_id": found["id"], "recipe_data": data}
    recipe = rest.post("/queue/new-recipe/", json=body)
    if follow:
        _follow(session, recipe["id"], as_json=as_json)
    elif as_json:
        session.out.json(recipe)
    else:
        jobs = len(recipe["jobs"])
        name = f"{found['name']} {found['version']}"
        session.out.say(f"Recipe {recipe['id']} has started: {name}, {jobs} jobs.")


def recipe(
    ctx: typer.Context,
    recipe_id: Annotated[int, typer.Argument(metavar="ID")],
    follow: Follow = False,
    as_json: AsJson = False,
) -> None:
    """Show a recipe as a tree of its jobs, --follow until all ended."""
    session: Session = ctx.obj
    if follow:
        _follow(session, recipe_id, as_json=as_json)
    found = session.rest.get(f"/recipes/{recipe_id}/")
    if as_json:
        session.out.json(found)
        return
    _show(session.out, found)


def _follow(session: Session, recipe_id: int, *, as_json: bool) -> None:
    answers = session.watch().ask(lambda: session.rest.get(f"/recipes/{recipe_id}/"))
    found: Json = {}
    try:
        with _Display(session.out, is_quiet=as_json) as display:
            for found in answers:
                display.update(found)
                if is_ended(found):
                    break
    except KeyboardInterrupt:
        session.out.note(f"No longer followed; recipe {recipe_id} goes on.")
        raise
    if as_json:
        session.out.json(found)
    elif not display.is_live:
        _show(session.out, found)
    raise typer.Exit(recipe_exit_code(found))


class _Display:
    """Redraws the tree where it fits a terminal; elsewhere prints a line for each change."""

    def __init__(self, out: Output, *, is_quiet: bool) -> None:
        self._out = out
        self._is_quiet = is_quiet
        self._seen: dict[int, str] = {}
        self._live = out.live()
        self.is_live = False

    def __enter__(self) -> "_Display":
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def update(self, recipe: Json) -> None:
        """Show a recipe as it is now."""
        if self._is_quiet:
            return
        if not self._seen and self._out.is_live:
            self.is_live = len(recipe["jobs"]) < self._out.height - 4
            if self.is_live:
                self._live.start()
        if self.is_live:
            self._live.update(_picture(recipe), refresh=True)
        for item in recipe["jobs"]:
            job = item["job"]
            if self._seen.get(job["id"]) != job["status"]:
                self._seen[job["id"]] = job["status"]
                if not self.is_live:
                    text = f"-- {item['job_name']}: job {job['id']} {job['status']}{why(job)}"
                    self._out.note(text)


def _show(out: Output, recipe: Json) -> None:
    out.facts(_facts(recipe))
    if recipe["jobs"]:
        out.say("")
        out.show(recipe_tree(recipe))


def _picture(recipe: Json) -> RenderableType:
    return Group(facts_table(_facts(recipe)), "", recipe_tree(recipe))


def _facts(recipe: Json) -> tuple[tuple[str, Cell], ...]:
    found = recipe["recipe_type"]
    states = Counter(item["job"]["status"] for item in recipe["jobs"])
    return (
        ("Recipe", f"{recipe['id']}: {found['name']} {found['version']}"),
        ("Jobs", ", ".join(f"{count} {state}" for state, count in sorted(states.items()))),
        ("Created", instant(recipe["created"])),
        ("Completed", instant(recipe["completed"])),
        ("Took", duration(recipe["created"], recipe["completed"]) if recipe["completed"] else None),
    )
