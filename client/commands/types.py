"""What can be run: job types and recipe types."""

from typing import Annotated

import typer

from client.lookup import find_job_type
from client.output import Cell
from client.rest import Json
from client.session import AsJson, Session
from client.texts import ago, instant, one_line


def job_types(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the job types."""
    session: Session = ctx.obj
    rows = session.rest.list("/job-types/").rows
    if as_json:
        session.out.json_rows(rows)
        return
    columns = ("ID", "NAME", "VERSION", "TITLE", "CATEGORY", "PRIORITY", "STATE")
    session.out.table(columns, (_job_type_row(row) for row in rows))


def job_type(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="Its name, or its id.")],
    version: Annotated[str | None, typer.Argument(help="Needed if the name has several.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show a job type: its interface, limits and latest jobs."""
    session: Session = ctx.obj
    found = find_job_type(session.rest, name, version)
    if as_json:
        session.out.json(found)
        return
    _show_facts(session, found)
    _show_interface(session, found["interface"])
    counts = found["job_counts_24h"]
    if counts:
        session.out.head("Jobs of the last 24 hours")
        session.out.table(
            ("STATUS", "CATEGORY", "COUNT", "LATEST"),
            (
                (row["status"], row["category"], row["count"], ago(row["most_recent"]))
                for row in counts
            ),
        )


def recipe_types(ctx: typer.Context, as_json: AsJson = False) -> None:
    """List the recipe types."""
    session: Session = ctx.obj
    rows = session.rest.list("/recipe-types/").rows
    if as_json:
        session.out.json_rows(rows)
        return
    session.out.table(
        ("ID", "NAME", "VERSION", "TITLE", "REVISION", "STATE"),
        (
            (
                row["id"],
                row["name"],
                row["version"],
                row["title"],
                row["revision_num"],
                "active" if row["is_active"] else "archived",
            )
            for row in rows
        ),
    )


def _job_type_row(row: Json) -> tuple[Cell, ...]:
    names = ("id", "name", "version", "title", "category", "priority")
    return (*(row[name] for name in names), _state(row))


def _state(row: Json) -> str:
    words = [
        word
        for word, is_so in (
            ("archived", not row["is_active"]),
            ("paused", row["is_paused"]),
            ("system", row["is_system"]),
            ("R&D", not row["is_operational"]),
        )
        if is_so
    ]
    return ", ".join(words) or "active"


def _show_facts(session: Session, found: Json) -> None:
    interface = found["interface"]
    session.out.facts(
        (
            ("Job type", f"{found['id']}: {found['name']} {found['version']}"),
            ("Title", found["title"]),
            ("Description", found["description"]),
            ("Category", found["category"]),
            ("State", _state(found)),
            ("Revision", found["revision_num"]),
            ("Command", f"{interface['command']} {interface['command_arguments']}"),
            ("Image", found["docker_image"]),
            ("Priority", found["priority"]),
            ("At most", f"{found['max_tries']} tries of {found['timeout']} s"),
            ("Needs", f"{found['cpus_required']} CPUs, {found['mem_required']} MiB memory"),
            ("Running at once", found["max_scheduled"]),
            ("Last modified", instant(found["last_modified"])),
        )
    )


def _show_interface(session: Session, interface: Json) -> None:
    if interface["input_data"]:
        session.out.head("Inputs")
        session.out.table(
            ("NAME", "TYPE", "REQUIRED", "MEDIA TYPES"),
            (
                (
                    item["name"],
                    item["type"],
                    _yes(item.get("required", True)),
                    one_line(", ".join(item.get("media_types", []))),
                )
                for item in interface["input_data"]
            ),
        )
    if interface["output_data"]:
        session.out.head("Outputs")
        session.out.table(
            ("NAME", "TYPE", "REQUIRED", "MEDIA TYPE"),
            (
                (
                    item["name"],
                    item["type"],
                    _yes(item.get("required", True)),
                    item.get("media_type", ""),
                )
                for item in interface["output_data"]
            ),
        )


def _yes(is_so: bool) -> str:
    return "yes" if is_so else "no"
