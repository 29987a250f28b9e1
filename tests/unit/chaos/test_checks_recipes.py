from dataclasses import replace
from pathlib import Path

import pytest

from chaos.evidence import Evidence, Place, Recipe
from tests.unit.chaos.evidence import START, empty, execution, job, rules


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    """Return a completed recipe of two jobs, one after the other."""
    found = empty(tmp_path)
    found.recipes[1] = Recipe(id=1, completed=START + 4, unfinished=0)
    for number, parents in ((1, ()), (2, (1,))):
        job(found, number, recipe_id=1)
        execution(
            found,
            number,
            number,
            queued=START + 2 * number - 2,
            started=START + 2 * number - 1,
            ended=START + 2 * number,
        )
        found.places.append(
            Place(recipe_id=1, job_id=number, name=f"job {number}", unmet=0, parents=parents)
        )
    return found


def test_good_recipe_has_no_finding(evidence: Evidence) -> None:
    assert rules(evidence) == []


def test_child_before_its_parent_is_found(evidence: Evidence) -> None:
    evidence.executions[2] = replace(evidence.executions[2], queued=START + 1)

    assert rules(evidence) == ["child ran before its parent"]


def test_recipe_that_was_not_completed_is_found(evidence: Evidence) -> None:
    evidence.recipes[1] = Recipe(id=1, completed=None, unfinished=1)

    assert rules(evidence) == ["recipe's completion is wrong", "recipe miscounts"]


def failed_parent(evidence: Evidence, child: str) -> None:
    evidence.recipes[1] = Recipe(id=1, completed=None, unfinished=2)
    evidence.jobs[1] = replace(evidence.jobs[1], status="FAILED")
    evidence.executions[1] = replace(evidence.executions[1], status="FAILED")
    job(evidence, 2, child, recipe_id=1)
    del evidence.executions[2]
    del evidence.journal.starts[2]
    evidence.places[1] = replace(evidence.places[1], unmet=1)


def test_blocked_below_failed_is_no_finding(evidence: Evidence) -> None:
    failed_parent(evidence, "BLOCKED")

    assert rules(evidence) == []


def test_pending_below_failed_is_found(evidence: Evidence) -> None:
    failed_parent(evidence, "PENDING")

    assert rules(evidence) == ["job is not final", "blocking is wrong"]


def test_blocked_below_completed_is_found(evidence: Evidence) -> None:
    failed_parent(evidence, "BLOCKED")
    evidence.jobs[1] = replace(evidence.jobs[1], status="COMPLETED")
    evidence.executions[1] = replace(evidence.executions[1], status="COMPLETED")

    assert rules(evidence) == ["recipe miscounts", "blocking is wrong"]
