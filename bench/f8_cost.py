"""F8: what a job costs: statements, log, rows, broker commands, processor time, memory."""

import time
from statistics import median

from bench.contenders.base import Peer
from bench.contenders.celery import CeleryStored
from bench.contenders.django_q import DjangoQOrm
from bench.contenders.procrastinate import Procrastinate
from bench.f3_accept import accept_task
from bench.figures import figure
from bench.http_load import run_load
from bench.lab import Lab
from bench.meter import ASKED, Meter, Processes, memory_mib
from bench.postgres import Database
from bench.report import table
from bench.results import Result, Table
from bench.rows import settle
from bench.subject import BACKGROUND, Scale
from bench.watch import watch
from bench.wire import ROUND_TRIPS, Wire

PEERS: tuple[type[Peer], ...] = (CeleryStored, Procrastinate, DjangoQOrm)
#: More rounds would say the same: what is counted hardly varies.
ROUNDS = 2
IDLE_SECONDS = 10.0
#: Statements that are asked for less often than once in so many jobs are left out.
SELDOM = 50

Reading = dict[str, float]

QUANTITIES = (
    "SQL statements",
    "round trips to PostgreSQL",
    "transactions",
    "rows inserted",
    "rows updated",
    "rows deleted",
    "WAL, KiB",
    "broker commands",
    "broker round trips",
    "CPU web, ms",
    "CPU workers, ms",
    "CPU system and beat, ms",
    "CPU PostgreSQL, ms",
    "CPU Redis, ms",
)


def measure(lab: Lab) -> Result:
    """Take the costs of accepting and of running apart, and those of doing nothing."""
    options = lab.options
    wire = lab.stack.enter_context(Wire(lab.servers.database))
    scale = Scale(lab, wire=wire)
    bill = Bill(scale, wire)
    rounds = [bill.one_round() for _ in range(min(ROUNDS, options.rounds))]
    accepting, running, idle = (middle([phases[n] for phases in rounds]) for n in range(3))
    return Result(
        key="f8",
        title="Cost",
        method=(
            f"{options.jobs} `/bin/true` jobs are queued by the API while no worker runs"
            f" (accepting) and then drained by {options.processes} workers that have idled"
            f" for {IDLE_SECONDS:g} s before (running); medians of {len(rounds)} rounds, a"
            " checkpoint before each. Statements are counted on the wire between Scale's processes"
            " and PostgreSQL, all else by PostgreSQL, Redis and the kernel. Beat's work while the"
            " jobs run is in their figures."
        ),
        tables=[
            cost_table(accepting, running, idle, options.jobs),
            statement_table(accepting, running, options.jobs),
            bill.kept_table(),
            bill.memory_table(),
            peer_table(lab),
        ],
    )


