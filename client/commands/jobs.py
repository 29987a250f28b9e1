"""Looking at jobs."""

from typing import Annotated

import typer

from client.follow import why
from client.lookup import job_filter
from client.output import Cell, Output, status
from client.rest import Json
from client.session import AsJson, Limit, Session
from client.texts import ago, duration, instant, one_line, size

COLUMNS = ("ID", "TYPE", "STATUS", "PRIORITY", "TRIES", "CHANGED", "RAN", "ERROR")


def jobs(
    ctx: typer.Context,
    state: Annotated[
        str | None, typer.Option("--status", help="QUEUED, RUNNING, FAILED, COMPLETED, …")
    ] = None,
    job_type: Annotated[
        list[str] | None, typer.Option("--type", help="A job type's name or id; repeatable.")
    ] = None,
    limit: Limit = 50,
    as_json: AsJson = False,
) -> None:
    """List jobs, the newest first."""
    session: Session = ctx.obj
    filters = {"status": state.upper() if state else None, **job_filter(job_type or [])}
    listing = session.rest.list("/jobs/", limit=limit, order="-id", **filters)
    if as_json:
        session.out.json_rows(listing.rows)
        return
    session.out.table(COLUMNS, map(job_row, listing.rows))
    if limit and listing.count > limit:
        session.out.note(f"{limit} of {listing.count:,} jobs; --limit 0 shows all.")


def job(
    ctx: typer.Context,
    job_id: Annotated[int, typer.Argument(metavar="ID")],
    as_json: AsJson = False,
) -> None:
    """Show a job: its times, tries, inputs and products."""
    session: Session = ctx.obj
    found = session.rest.get(f"/jobs/{job_id}/")
    if as_json:
        session.out.json(found)
        return
    _show_facts(session.out, found)
    _show_tries(session.out, found)
    _show_files(session.out, "Products", found["products"])
    _show_files(session.out, "Input files", found["input_files"])


def job_row(row: Json) -> tuple[Cell, ...]:
    """Return a job as a row of `COLUMNS`."""
    return (
        row["id"],
        type_name(row),
        status(row["status"]),
        row["priority"],
        f"{row['num_exes']}/{row['max_tries']}",
        ago(row["last_status_change"] or row["created"]),
        duration(row["started"], row["ended"]),
        row["error"]["name"] if row["error"] else "",
    )


def type_name(row: Json) -> str:
    """Return the name and version of a job's type."""
    return f"{row['job_type']['name']} {row['job_type']['version']}"


def _show_facts(out: Output, found: Json) -> None:
    recipes = (f"{row['id']} ({row['recipe_type']['name']})" for row in found["recipes"])
    properties = (
        f"{item['name']}={item['value']}" for item in found["data"]["input_data"] if "value" in item
    )
    out.facts(
        (
            ("Job", found["id"]),
            ("Type", type_name(found)),
            ("Status", status(found["status"])),
            ("Error", why(found).removeprefix(": ")),
            ("Recipe", ", ".join(recipes)),
            ("Priority", found["priority"]),
            ("Tries", f"{found['num_exes']} of {found['max_tries']}"),
            ("Created", instant(found["created"])),
            ("Queued", instant(found["queued"])),
            ("Started", instant(found["started"])),
            ("Ended", instant(found["ended"])),
            ("Ran", duration(found["started"], found["ended"])),
            ("Properties", one_line("; ".join(properties))),
        )
    )


def _show_tries(out: Output, found: Json) -> None:
    if not found["job_exes"]:
        return
    out.head("Tries")
    out.table(
        ("EXECUTION", "STATUS", "NODE", "WAITED", "RAN", "EXIT CODES", "QUEUED"),
        (
            (
                row["id"],
                status(row["status"]),
                row["node"]["id"] if row["node"] else None,
                duration(row["queued"], row["started"] or row["ended"]),
                duration(row["started"], row["ended"]),
                _exit_codes(row),
                ago(row["queued"]),
            )
            for row in found["job_exes"]
        ),
    )


def _exit_codes(row: Json) -> str:
    codes = ((step, row[f"{step}_exit_code"]) for step in ("pre", "job", "post"))
    return ", ".join(f"{step} {code}" for step, code in codes if code is not None)


def _show_files(out: Output, title: str, files: list[Json]) -> None:
    if not files:
        return
    out.head(title)
    out.table(
        ("ID", "NAME", "SIZE", "MEDIA TYPE", "WORKSPACE", "URL"),
        (
            (
                file["id"],
                file["file_name"],
                size(file["file_size"]),
                file["media_type"],
                file["workspace"]["name"],
                file["url"],
            )
            for file in files
        ),
    )
