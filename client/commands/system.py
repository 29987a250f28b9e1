"""How the whole is doing."""

from collections.abc import Iterator
from typing import Annotated

import typer

from client.output import Cell, Output
from client.rest import Json
from client.session import AsJson, Session
from client.texts import ago, buckets, instant, sparkline

COUNTS = ("pending", "queued", "running")


def status(ctx: typer.Context, as_json: AsJson = False) -> None:
    """Show the queue, the nodes, the dispatcher and the broker."""
    session: Session = ctx.obj
    system = session.rest.get("/status/")
    queue = session.rest.get("/queue/status/")["queue_status"]
    nodes = [*session.rest.list("/nodes/status/").rows]
    if as_json:
        session.out.json({"status": system, "queue_status": queue, "nodes": nodes})
        return
    _show_system(session.out, session.rest.url, system)
    _show_queue(session.out, queue)
    _show_nodes(session.out, nodes)


def load(
    ctx: typer.Context,
    since: Annotated[str, typer.Option(help="A time, or a duration ago such as PT3H.")] = "PT3H",
    as_json: AsJson = False,
) -> None:
    """Show how many jobs were pending, queued and running over time."""
    session: Session = ctx.obj
    samples = session.rest.list("/load/", started=since).rows
    if as_json:
        session.out.json_rows(samples)
        return
    rows = [*samples]
    if not rows:
        session.out.note("No load was measured in that time.")
        return
    session.out.table(("STATUS", "OVER TIME", "LATEST", "PEAK"), _load_rows(session.out, rows))
    session.out.note(f"{len(rows)} samples since {instant(rows[0]['time'])}.")


def _load_rows(out: Output, rows: list[Json]) -> Iterator[tuple[Cell, ...]]:
    for name in COUNTS:
        counts = [(row["time"], row[f"{name}_count"]) for row in rows]
        line = sparkline(buckets(counts, out.width - 30))
        yield name.upper(), line, counts[-1][1], max(count for _, count in counts)


def _show_system(out: Output, url: str, system: Json) -> None:
    scheduler = system["scheduler"]
    paused = ", paused" if scheduler["is_paused"] else ""
    out.facts(
        (
            ("Server", url),
            ("Broker", _online(system["master"]["is_online"])),
            ("Dispatcher", f"{_online(scheduler['is_online'])}{paused}"),
            ("Queued", system["queue_depth"]),
        )
    )


def _show_queue(out: Output, queue: list[Json]) -> None:
    if not queue:
        return
    out.head("Queue")
    out.table(
        ("TYPE", "QUEUED", "PRIORITY", "LONGEST", "STATE"),
        (
            (
                f"{row['job_type_name']} {row['job_type_version']}",
                row["count"],
                row["highest_priority"],
                ago(row["longest_queued"]),
                "paused" if row["is_job_type_paused"] else "",
            )
            for row in queue
        ),
    )


def _show_nodes(out: Output, nodes: list[Json]) -> None:
    out.head("Nodes")
    if not nodes:
        out.say("There is no active node.")
        return
    out.table(("ID", "HOST", "STATE", "RUNNING", "LAST HEARD"), map(_node_row, nodes))


def _node_row(row: Json) -> tuple[Cell, ...]:
    node = row["node"]
    state = _online(row["is_online"])
    if node["is_paused"]:
        state += f", paused: {node['pause_reason'] or 'no reason given'}"
    running = len(row["job_exes_running"])
    return node["id"], node["hostname"], state, running, ago(node["last_offer"])


def _online(is_so: bool) -> str:
    return "online" if is_so else "offline"
