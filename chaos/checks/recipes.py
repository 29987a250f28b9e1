"""What must hold for every recipe (contract 4.10)."""

from collections import defaultdict
from collections.abc import Iterator

from chaos.evidence import Evidence, Finding, Place


def children_start_after_parents(evidence: Evidence) -> Iterator[Finding]:
    """A job is queued only after all of its parents have COMPLETED."""
    for place in evidence.places:
        executions = evidence.executions_of(place.job_id)
        if not executions:
            continue
        for parent in place.parents:
            ended = [
                one.ended
                for one in evidence.executions_of(parent)
                if one.status == "COMPLETED" and one.ended is not None
            ]
            if not ended or executions[0].queued < ended[0] - 0.001:
                yield Finding(
                    "child ran before its parent",
                    f"job {place.job_id} ({place.name}) before job {parent}",
                )


def completed_exactly_when_all_are(evidence: Evidence) -> Iterator[Finding]:
    """A recipe is completed if, and only if, all of its jobs are; then with the last of them."""
    for recipe_id, places in _by_recipe(evidence).items():
        recipe = evidence.recipes[recipe_id]
        open_jobs = [p.job_id for p in places if evidence.jobs[p.job_id].status != "COMPLETED"]
        if (recipe.completed is not None) == bool(open_jobs):
            yield Finding(
                "recipe's completion is wrong",
                f"recipe {recipe_id}: completed {recipe.completed}, open jobs {open_jobs}",
            )
        if recipe.unfinished != len(open_jobs):
            yield Finding(
                "recipe miscounts",
                f"recipe {recipe_id}: {recipe.unfinished} unfinished, {len(open_jobs)} are",
            )


def unmet_counts_parents(evidence: Evidence) -> Iterator[Finding]:
    """Each place knows how many of its parents have not COMPLETED."""
    for place in evidence.places:
        open_parents = [p for p in place.parents if evidence.jobs[p].status != "COMPLETED"]
        if place.unmet != len(open_parents):
            yield Finding(
                "recipe miscounts",
                f"job {place.job_id} ({place.name}): unmet {place.unmet}, {open_parents} are",
            )


def blocked_exactly_below_the_stopped(evidence: Evidence) -> Iterator[Finding]:
    """A never-queued job is BLOCKED if, and only if, an ancestor is FAILED or CANCELED."""
    parents = {place.job_id: place.parents for place in evidence.places}
    for place in evidence.places:
        job = evidence.jobs[place.job_id]
        if job.status not in {"PENDING", "BLOCKED"}:
            continue
        ancestors = _above(place.job_id, parents)
        is_held = any(evidence.jobs[one].status in {"FAILED", "CANCELED"} for one in ancestors)
        if is_held != (job.status == "BLOCKED"):
            yield Finding("blocking is wrong", f"job {place.job_id} ({place.name}) is {job.status}")


def _above(job_id: int, parents: dict[int, tuple[int, ...]]) -> set[int]:
    found: set[int] = set()
    pending = [job_id]
    while pending:
        for parent in parents[pending.pop()]:
            if parent not in found:
                found.add(parent)
                pending.append(parent)
    return found


def _by_recipe(evidence: Evidence) -> dict[int, list[Place]]:
    grouped: dict[int, list[Place]] = defaultdict(list)
    for place in evidence.places:
        grouped[place.recipe_id].append(place)
    return grouped


CHECKS = (
    children_start_after_parents,
    completed_exactly_when_all_are,
    unmet_counts_parents,
    blocked_exactly_below_the_stopped,
)
