"""Builders of recipes that reach a state through the services."""

import itertools
from collections.abc import Iterable, Mapping
from typing import Any

from scale.domain.definition import parse_definition
from scale.domain.times import now
from scale.models import Job, JobExecution, JobType, Node, RecipeType, RecipeTypeRevision
from scale.selectors.recipes import RecipeDetails
from scale.services.completions import complete_execution
from scale.services.executions import fail_execution
from scale.services.files import StoredProduct
from scale.services.recipes import queue_new_recipe
from tests.factories import claim, make_job_type, report

_numbers = itertools.count(1)


def make_recipe_type(definition: dict[str, Any], **fields: Any) -> RecipeType:
    """Make a recipe type with its first revision."""
    stamp = now()
    fields.setdefault("name", f"recipe-type-{next(_numbers)}")
    fields.setdefault("version", "1.0")
    recipe_type = RecipeType.objects.create(
        definition=parse_definition(definition).model_dump(exclude_none=True),
        created=stamp,
        last_modified=stamp,
        **fields,
    )
    RecipeTypeRevision.objects.create(
        recipe_type=recipe_type,
        revision_num=1,
        definition=recipe_type.definition,
        created=stamp,
    )
    return recipe_type


def graph(parents: Mapping[str, Iterable[str]], job_type: JobType) -> dict[str, Any]:
    """Write a definition whose dependencies only order the jobs: name → names it waits for."""
    return {
        "jobs": [
            {
                "name": name,
                "job_type": {"name": job_type.name, "version": job_type.version},
                "dependencies": [{"name": parent} for parent in waits_for],
            }
            for name, waits_for in parents.items()
        ]
    }


def make_recipe(
    parents: Mapping[str, Iterable[str]], *, job_type: JobType | None = None
) -> RecipeDetails:
    """Queue a recipe of jobs without data, as a user's request does."""
    recipe_type = make_recipe_type(graph(parents, job_type or make_job_type()))
    return queue_new_recipe(recipe_type_id=recipe_type.pk, recipe_data={}, user="tester")


def job_ids(details: RecipeDetails) -> dict[str, int]:
    """Return the ids of a recipe's jobs by name."""
    return {place.node_name: place.job_id for place in details.jobs}


def statuses(details: RecipeDetails) -> dict[str, str]:
    """Return the present statuses of a recipe's jobs by name."""
    now_by_id = dict(Job.objects.values_list("pk", "status"))
    return {name: now_by_id[job_id] for name, job_id in job_ids(details).items()}


def waiting_execution(job_id: int) -> int:
    """Return the execution of a QUEUED job."""
    return JobExecution.objects.values_list("pk", flat=True).get(job=job_id, status="QUEUED")


def complete(job_id: int, *, node: Node | None = None, products: Iterable[StoredProduct] = ()):
    """Run a QUEUED job to COMPLETED."""
    claimed = claim(waiting_execution(job_id), node=node)
    assert complete_execution(claimed, report(products=list(products)))


def fail(job_id: int, *, node: Node | None = None, error: str = "algorithm-unknown") -> None:
    """Fail a QUEUED job."""
    assert fail_execution(claim(waiting_execution(job_id), node=node), report(error=error))
