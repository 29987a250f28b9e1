"""Creating recipes."""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F

from scale.domain.definition import Definition
from scale.domain.recipe_data import RecipeData, check_recipe_data
from scale.domain.times import now as present
from scale.errors import InvalidInput, NotFound
from scale.log import log_event
from scale.models import JobTypeRevision, Recipe, RecipeType, RecipeTypeRevision, TriggerEvent
from scale.postgresql.statements import run
from scale.selectors.job_types import load_interface
from scale.selectors.recipes import RecipeDetails, get_recipe_details, load_definition
from scale.services.advance import queue_ready
from scale.services.feed import feeder
from scale.services.jobs import MIN_CPUS, MIN_MEM_MIB, References
from scale.services.triggers import record_user_event

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a recipe is made from: its definition, and the present revision of each job type."""

    revision_id: int
    definition: Definition
    #: By name and version.
    job_type_revisions: dict[tuple[str, str], JobTypeRevision]

    @property
    def needs_workspace(self) -> bool:
        """Tell whether any of the jobs has an output (contract 3.7)."""
        return any(
            load_interface(revision.pk).output_data for revision in self.job_type_revisions.values()
        )


@transaction.atomic
def queue_new_recipe(*, recipe_type_id: int, recipe_data: object, user: str) -> RecipeDetails:
    """Create a recipe for a user's request and queue its first jobs (contract 2.3.4).

    Returns the recipe as it stands at the moment of queueing.

    Raises:
        NotFound: no such recipe type.
        InvalidInput: an archived recipe or job type, or data that does not fit the definition.
    """
    now = present()
    plan = _plan(_find_active_recipe_type(recipe_type_id))
    data = _check(recipe_data, plan)
    event = record_user_event(user=user, now=now)
    recipe_id = _create(plan, recipe_type_id=recipe_type_id, data=data, event=event, now=now)
    return get_recipe_details(recipe_id)


def start_recipe(
    *, recipe_type: RecipeType, recipe_data: object, event: TriggerEvent, now: datetime
) -> int:
    """Create a recipe and queue its first jobs in the caller's transaction; return its id.

    Raises:
        InvalidInput: an archived job type, or data that does not fit the definition.
    """
    plan = _plan(recipe_type)
    data = _check(recipe_data, plan)
    return _create(plan, recipe_type_id=recipe_type.pk, data=data, event=event, now=now)


def _find_active_recipe_type(recipe_type_id: int) -> RecipeType:
    found = RecipeType.objects.only("is_active", "revision_num").filter(pk=recipe_type_id).first()
    if found is None:
        raise NotFound(f"There is no recipe type {recipe_type_id}.")
    if not found.is_active:
        raise InvalidInput(f"recipe_type_id: recipe type {recipe_type_id} is archived")
    return found


def _plan(recipe_type: RecipeType) -> Plan:
    revision_id = RecipeTypeRevision.objects.values_list("pk", flat=True).get(
        recipe_type=recipe_type, revision_num=recipe_type.revision_num
    )
    definition = load_definition(revision_id)
    # By name alone, pairs being more than the ORM can say: other versions are few.
    revisions = (
        JobTypeRevision.objects.filter(
            job_type__name__in={name for name, _ in definition.job_types},
            revision_num=F("job_type__revision_num"),
        )
        .select_related("job_type")
        .only("job_type", "job_type__name", "job_type__version", "job_type__is_active")
    )
    by_type = {(r.job_type.name, r.job_type.version): r for r in revisions}
    used = {key: by_type[key] for key in definition.job_types}
    archived = [key for key, revision in used.items() if not revision.job_type.is_active]
    if archived:
        raise InvalidInput(
            f"recipe_type_id: job type '{name}' version '{version}' is archived"
            for name, version in archived
        )
    return Plan(revision_id, definition, used)


def _check(recipe_data: object, plan: Plan) -> RecipeData:
    return check_recipe_data(
        recipe_data,
        plan.definition,
        needs_workspace=plan.needs_workspace,
        lookup=References(),
    )


def _create(
    plan: Plan, *, recipe_type_id: int, data: RecipeData, event: TriggerEvent, now: datetime
) -> int:
    recipe = Recipe.objects.create(
        recipe_type_id=recipe_type_id,
        recipe_type_rev_id=plan.revision_id,
        event=event,
        data=data.stored(),
        unfinished=len(plan.definition.jobs),
        created=now,
        last_modified=now,
    )
    roots = _create_jobs(recipe, plan, now=now)
    queue_ready(roots, now=now)
    log_event(logger, "recipe_queued", recipe_id=recipe.pk, jobs=recipe.unfinished)
    feeder.ask_on_commit()
    return recipe.pk


# Ids are drawn beforehand, so that they follow the order of the dependencies.
DRAW_IDS = """
SELECT nextval(pg_get_serial_sequence('job', 'id')) AS id FROM generate_series(1, %(count)s)
"""

INSERT_JOBS = """
INSERT INTO job (
    id, job_type_rev_id, job_type_id, event_id, status, num_exes, priority, timeout, max_tries,
    cpus_required, mem_required, created, last_modified
)
SELECT new.id, r.id, t.id, %(event)s, 'PENDING', 0, t.priority, t.timeout, t.max_tries,
    greatest(t.cpus_required, %(cpus)s), greatest(t.mem_required, %(mem)s), %(now)s, %(now)s
FROM unnest(%(ids)s::bigint[], %(revisions)s::bigint[]) AS new (id, revision_id)
JOIN job_type_revision r ON r.id = new.revision_id JOIN job_type t ON t.id = r.job_type_id
ORDER BY new.id
"""

INSERT_PLACES = """
INSERT INTO recipe_job (recipe_id, job_id, node_name, unmet)
SELECT %(recipe)s, new.* FROM unnest(%(ids)s::bigint[], %(names)s::text[], %(unmet)s::int[])
    AS new (job_id, node_name, unmet)
ORDER BY new.job_id
"""

INSERT_EDGES = """
INSERT INTO recipe_edge (parent_id, child_id)
SELECT p.id, c.id FROM unnest(%(parents)s::bigint[], %(children)s::bigint[])
    AS new (parent_job_id, child_job_id)
JOIN recipe_job p ON p.job_id = new.parent_job_id
JOIN recipe_job c ON c.job_id = new.child_job_id
ORDER BY c.id, p.id
"""


def _create_jobs(recipe: Recipe, plan: Plan, *, now: datetime) -> list[int]:
    """Insert all jobs, PENDING, and their graph; return those that wait for nothing."""
    jobs = plan.definition.topological()
    if not jobs:
        return []
    ids = [row["id"] for row in run(DRAW_IDS, {"count": len(jobs)})]
    id_of = {job.name: job_id for job, job_id in zip(jobs, ids, strict=True)}
    parents = {job.name: job.dependency_names for job in jobs}
    run(
        INSERT_JOBS,
        {
            "ids": ids,
            "revisions": [plan.job_type_revisions[job.job_type.key].pk for job in jobs],
            "event": recipe.event_id,
            "cpus": MIN_CPUS,
            "mem": MIN_MEM_MIB,
            "now": now,
        },
    )
    run(
        INSERT_PLACES,
        {
            "recipe": recipe.pk,
            "ids": ids,
            "names": list(id_of),
            "unmet": [len(parents[job.name]) for job in jobs],
        },
    )
    edges = [(id_of[parent], id_of[child]) for child in id_of for parent in parents[child]]
    run(
        INSERT_EDGES,
        {"parents": [parent for parent, _ in edges], "children": [child for _, child in edges]},
    )
    return [id_of[job.name] for job in jobs if not parents[job.name]]
