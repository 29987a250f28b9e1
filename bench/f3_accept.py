"""F3: `POST /queue/new-job/` through gunicorn, beside a minimal view that inserts the same rows."""

from bench.figures import Series, ratio
from bench.http_load import Load, Task, run_load
from bench.lab import PEERS, Lab, wait_until
from bench.results import Result, at_least, stated
from bench.rounds import take_turns
from bench.subject import Scale
from launcher.server import free_port

GOAL = 0.8
MINIMAL = "minimal DRF view"


def measure(lab: Lab) -> Result:
    """Load both in turns; no worker runs."""
    options, scale = lab.options, Scale(lab)
    minimal = start_minimal(lab, scale)
    found: dict[str, list[Load]] = {scale.name: [], MINIMAL: []}

    def load(name: str, url: str) -> float:
        found[name].append(run_load(accept_task(scale, url, options.seconds)))
        return found[name][-1].rate

    for name, url in ((scale.name, scale.url), (MINIMAL, minimal)):
        run_load(accept_task(scale, url, 1.0))  # connections opened, code loaded
        lab.say(f"{name} is warm")
    rates = take_turns(
        {
            scale.name: lambda: load(scale.name, scale.url),
            MINIMAL: lambda: load(MINIMAL, minimal),
        },
        rounds=options.rounds,
        unit="requests/s",
        say=lab.say,
    )
    p99s = [Series(f"{name}, p99", "ms", [one.p99 for one in all_]) for name, all_ in found.items()]
    p50s = [Series(f"{name}, p50", "ms", [one.p50 for one in all_]) for name, all_ in found.items()]
    share = ratio(rates[scale.name], rates[MINIMAL])
    return Result(
        key="f3",
        title="Accepting",
        method=(
            f"`POST /queue/new-job/`, {options.connections} connections kept alive, gunicorn as in"
            " the `Procfile`, a token each time; the minimal view asks nobody who they are, has one"
            " middleware, checks two fields and answers two ids."
        ),
        series=[*rates.values(), *p50s, *p99s],
        ratios=[share],
        verdicts=[
            at_least(GOAL, share),
            stated("p99", p99s[0]),
        ],
    )


def accept_task(
    scale: Scale, url: str, seconds: float, *, job_type: int | None = None, limit: int = 0
) -> Task:
    """Return the load that queues jobs of a type, else of the usual one."""
    return Task(
        url=url,
        token=scale.token,
        method="POST",
        paths=["/queue/new-job/"],
        body=scale.body(job_type),
        connections=scale.lab.options.connections,
        seconds=seconds,
        limit=limit,
    )


def start_minimal(lab: Lab, scale: Scale) -> str:
    """Start the minimal project on a copy of Scale's tables; return its URL."""
    database = lab.database("minimal")
    scale.manage("migrate", "--no-input", "--verbosity=0", DATABASE_URL=database)
    scale.copy_catalogue(database)
    port = free_port()
    command = lab.fleet({}, {}).commands["web"].replace("scale.wsgi", "minimal.wsgi")
    fleet = lab.fleet(
        {"DATABASE_URL": database, "PORT": str(port), "PYTHONPATH": str(PEERS)},
        {"minimal": command},
    )
    fleet.start("minimal")
    url = f"http://127.0.0.1:{port}"
    wait_until(lambda: scale.answers(url), what="the minimal project")
    return url
