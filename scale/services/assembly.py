"""Giving the jobs of recipes their data, once all they depend on has COMPLETED (contract 4.10)."""

import json
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from scale.domain.job_data import JobData, parse_job_data, reference_faults
from scale.domain.recipe_data import RecipeData, assemble_job_data, read_recipe_data
from scale.domain.results import JobResults
from scale.errors import InvalidInput
from scale.log import log_event
from scale.models import Job, JobType, Recipe, ScaleFile
from scale.postgresql.statements import Row, run
from scale.selectors.job_types import load_interface
from scale.selectors.recipes import load_definition
from scale.services.jobs import References, give_data

logger = logging.getLogger(__name__)

# Row by row (docs/decisions/0008): with statistics from before the recipe was made, plain joins
# became nested scans of whole tables.
PLACES = """
SELECT r.recipe_id, r.node_name, ready.job_id, j.job_type_rev_id,
    t.disk_out_mult_required, t.disk_out_const_required
FROM unnest(%(ids)s::bigint[]) AS ready (job_id)
CROSS JOIN LATERAL (
    SELECT recipe_id, node_name FROM recipe_job WHERE job_id = ready.job_id OFFSET 0) r
CROSS JOIN LATERAL (
    SELECT job_type_id, job_type_rev_id FROM job WHERE id = ready.job_id OFFSET 0) j
CROSS JOIN LATERAL (
    SELECT disk_out_mult_required, disk_out_const_required FROM job_type
    WHERE id = j.job_type_id OFFSET 0) t
ORDER BY ready.job_id
"""

# Each parent once: many children may wait for the same one.
PARENT_RESULTS = """
WITH parent AS MATERIALIZED (
    SELECT DISTINCT e.parent_id FROM unnest(%(ids)s::bigint[]) AS ready (job_id)
    CROSS JOIN LATERAL (SELECT id FROM recipe_job WHERE job_id = ready.job_id OFFSET 0) c
    CROSS JOIN LATERAL (SELECT parent_id FROM recipe_edge WHERE child_id = c.id OFFSET 0) e
)
SELECT p.recipe_id, p.node_name, j.results FROM parent
CROSS JOIN LATERAL (
    SELECT recipe_id, node_name, job_id FROM recipe_job WHERE id = parent.parent_id OFFSET 0) p
CROSS JOIN LATERAL (SELECT results FROM job WHERE id = p.job_id OFFSET 0) j
"""

STORE = """
UPDATE job SET data = given.data::jsonb, command_arguments = given.arguments,
    disk_in_required = given.disk_in, disk_out_required = given.disk_out
FROM unnest(%(ids)s::bigint[], %(data)s::text[], %(arguments)s::text[],
    %(disk_in)s::float8[], %(disk_out)s::float8[])
    AS given (id, data, arguments, disk_in, disk_out)
WHERE job.id = given.id AND job.id = ANY(%(ids)s)
"""


def give_recipe_data(job_ids: Sequence[int]) -> tuple[list[int], list[int]]:
    """Store the data of recipe jobs; return those that have it, and those it does not fit.

    Takes a fixed number of statements, and work in proportion to the jobs and their parents.
    """
    places = [_Place.of(row) for row in run(PLACES, {"ids": list(job_ids)})]
    assembled = _assemble(places, _read_recipes(places), _read_results(job_ids))
    sizes = _file_sizes({file_id for _, data in assembled for file_id in data.file_ids})
    workspaces = References().active_workspaces(
        {workspace_id for _, data in assembled for workspace_id in data.workspace_ids}
    )
    given = []
    for job, data in assembled:
        faults = reference_faults(data, known_files=sizes, active_workspaces=workspaces)
        if faults:
            _log(job, faults)
            continue
        files = [ScaleFile(file_size=sizes[file_id]) for file_id in data.file_ids]
        give_data(job, data=data, interface=load_interface(job.job_type_rev_id), files=files)
        given.append(job)
    _store(given)
    ready = {job.pk for job in given}
    return sorted(ready), [place.job.pk for place in places if place.job.pk not in ready]


@dataclass(frozen=True, slots=True)
class _Place:
    """A job in its recipe."""

    recipe_id: int
    node_name: str
    #: With what its data depends on, and no more.
    job: Job

    @classmethod
    def of(cls, row: Row) -> Self:
        """Return what a row of `PLACES` tells."""
        job_type = JobType(
            disk_out_mult_required=row["disk_out_mult_required"],
            disk_out_const_required=row["disk_out_const_required"],
        )
        job = Job(pk=row["job_id"], job_type=job_type, job_type_rev_id=row["job_type_rev_id"])
        return cls(row["recipe_id"], row["node_name"], job)


Recipes = dict[int, tuple[Recipe, RecipeData]]
#: By recipe and name of the job.
Results = dict[tuple[int, str], JobResults]


def _read_recipes(places: Sequence[_Place]) -> Recipes:
    recipes = Recipe.objects.only("recipe_type_rev", "data").in_bulk(
        {place.recipe_id for place in places}
    )
    return {
        pk: (recipe, read_recipe_data(recipe.data, load_definition(recipe.recipe_type_rev_id)))
        for pk, recipe in recipes.items()
    }


def _read_results(job_ids: Sequence[int]) -> Results:
    return {
        (row["recipe_id"], row["node_name"]): JobResults.read(json.loads(row["results"]))
        for row in run(PARENT_RESULTS, {"ids": list(job_ids)})
    }


def _assemble(
    places: Sequence[_Place], recipes: Recipes, results: Results
) -> list[tuple[Job, JobData]]:
    """Put together the data of each job; leave out those whose data has the wrong shape."""
    assembled = []
    for place in places:
        recipe, recipe_data = recipes[place.recipe_id]
        recipe_job = load_definition(recipe.recipe_type_rev_id).jobs_by_name[place.node_name]
        interface = load_interface(place.job.job_type_rev_id)
        document = assemble_job_data(
            recipe_job,
            recipe_data=recipe_data,
            parent_results={
                name: results[place.recipe_id, name] for name in recipe_job.dependency_names
            },
            interface=interface,
            workspace_id=recipe_data.workspace_id,
        )
        try:
            assembled.append((place.job, parse_job_data(document, interface)))
        except InvalidInput as exc:
            _log(place.job, exc.faults)
    return assembled


def _file_sizes(file_ids: set[int]) -> dict[int, int]:
    return dict(ScaleFile.objects.filter(pk__in=file_ids).values_list("pk", "file_size"))


def _store(jobs: Sequence[Job]) -> None:
    run(
        STORE,
        {
            "ids": [job.pk for job in jobs],
            "data": [json.dumps(job.data) for job in jobs],
            "arguments": [job.command_arguments for job in jobs],
            "disk_in": [job.disk_in_required for job in jobs],
            "disk_out": [job.disk_out_required for job in jobs],
        },
    )


def _log(job: Job, faults: Sequence[str]) -> None:
    log_event(logger, "job_data_refused", logging.WARNING, job_id=job.pk, faults="; ".join(faults))
