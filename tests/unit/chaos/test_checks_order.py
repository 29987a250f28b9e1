from pathlib import Path

import pytest

from chaos.evidence import Evidence
from chaos.kinds import Strikes
from tests.unit.chaos.evidence import START, empty, execution, fault, job, rules


@pytest.fixture
def evidence(tmp_path: Path) -> Evidence:
    return empty(tmp_path)


def ran(
    evidence: Evidence,
    number: int,
    *,
    queued: float,
    started: float,
    ended: float,
    priority: int = 100,
) -> None:
    job(evidence, number)
    execution(
        evidence,
        number,
        number,
        queued=START + queued,
        started=START + started,
        ended=START + ended,
        priority=priority,
    )


@pytest.mark.parametrize("priority", [100, 400])
def test_later_and_not_more_urgent_that_started_first_is_found(
    evidence: Evidence, priority: int
) -> None:
    ran(evidence, 1, queued=0, started=6, ended=7)
    ran(evidence, 2, queued=1, started=4, ended=7, priority=priority)

    assert rules(evidence) == ["less urgent started first"]


def test_later_and_more_urgent_may_start_first(evidence: Evidence) -> None:
    ran(evidence, 1, queued=0, started=6, ended=7)
    ran(evidence, 2, queued=1, started=4, ended=7, priority=50)

    assert rules(evidence) == []


def test_wrong_order_during_fault_is_allowed(evidence: Evidence) -> None:
    ran(evidence, 1, queued=0, started=6, ended=7)
    ran(evidence, 2, queued=1, started=4, ended=7)
    fault(evidence, 3, 5)

    assert rules(evidence) == []


def test_wrong_order_during_harmless_fault_is_found(evidence: Evidence) -> None:
    ran(evidence, 1, queued=0, started=6, ended=7)
    ran(evidence, 2, queued=1, started=4, ended=7)
    fault(evidence, 3, 5, Strikes.NOTHING)

    assert rules(evidence) == ["less urgent started first"]


def test_waiting_beside_free_slot_is_found(evidence: Evidence) -> None:
    ran(evidence, 1, queued=0, started=1, ended=20)
    ran(evidence, 2, queued=2, started=12, ended=13)

    assert rules(evidence) == ["waited for nothing"]


def test_waiting_for_busy_slots_is_allowed(evidence: Evidence) -> None:
    ran(evidence, 1, queued=0, started=1, ended=20)
    ran(evidence, 2, queued=0, started=1, ended=12)
    ran(evidence, 3, queued=2, started=12.5, ended=13)

    assert rules(evidence) == []


def test_fault_before_calm_excuses_nothing_in_it(evidence: Evidence) -> None:
    ran(evidence, 1, queued=0, started=6, ended=7)
    ran(evidence, 2, queued=1, started=4, ended=7)
    window = evidence.diary.begin(1, "some-fault", Strikes.ORDER)
    window.begun, window.healed, window.is_over = START - 5, START - 3, True
    assert rules(evidence) == []

    window.calmed = START - 1

    assert rules(evidence) == ["less urgent started first"]
