"""F6: bulk changes through the API: requeue in one call, pause, resume, cancel by the thousand."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from bench.figures import Series
from bench.http_load import Load, Task, run_load
from bench.lab import Lab, wait_until
from bench.results import Result, at_least, at_most, stated
from bench.rows import FAILED_EXECUTION, FAILED_JOB, copy_job, remove_jobs, settle
from bench.subject import Scale
from launcher.errors import Problem

GOAL = 20_000.0
#: Flat: whatever the number of jobs, the answer's page is all that may need room.
FLAT_MIB = 16.0
CANCELS = 1000
#: Scale's default of `SCALE_WINDOW`: so many of a lane have messages.
WINDOW = 1000

NAMES = (
    ("requeue", "jobs/s"),
    ("pause", "ms"),
    ("resume", "ms"),
    ("cancel", "jobs/s"),
    ("cancel, p99", "ms"),
    ("web process, peak above before", "MiB"),
    ("web process, after requeue", "MiB"),
)


def measure(lab: Lab) -> Result:
    """Do all of it once per round, with jobs that are new each time."""
    options, scale = lab.options, Scale(lab)
    job_type = scale.job_type("failing", "/bin/false", is_paused=True)
    template = scale.queue(job_type)
    with scale.running():
        scale.wait_until_ready()  # from now on there is a node that jobs would fit
    warm(scale, template)
    values: dict[str, list[float]] = {name: [] for name, _ in NAMES}
    for number in range(1, options.rounds + 1):
        found = one_round(scale, job_type, template)
        for name, value in zip(values, found, strict=True):
            values[name].append(value)
            lab.say(f"round {number}: {name}: {value:.1f}")
    series = {name: Series(name, unit, values[name]) for name, unit in NAMES}
    return Result(
        key="f6",
        title="Bulk changes",
        method=(
            f"{options.requeue:,} FAILED jobs of a type are requeued by one `POST"
            " /queue/requeue-jobs/` that names type and status, timed until it is answered. The"
            " type, paused so far, is then resumed and, when its messages are out, paused again"
            f" with all of them queued; {_cancels(scale)} of its jobs are canceled one by one"
            f" (`PATCH /jobs/{{id}}/`) over {options.connections} connections. No worker runs."
            " Memory is the resident size of the gunicorn process that grew most, its peak as the"
            " kernel keeps it."
        ),
        series=list(series.values()),
        verdicts=[
            at_least(GOAL, series["requeue"]),
            at_most(FLAT_MIB, series["web process, peak above before"]),
            stated("cancel", series["cancel"]),
        ],
    )


def one_round(scale: Scale, job_type: int, template: int) -> tuple[float, ...]:
    """Return a figure for each of the names."""
    count = scale.lab.options.requeue
    remove_jobs(scale.database, f"job_type_id = {job_type} AND id <> {template}")
    copy_job(scale.database, [template], count, job=FAILED_JOB, execution=FAILED_EXECUTION)
    settle(scale.database)
    web = scale.fleet.processes("web")
    before = {process: process.memory_info().rss for process in web}
    with peaks(web) as highest:
        seconds = requeue(scale, job_type, count)
    after = max(process.memory_info().rss for process in web)
    grown = max(highest[process] - before[process] for process in web)
    resumed = set_paused(scale, job_type, paused=False)
    wait_until(
        lambda: dispatched(scale, job_type) >= min(count, WINDOW), what="the window to be filled"
    )
    paused = set_paused(scale, job_type, paused=True)
    load = cancel(scale, job_type)
    mib = 2**20
    return count / seconds, paused, resumed, load.rate, load.p99, grown / mib, after / mib


def warm(scale: Scale, queued: int) -> None:
    """Let every web process load the code of a requeue; what is queued it leaves alone."""
    run_load(
        Task(
            url=scale.url,
            token=scale.token,
            method="POST",
            paths=["/queue/requeue-jobs/"],
            body=f'{{"job_ids": [{queued}]}}',
            connections=scale.lab.options.connections,
            seconds=60.0,
            limit=50,
        )
    )


def requeue(scale: Scale, job_type: int, count: int) -> float:
    """Requeue all failed jobs of a type; return the seconds.

    Raises:
        Problem: it were not so many.
    """
    body = {"job_type_ids": [job_type], "status": "FAILED"}
    begun = time.monotonic()
    answer = scale.request("POST", "/queue/requeue-jobs/", json=body)
    seconds = time.monotonic() - begun
    if answer["count"] != count:
        raise Problem(f"{answer['count']} jobs were requeued instead of {count}.")
    return seconds


def set_paused(scale: Scale, job_type: int, *, paused: bool) -> float:
    """Pause or resume a type; return the milliseconds."""
    begun = time.monotonic()
    scale.pause(job_type, paused=paused)
    return (time.monotonic() - begun) * 1000


def dispatched(scale: Scale, job_type: int) -> int:
    """Return how many jobs of a type have a message."""
    return int(
        scale.database.value(
            """
            SELECT count(*) FROM job_exe
            WHERE job_type_id = %s AND status = 'QUEUED' AND dispatched IS NOT NULL
            """,
            (job_type,),
        )
    )


def cancel(scale: Scale, job_type: int) -> Load:
    """Cancel jobs of a type, each by its own request."""
    rows = scale.database.rows(
        "SELECT id FROM job WHERE job_type_id = %s AND status = 'QUEUED' ORDER BY id LIMIT %s",
        (job_type, _cancels(scale)),
    )
    return run_load(
        Task(
            url=scale.url,
            token=scale.token,
            method="PATCH",
            paths=[f"/jobs/{job_id}/" for (job_id,) in rows],
            body='{"status": "CANCELED"}',
            connections=scale.lab.options.connections,
            seconds=300.0,
            limit=len(rows),
        )
    )


@contextmanager
def peaks(processes: list[psutil.Process]) -> Iterator[dict[psutil.Process, int]]:
    """Find the highest resident size, in bytes, of each process during the block."""
    for process in processes:
        Path(f"/proc/{process.pid}/clear_refs").write_text("5")  # the peak starts anew
    found: dict[psutil.Process, int] = {}
    yield found
    for process in processes:
        status = Path(f"/proc/{process.pid}/status").read_text()
        found[process] = int(status.partition("VmHWM:")[2].split()[0]) * 1024


def _cancels(scale: Scale) -> int:
    return min(CANCELS, scale.lab.options.requeue)
