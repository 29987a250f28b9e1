"""What a feed lets into the window, whatever waits."""

from collections import Counter
from dataclasses import replace
from typing import Any

import pytest
from django.conf import settings
from django.db import transaction
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from scale.conf import conf
from scale.models import Job, JobExecution, JobType, Node
from scale.services.feed import feed
from tests.factories import claim, make_job, make_job_type, make_node

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("published")]

WINDOW = 3


@pytest.fixture(autouse=True)
def small_window(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have few messages per lane."""
    monkeypatch.setattr(settings, "SCALE", replace(conf(), window=WINDOW))


def queue(job_type: JobType, *priorities: int) -> list[int]:
    """Queue jobs of these priorities; return their executions."""
    executions = []
    for priority in priorities:
        job_type.priority = priority
        job_type.save(update_fields=["priority"])
        executions.append(make_job(job_type).executions[0].pk)
    return executions


def fed() -> set[int]:
    return set(JobExecution.objects.exclude(dispatched=None).values_list("pk", flat=True))


def test_each_lane_has_a_window_of_its_own_in_order_over_all_types() -> None:
    make_node()
    one, other = make_job_type(), make_job_type()
    later = queue(one, 90, 80, 70)
    first = queue(other, 60, 60)
    urgent = queue(one, 1)

    assert feed() == WINDOW + 1

    assert fed() == {*first, later[2], *urgent}


def test_full_lane_lets_others_through() -> None:
    make_node()
    job_type = make_job_type()
    executions = queue(job_type, *[100] * 5)
    feed()
    urgent = queue(job_type, 2)

    assert feed() == 1
    assert fed() == {*executions[:WINDOW], *urgent}


def test_room_that_was_left_is_filled() -> None:
    node = make_node()
    executions = queue(make_job_type(), *[100] * 5)
    feed()
    claim(executions[0], node=node)

    assert feed() == 1
    assert fed() == set(executions[:4])


def test_cap_holds_over_all_lanes_and_counts_what_runs_and_is_fed() -> None:
    node = make_node()
    job_type = make_job_type(max_scheduled=3)
    executions = queue(job_type, 400, 100, 1, 40)
    feed()
    assert fed() == {executions[2], executions[3], executions[1]}

    claim(executions[2], node=node)

    assert feed() == 0


def test_what_fits_no_node_takes_no_room() -> None:
    make_node()
    large = make_job_type(cpus_required=1e9)
    queue(large, *[100] * 5)
    small = queue(make_job_type(), *[100] * 2)

    assert feed() == 2
    assert fed() == set(small)


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_paused": True}])
def test_nothing_is_fed_without_a_node_in_service(change: dict[str, Any]) -> None:
    make_node()
    queue(make_job_type(), 100)
    Node.objects.update(**change)

    assert feed() == 0


JOBS = st.tuples(
    st.integers(0, 3),  # type
    st.sampled_from([1, 1, 4, 90, 100, 100, 600]),  # priority
    st.booleans(),  # whether it fits
    st.sampled_from(["waits", "waits", "is fed", "runs"]),
)
TYPES = st.tuples(st.booleans(), st.none() | st.integers(0, 4))  # paused, cap


def ready(lane: int | None = None) -> list[JobExecution]:
    """Return what might be fed of types without a cap, first come first."""
    found = JobExecution.objects.filter(
        status="QUEUED",
        dispatched=None,
        job__cpus_required__lt=1e7,
        job_type__is_paused=False,
        job_type__max_scheduled=None,
    )
    if lane is not None:
        found = found.filter(lane=lane)
    return list(found.order_by("priority", "queued", "id"))


def below_cap(job_type: JobType) -> float:
    if job_type.max_scheduled is None:
        return float("inf")
    of_type = JobExecution.objects.filter(job_type=job_type)
    running = of_type.filter(status="RUNNING").count()
    in_window = of_type.filter(status="QUEUED").exclude(dispatched=None).count()
    return job_type.max_scheduled - running - in_window


@given(types=st.tuples(TYPES, TYPES, TYPES, TYPES), jobs=st.lists(JOBS, max_size=20))
@hypothesis_settings(
    max_examples=60, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True
)
def test_any_queue_is_fed_in_order_within_its_bounds_and_to_the_last(
    types: tuple[tuple[bool, int | None], ...], jobs: list[tuple[int, int, bool, str]]
) -> None:
    with transaction.atomic():
        try:
            _check_any_queue(types, jobs)
        finally:
            transaction.set_rollback(True)


def _check_any_queue(
    types: tuple[tuple[bool, int | None], ...], jobs: list[tuple[int, int, bool, str]]
) -> None:
    node = make_node()
    made = [make_job_type() for _ in types]
    for number, priority, fits, state in jobs:
        (execution,) = queue(made[number], priority)
        if state == "runs":
            claim(execution, node=node)
        elif state == "is fed":
            JobExecution.objects.filter(pk=execution).update(dispatched="2026-01-01T00:00:00Z")
        elif not fits:
            Job.objects.filter(executions=execution).update(cpus_required=1e8)
    for job_type, (is_paused, cap) in zip(made, types, strict=True):
        job_type.is_paused, job_type.max_scheduled = is_paused, cap
        job_type.save(update_fields=["is_paused", "max_scheduled"])
    before, over = fed(), {job_type.pk: below_cap(job_type) for job_type in made}

    while feed():
        new = JobExecution.objects.filter(pk__in=fed() - before)
        for execution in new:
            earlier = [one for one in ready(execution.lane) if _key(one) < _key(execution)]
            assert earlier == []
            assert not execution.job_type.is_paused
            assert execution.job.cpus_required < 1e7

    lanes = Counter(
        JobExecution.objects.filter(status="QUEUED")
        .exclude(dispatched=None)
        .values_list("lane", flat=True)
    )
    at_first = Counter(JobExecution.objects.filter(pk__in=before).values_list("lane", flat=True))
    assert all(count <= max(WINDOW, at_first[lane]) for lane, count in lanes.items())
    for job_type in made:
        assert below_cap(job_type) >= min(0, over[job_type.pk])
    waiting = JobExecution.objects.filter(
        status="QUEUED", dispatched=None, job__cpus_required__lt=1e7, job_type__is_paused=False
    )
    for execution in waiting:
        assert lanes[execution.lane] >= WINDOW or below_cap(execution.job_type) <= 0


def _key(execution: JobExecution) -> tuple[int, Any, int]:
    return execution.priority, execution.queued, execution.pk
