"""Putting work on the queue, taking it off, and putting it back."""

from typing import Annotated

import typer

from client.commands.jobs import COLUMNS, job_row
from client.errors import ExitCode, Problem, misuse
from client.follow import JobFollower, job_exit_code
from client.inputs import input_data, read_inputs, uploader
from client.lookup import find_job_type, find_workspace, job_filter
from client.rest import Json
from client.session import AsJson, Follow, Session

Inputs = Annotated[
    list[str] | None,
    typer.Option(
        "--input",
        "-i",
        metavar="NAME=VALUE",
        help="An input: name=text, name=@FILE_ID, or name=@PATH, which uploads the file.",
    ),
]


def queue(
    ctx: typer.Context,
    job_type: Annotated[str, typer.Argument(metavar="TYPE", help="A job type's name, or its id.")],
    version: Annotated[str | None, typer.Option(help="Needed if the name has several.")] = None,
    inputs: Inputs = None,
    workspace: Annotated[str | None, typer.Option(help="Where uploads go, by name or id.")] = None,
    output_workspace: Annotated[
        str | None, typer.Option(help="Where outputs go; by default where uploads go.")
    ] = None,
    follow: Follow = False,
    as_json: AsJson = False,
) -> None:
    """Queue a job; --follow shows what it prints, and ends as it ends."""
    session: Session = ctx.obj
    rest, out = session.rest, session.out
    found = find_job_type(rest, job_type, version)
    interface = found["interface"]
    given = read_inputs(inputs or [], interface["input_data"])
    outputs = _output_data(session, interface, output_workspace or workspace)
    data = {
        "version": "1.0",
        "input_data": input_data(given, uploader(rest, workspace, given)),
        "output_data": outputs,
    }
    job = rest.post("/queue/new-job/", json={"job_type_id": found["id"], "job_data": data})
    if follow:
        job = follow_job(session, job["id"], is_quiet=as_json)
    if as_json:
        out.json(job)
    elif not follow:
        out.say(f"Job {job['id']} is queued: {found['name']} {found['version']}.")
    if follow:
        raise typer.Exit(job_exit_code(job))


def follow_job(session: Session, job_id: int, *, is_quiet: bool, skip_old: bool = False) -> Json:
    """Follow a job and return it when it has ended; `skip_old` leaves out tries already over."""
    follower = JobFollower(session.rest, session.out, is_quiet=is_quiet, skip_old=skip_old)
    try:
        return follower.follow(job_id, session.watch())
    except KeyboardInterrupt:
        session.out.note(f"No longer followed; job {job_id} goes on.")
        raise


def cancel(
    ctx: typer.Context,
    ids: Annotated[list[int], typer.Argument(help="The ids of jobs.", metavar="ID...")],
    as_json: AsJson = False,
) -> None:
    """Cancel jobs; one that cannot be does not keep the others."""
    session: Session = ctx.obj
    canceled: list[Json] = []
    worst = ExitCode.OK
    for job_id in ids:
        try:
            canceled.append(session.rest.patch(f"/jobs/{job_id}/", {"status": "CANCELED"}))
        except Problem as problem:
            if problem.code != ExitCode.REFUSED:
                raise
            session.out.note(f"Job {job_id} is not canceled: {problem}")
            worst = problem.code
        else:
            if not as_json:
                session.out.say(f"Job {job_id} is canceled.")
    if as_json:
        session.out.json(canceled)
    raise typer.Exit(worst)


def requeue(
    ctx: typer.Context,
    status: Annotated[str | None, typer.Option(help="FAILED or CANCELED.")] = None,
    job_type: Annotated[
        list[str] | None, typer.Option("--type", help="A job type's name or id; repeatable.")
    ] = None,
    job: Annotated[list[int] | None, typer.Option(help="A job's id; repeatable.")] = None,
    since: Annotated[
        str | None, typer.Option(help="Changed since a time, or a duration ago: PT3H.")
    ] = None,
    priority: Annotated[int | None, typer.Option(help="Their new priority.")] = None,
    is_all: Annotated[
        bool, typer.Option("--all", help="Without a filter: all that failed or were canceled.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put back failed and canceled jobs that fit all filters."""
    session: Session = ctx.obj
    types = job_filter(job_type or [])
    filters = {
        "status": status.upper() if status else None,
        "job_ids": job,
        "job_type_ids": types["job_type_id"],
        "job_type_names": types["job_type_name"],
        "started": since,
    }
    body = {name: value for name, value in filters.items() if value}
    if not body and not is_all:
        raise misuse("Say which jobs: --job, --type, --status or --since; or really --all.")
    if body and is_all:
        raise misuse("--all takes no filter beside it.")
    if priority is not None:
        body["priority"] = priority
    answer = session.rest.post("/queue/requeue-jobs/?page_size=1000", json=body)
    if as_json:
        session.out.json(answer)
        return
    session.out.table(COLUMNS, map(job_row, answer["results"]))
    left = answer["count"] - len(answer["results"])
    session.out.note(f"{answer['count']} matched{f', {left} not shown' if left else ''}.")


def _output_data(session: Session, interface: Json, workspace: str | None) -> list[Json]:
    names = [item["name"] for item in interface["output_data"]]
    if not names:
        return []
    if workspace is None:
        raise misuse(f"Name the --output-workspace that {', '.join(names)} goes to.")
    workspace_id = find_workspace(session.rest, workspace)["id"]
    return [{"name": name, "workspace_id": workspace_id} for name in names]
