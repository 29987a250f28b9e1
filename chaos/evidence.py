"""What is there at the end of a run: read once, judged by `chaos.checks`."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from chaos.diary import Diary
from chaos.journal import Journal, read_journals

Query = Callable[[str], list[dict[str, Any]]]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Finding:
    """A promise that was not kept: the rule, by name, and where it was broken."""

    rule: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A row of `job`."""

    id: int
    type: str
    status: str
    num_exes: int
    max_tries: int
    recipe_id: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Execution:
    """A row of `job_exe`; times are seconds since the epoch."""

    id: int
    job_id: int
    exe_num: int
    type: str
    status: str
    priority: int
    queued: float
    started: float | None = None
    ended: float | None = None
    worker: str | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """A row of `recipe`."""

    id: int
    completed: float | None
    unfinished: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A row of `recipe_job`, with the jobs it waits for."""

    recipe_id: int
    job_id: int
    name: str
    unmet: int
    parents: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """A row of `scale_file`."""

    id: int
    path: str
    size: int
    execution_id: int | None
    is_published: bool


@dataclass(slots=True)
class Evidence:
    """Everything the checks look at."""

    diary: Diary
    journal: Journal = field(default_factory=Journal)
    jobs: dict[int, Job] = field(default_factory=dict)
    executions: dict[int, Execution] = field(default_factory=dict)
    recipes: dict[int, Recipe] = field(default_factory=dict)
    places: list[Place] = field(default_factory=list)
    products: list[Product] = field(default_factory=list)
    #: What `job_count` tells, by type and status; None if nobody asked it.
    counts: dict[tuple[str, str], int] | None = None
    #: What the requests were answered.
    accepted_jobs: list[int] = field(default_factory=list)
    accepted_recipes: list[int] = field(default_factory=list)
    #: Files below the workspace, by path, with their sizes.
    files: dict[str, int] = field(default_factory=dict)
    #: Executions that a worker logged as put back.
    released: set[int] = field(default_factory=set)
    #: What processes logged that has no business in a log.
    outcries: list[str] = field(default_factory=list)
    slots: int = 0
    caps: dict[str, int] = field(default_factory=dict)
    #: Left over in the end, in words.
    left_over: list[str] = field(default_factory=list)

    def executions_of(self, job_id: int) -> list[Execution]:
        """Return a job's executions, the first first."""
        if self._by_job is None:
            self._by_job = {}
            for execution in sorted(self.executions.values(), key=lambda one: one.exe_num):
                self._by_job.setdefault(execution.job_id, []).append(execution)
        return self._by_job.get(job_id, [])

    _by_job: dict[int, list[Execution]] | None = None


JOBS = """
SELECT j.id, t.name AS type, j.status, j.num_exes, j.max_tries, r.recipe_id, e.name AS error
FROM job j JOIN job_type t ON t.id = j.job_type_id LEFT JOIN recipe_job r ON r.job_id = j.id
LEFT JOIN error e ON e.id = j.error_id
"""
EXECUTIONS = """
SELECT x.id, x.job_id, x.exe_num, t.name AS type, x.status, x.priority, x.worker,
    e.name AS error, extract(epoch FROM x.queued)::float AS queued,
    extract(epoch FROM x.started)::float AS started, extract(epoch FROM x.ended)::float AS ended
FROM job_exe x JOIN job_type t ON t.id = x.job_type_id LEFT JOIN error e ON e.id = x.error_id
"""
RECIPES = """
SELECT id, extract(epoch FROM completed)::float AS completed, unfinished FROM recipe
"""
PLACES = """
SELECT c.recipe_id, c.job_id, c.node_name AS name, c.unmet,
    array_remove(array_agg(p.job_id), NULL) AS parents
FROM recipe_job c LEFT JOIN recipe_edge e ON e.child_id = c.id
LEFT JOIN recipe_job p ON p.id = e.parent_id GROUP BY c.id
"""
PRODUCTS = """
SELECT id, file_path AS path, file_size AS size, job_exe_id AS execution_id, is_published
FROM scale_file WHERE kind = 'PRODUCT' AND NOT is_deleted
"""
COUNTS = """
SELECT t.name AS type, c.status, sum(c.jobs)::int AS jobs
FROM job_count c JOIN job_type t ON t.id = c.job_type_id GROUP BY t.name, c.status
HAVING sum(c.jobs) <> 0
"""
#: What Celery's worker and beat log when they end, and events of Scale that need a look.
OUTCRIES = (
    "Unrecoverable error: ",
    "beat raised exception ",
    " engine_failed",
    " heartbeat_failed",
    " worker_deaf ",
    " program_left ",
    " file_left ",
    " job_count_mended ",
)
RAISED = re.compile(r" Task (beat\.)?.* raised unexpected: (\w+)\(")
DATABASE_AWAY = {"OperationalError", "InterfaceError"}

CAPS = "SELECT name, max_scheduled FROM job_type WHERE max_scheduled IS NOT NULL"


def read_database(evidence: Evidence, query: Query) -> None:
    """Read all tables that the checks need."""
    evidence.jobs = {row.id: row for row in _rows(Job, query(JOBS))}
    evidence.counts = {(row["type"], row["status"]): row["jobs"] for row in query(COUNTS)}
    evidence.executions = {row.id: row for row in _rows(Execution, query(EXECUTIONS))}
    evidence.recipes = {row.id: row for row in _rows(Recipe, query(RECIPES))}
    evidence.places = list(
        _rows(Place, ({**row, "parents": tuple(row["parents"])} for row in query(PLACES)))
    )
    evidence.products = list(_rows(Product, query(PRODUCTS)))
    evidence.caps = {row["name"]: row["max_scheduled"] for row in query(CAPS)}


def read_files(evidence: Evidence, *, files: Path, journal: Path, logs: Iterable[Path]) -> None:
    """Read the workspace, the journals and the logs of Scale's processes."""
    evidence.files = {
        str(path.relative_to(files)): path.stat().st_size
        for path in files.rglob("*")
        if path.is_file()
    }
    evidence.journal = read_journals(journal)
    for log in logs:
        for line in log.read_text(errors="replace").splitlines():
            if "execution_released " in line:
                evidence.released.add(int(line.rpartition("execution_id=")[2].split()[0]))
            elif is_outcry(line):
                evidence.outcries.append(f"{log.stem}: {line[:300]}")


def is_outcry(line: str) -> bool:
    """Tell whether a process logged that it failed by an error of its own.

    That a task of beat fails while the database is away is in order.
    """
    if any(word in line for word in OUTCRIES):
        return True
    found = RAISED.search(line)
    return found is not None and not (found[1] and found[2] in DATABASE_AWAY)


def _rows(kind: type[T], rows: Iterable[dict[str, Any]]) -> Iterable[T]:
    names = [item.name for item in fields(kind)]  # type: ignore[arg-type]
    for row in rows:
        yield kind(**{name: row[name] for name in names})