class Bill:
    """Has a type of its own, so that its jobs wait until they may run."""

    def __init__(self, scale: Scale, wire: Wire) -> None:
        self._scale, self._wire = scale, wire
        self._type = scale.job_type("cost", "/bin/true", is_paused=True)
        self._kept: dict[str, list[tuple[float, float]]] = {}
        self._memory: dict[str, list[tuple[float, float]]] = {}
        with scale.running():
            scale.wait_until_ready()

    def one_round(self) -> tuple[Reading, Reading, Reading]:
        """Return what accepting, running and doing nothing took."""
        scale, jobs = self._scale, self._scale.lab.options.jobs
        settle(scale.database)
        before, begun = sizes(scale.database), scale.clock()
        meter = self._meter(wait=True)
        task = accept_task(scale, scale.url, seconds=600.0, job_type=self._type, limit=jobs)
        run_load(task)
        accepting = meter.since(wait=True)
        with scale.running():
            scale.wait_until_ready()
            meter, at_rest = self._meter(wait=True), memory(scale)
            time.sleep(IDLE_SECONDS)
            idle = meter.since()
            meter = self._meter()
            scale.pause(self._type, paused=False)
            watch(lambda: scale.completed_since(begun, self._type), jobs // 2)
            busy = memory(scale)
            watch(lambda: scale.completed_since(begun, self._type), jobs)
            running = meter.since(wait=True)
            scale.pause(self._type, paused=True)
        scale.database.rows("VACUUM")
        after = sizes(scale.database)
        for name, (rows, size) in after.items():
            rows_before, size_before = before.get(name, (0.0, 0.0))
            grown = (rows - rows_before) / jobs, (size - size_before) / jobs
            self._kept.setdefault(name, []).append(grown)
        for name, resting in at_rest.items():
            self._memory.setdefault(name, []).append((resting, busy[name]))
        return accepting, running, idle

    def kept_table(self) -> Table:
        """Return rows and bytes per job of every table that grew."""
        rows = [
            (name, *map(median, zip(*found, strict=True))) for name, found in self._kept.items()
        ]
        grown = [row for row in rows if any(value > 1 / SELDOM for value in row[1:])]
        total = ("together", *(sum(column) for column in list(zip(*grown, strict=True))[1:]))
        head = ("table", "rows per job", "bytes per job, indexes included")
        return table("Kept", head, [*grown, total])

    def memory_table(self) -> Table:
        """Return what processes occupy."""
        rows = [
            (name, *map(median, zip(*found, strict=True))) for name, found in self._memory.items()
        ]
        title = "Memory in MiB, pages that are shared counted in part (PSS)"
        return table(title, ("processes", "idle", "busy"), rows)

    def _meter(self, *, wait: bool = False) -> Meter:
        fleet, scale = self._scale.fleet, self._scale

        def of(*names: str) -> Processes:
            return lambda: [
                process
                for name in names
                if name in fleet.alive()
                for process in fleet.processes(name)
            ]

        return Meter(
            database=scale.database,
            broker=scale.broker,
            wire=self._wire,
            wait=wait,
            groups={
                "web": of("web"),
                "workers": of(*scale.workers),
                "system and beat": of(*BACKGROUND),
            },
        )


def memory(scale: Scale) -> dict[str, float]:
    """Return the MiB of Scale's processes, by their part."""
    front, *below = scale.fleet.processes(scale.workers[0])
    (guardian,) = front.children()
    others = [one for one in below if one != guardian]
    return {
        "a worker: front": memory_mib([front]),
        "a worker: guardian": memory_mib([guardian]),
        "a worker: the worker itself": memory_mib(others),
        **{name: memory_mib(scale.fleet.processes(name)) for name in ("web", *BACKGROUND)},
    }


def sizes(database: Database) -> dict[str, tuple[float, float]]:
    """Return the number of rows and the bytes of every table."""
    names = database.rows("SELECT relname FROM pg_stat_user_tables ORDER BY relname")
    return {
        name: (
            float(database.value(f'SELECT count(*) FROM "{name}"')),  # noqa: S608
            float(database.value("SELECT pg_total_relation_size(%s::regclass)", (f'"{name}"',))),
        )
        for (name,) in names
    }


def middle(readings: list[Reading]) -> Reading:
    """Return the median of each reading."""
    names = dict.fromkeys(name for reading in readings for name in reading)
    return {name: median(one.get(name, 0.0) for one in readings) for name in names}


def quantities(reading: Reading) -> list[float]:
    """Return a reading as the quantities that are told."""
    asked = {text: count for text, count in reading.items() if text.startswith(ASKED)}
    trips = asked.pop(ASKED + ROUND_TRIPS, 0.0)
    processors = ("web", "workers", "system and beat", "PostgreSQL", "Redis")
    return [
        sum(asked.values()),
        trips,
        reading["xact_commit"],
        reading["tup_inserted"],
        reading["tup_updated"],
        reading["tup_deleted"],
        reading["WAL bytes"] / 1024,
        reading["broker commands"],
        reading["broker reads"],
        *(reading.get(f"CPU {name}", 0.0) * 1000 for name in processors),
    ]


def cost_table(accepting: Reading, running: Reading, idle: Reading, jobs: int) -> Table:
    """Return every quantity per job, and per second of doing nothing."""
    rows = [
        (name, a / jobs, r / jobs, (a + r) / jobs, i / IDLE_SECONDS)
        for name, a, r, i in zip(
            QUANTITIES, *map(quantities, (accepting, running, idle)), strict=True
        )
    ]
    head = ("", "accepting a job", "running it", "together", "a second at rest")
    return table("Cost per job", head, rows)


def statement_table(accepting: Reading, running: Reading, jobs: int) -> Table:
    """Return the statements that are asked for often."""
    texts = dict.fromkeys(text for text in (*accepting, *running) if text.startswith(ASKED))
    counts = {
        text.removeprefix(ASKED): (accepting.get(text, 0.0) / jobs, running.get(text, 0.0) / jobs)
        for text in texts
        if text != ASKED + ROUND_TRIPS
    }
    often = {text: pair for text, pair in counts.items() if sum(pair) * SELDOM >= 1}
    rows = [
        (f"`{text}`", *pair) for text, pair in sorted(often.items(), key=lambda item: -sum(item[1]))
    ]
    return table("Statements per job", ("statement", "accepting", "running"), rows)


def peer_table(lab: Lab) -> Table:
    """Return what peers' jobs cost from queueing to done, workers' start included."""
    jobs, rows = lab.options.jobs, []
    for make in PEERS:
        peer = make(lab)
        database = Database(peer.database)
        settle(database)
        before = sum(size for _, size in sizes(database).values())
        meter = Meter(database=database, broker=lab.redis_url, groups={})
        peer.drain()
        cost = meter.since()
        database.rows("VACUUM")
        kept = sum(size for _, size in sizes(database).values()) - before
        lab.say(f"{peer.name}: {figure(cost['WAL bytes'] / jobs)} bytes of WAL per job")
        rows.append(
            (
                peer.name,
                *(cost[name] / jobs for name in ("xact_commit", "tup_inserted", "tup_updated")),
                cost["WAL bytes"] / 1024 / jobs,
                cost["broker commands"] / jobs,
                kept / jobs,
            )
        )
        database.close()
    head = (
        *("peer", "transactions", "rows inserted", "rows updated", "WAL, KiB"),
        *("broker commands", "bytes kept"),
    )
    return table("The durable peers, per job, queueing included", head, rows)
