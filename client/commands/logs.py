"""What jobs print."""

from typing import Annotated

import typer

from client.commands.queue import follow_job
from client.errors import misuse
from client.follow import job_exit_code
from client.log import Log, show_log
from client.rest import Json
from client.session import AsJson, Follow, Session


def logs(
    ctx: typer.Context,
    job_id: Annotated[int, typer.Argument(metavar="ID", help="The id of a job.")],
    follow: Follow = False,
    number: Annotated[
        int | None, typer.Option("--try", min=1, help="Which try; by default the latest.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print what a job printed; --follow goes on until it ends."""
    session: Session = ctx.obj
    if follow and number is not None:
        raise misuse("--try shows what is over: it cannot be followed.")
    if follow:
        job = follow_job(session, job_id, is_quiet=as_json, skip_old=True)
    else:
        job = session.rest.get(f"/jobs/{job_id}/")
    if as_json or not follow:
        _print_log(session, job, number, as_json=as_json)
    if follow:
        raise typer.Exit(job_exit_code(job))


def _print_log(session: Session, job: Json, number: int | None, *, as_json: bool) -> None:
    tries = job["job_exes"][::-1]
    if number is not None and number > len(tries):
        raise misuse(f"Job {job['id']} has had {len(tries)} tries.")
    if not tries:
        session.out.note(f"Job {job['id']} has not been queued yet.")
        return
    execution = tries[(number or len(tries)) - 1]
    answer = session.rest.get(f"/job-executions/{execution['id']}/logs/")
    if as_json:
        session.out.json(answer)
        return
    show_log(session.out, Log().new(answer, is_all=True))
    if execution["status"] == "QUEUED":
        session.out.note(f"Job {job['id']} waits on the queue; --follow waits with it.")
