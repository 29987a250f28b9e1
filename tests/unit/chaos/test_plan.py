from dataclasses import replace

import pytest

from chaos.catalogue import JOB_WEIGHTS, RECIPE_WEIGHTS
from chaos.kinds import KINDS, Kind
from chaos.plan import Segment, Size, make_plan

SIZE = Size(jobs=100, faults=40, lease_seconds=20.0)


def kinds_of(plan: list[Segment]) -> list[Kind]:
    return [segment.fault.kind for segment in plan if segment.fault]


def test_plan_of_same_seed_is_same() -> None:
    assert make_plan(7, SIZE, KINDS) == make_plan(7, SIZE, KINDS)


def test_plan_of_other_seed_differs() -> None:
    one, other = make_plan(7, SIZE, KINDS), make_plan(8, SIZE, KINDS)

    assert kinds_of(one) != kinds_of(other)
    assert [s.requests for s in one] != [s.requests for s in other]


def test_plan_has_every_request_and_fault_once_and_begins_calm() -> None:
    plan = make_plan(1, SIZE, KINDS)

    requests = [request for segment in plan for request in segment.requests]
    assert sum(not request.is_recipe for request in requests) == 100
    assert sum(request.is_recipe for request in requests) == 12
    assert {r.type_name for r in requests} <= JOB_WEIGHTS.keys() | RECIPE_WEIGHTS.keys()
    assert plan[0].fault is None
    assert plan[0].requests
    assert [s.fault.number for s in plan[1:] if s.fault] == list(range(1, 41))


def test_every_kind_comes_before_any_comes_twice() -> None:
    kinds = kinds_of(make_plan(3, replace(SIZE, faults=2 * len(KINDS)), KINDS))

    assert set(kinds[: len(KINDS)]) == set(KINDS)
    assert set(kinds[len(KINDS) :]) == set(KINDS)


@pytest.mark.parametrize("kind", [k for k in KINDS if k.outlasts_lease], ids=lambda k: k.name)
def test_fault_that_outlasts_lease_is_held_longer(kind: Kind) -> None:
    [_, segment] = make_plan(5, replace(SIZE, faults=1), [kind])

    assert segment.fault
    assert segment.fault.hold_seconds > SIZE.lease_seconds


def test_calm_comes_again_with_more_requests_than_fault() -> None:
    plan = make_plan(1, replace(SIZE, jobs=400), KINDS)

    calm = [number for number, segment in enumerate(plan) if segment.fault is None]
    assert calm == [0, 13, 26, 39]
    assert min(len(plan[number].requests) for number in calm) > max(
        len(segment.requests) for segment in plan if segment.fault
    )
