"""What lies in a database already while something is measured: jobs, files, recipes and load.

Filled by set-based statements, with indexes that are built afterwards, so that millions take
minutes.
"""

import secrets

from bench.lab import DIRECTORY
from bench.rows import (
    COMPLETED_EXECUTION,
    COMPLETED_JOB,
    FAILED_EXECUTION,
    FAILED_JOB,
    QUEUED_EXECUTION,
    QUEUED_JOB,
    columns,
    copy_job,
    sample_load,
    settle,
    without_indexes,
)
from bench.subject import Scale

#: Of the finished jobs one in so many has failed.
FAILED_SHARE = 10
#: So many types have jobs waiting in every minute of the past.
LOADED_TYPES = 10
LOAD_DAYS = 31
#: At most so many files and recipes, which do not grow with the jobs.
FILES, RECIPES = 100_000, 20_000
#: A larger number is less urgent; other jobs have 100.
LESS_URGENT = 900

_FILES = """
INSERT INTO scale_file ({columns})
SELECT {values} FROM scale_file f, (
    SELECT x.id AS job_exe_id, x.job_id, x.job_type_id, x.ended,
        {offset} + row_number() OVER () AS n
    FROM job_exe x WHERE x.status = 'COMPLETED' LIMIT {count}
) s WHERE f.id = {template}
"""
_SOURCE = {
    "file_name": "'source-' || s.n || '.csv'",
    "file_path": "'source-' || s.n || '.csv'",
    "last_modified": "s.ended",
    "created": "s.ended",
}
_PRODUCT = {
    "kind": "'PRODUCT'",
    "file_name": "'product-' || s.n || '.csv'",
    "file_path": "'product-' || s.n || '.csv'",
    "job_id": "s.job_id",
    "job_exe_id": "s.job_exe_id",
    "job_type_id": "s.job_type_id",
    "is_published": "true",
    "has_been_published": "true",
    "published": "s.ended",
    "last_modified": "s.ended",
    "created": "s.ended",
}
_ANCESTRY = """
INSERT INTO file_ancestry (ancestor_id, descendant_id)
SELECT s.id, p.id FROM scale_file s JOIN scale_file p
ON s.kind = 'SOURCE' AND p.kind = 'PRODUCT'
AND p.file_name = replace(s.file_name, 'source', 'product')
WHERE NOT EXISTS (SELECT FROM file_ancestry a WHERE a.ancestor_id = s.id)
"""
_RECIPES = """
WITH series AS (
    SELECT n, nextval(pg_get_serial_sequence('recipe', 'id')) AS id
    FROM generate_series(1, {count}) AS n
)
INSERT INTO recipe (id, {columns}) SELECT s.id, {values} FROM series s, recipe f
WHERE f.id = {template}
"""


class Backdrop:
    """Finished jobs of many types over 30 days, and queued ones.

    Of the queued ones half are less urgent than any other job; the others are of a paused type.
    """

    def __init__(self, scale: Scale, *, types: int = 50) -> None:
        self._scale = scale
        self._types = [scale.job_type(f"type-{n}", "/bin/true") for n in range(types)]
        self._templates = [scale.queue(job_type) for job_type in self._types]
        self._later = scale.job_type("later", "/bin/true", priority=LESS_URGENT, is_paused=True)
        self._paused = scale.job_type("paused", "/bin/true", is_paused=True)
        self._waiting = [scale.queue(job_type) for job_type in (self._later, self._paused)]
        self._source, self._recipe = self._first_source(), self._first_recipe()
        self._queued = self._finished = self._files = self._recipes = 0
        for job_type in self._types[:LOADED_TYPES]:
            sample_load(scale.database, job_type, days=LOAD_DAYS)

    def grow(self, *, queued: int, finished: int) -> None:
        """Have so many jobs from now on, which must not be fewer than before."""
        database, more = self._scale.database, finished - self._finished
        failed = more // FAILED_SHARE
        with without_indexes(database, "trigger_event", "job", "job_exe"):
            copy_job(
                database,
                self._templates,
                more - failed,
                job=COMPLETED_JOB,
                execution=COMPLETED_EXECUTION,
            )
            copy_job(database, self._templates, failed, job=FAILED_JOB, execution=FAILED_EXECUTION)
            copy_job(
                database,
                self._waiting,
                queued - self._queued,
                job=QUEUED_JOB,
                execution=QUEUED_EXECUTION,
            )
        self._add_files(min(FILES, finished // 2) - self._files)
        self._add_recipes(min(RECIPES, finished // 10) - self._recipes)
        self._queued, self._finished = queued, finished
        settle(database)

    def hold_back(self, *, held: bool) -> None:
        """Pause or resume the jobs that are less urgent than all others."""
        self._scale.pause(self._later, paused=held)

    def _add_files(self, count: int) -> None:
        for overrides in (_SOURCE, _PRODUCT):
            self._copy(_FILES, "scale_file", self._source, count, overrides, offset=self._files)
        self._scale.database.rows(_ANCESTRY)
        self._files += count

    def _add_recipes(self, count: int) -> None:
        when = "now() - make_interval(secs => s.n)"
        overrides = dict.fromkeys(("created", "last_modified"), when)
        self._copy(_RECIPES, "recipe", self._recipe, count, overrides)
        self._recipes += count

    def _copy(
        self,
        statement: str,
        table: str,
        template: int,
        count: int,
        overrides: dict[str, str],
        **words: int,
    ) -> None:
        database = self._scale.database
        names = columns(database, table, "id")
        values = [overrides.get(name, f"f.{name}") for name in names]
        words |= {"template": template, "count": count}
        database.rows(statement.format(columns=", ".join(names), values=", ".join(values), **words))

    def _first_source(self) -> int:
        scale, directory = self._scale, DIRECTORY / "files"
        directory.mkdir(parents=True, exist_ok=True)
        broker = {"type": "host", "host_path": str(directory)}
        workspace = scale.request(
            "POST", "/workspaces/", json={"name": "files", "json_config": {"broker": broker}}
        )
        source = scale.request(
            "POST",
            "/sources/",
            data={"workspace_id": workspace["id"]},
            files={"file": (f"first-{secrets.token_hex(4)}.csv", b"1")},
        )
        return int(source["id"])

    def _first_recipe(self) -> int:
        step = {"name": "one", "job_type": {"name": "type-0", "version": "1.0"}}
        return self._scale.queue_recipe(self._scale.recipe_type("recipe", {"jobs": [step]}))
