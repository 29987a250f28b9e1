import time
from pathlib import Path

import pytest

from chaos import stalls
from chaos.diary import Answer, Diary
from chaos.stalls import note, stalls_noted
from tests.unit.chaos.evidence import START, empty, rules


def answer(begun: float, seconds: float) -> Answer:
    return Answer("POST", "/queue/new-job/", 201, START + begun, seconds, {})


@pytest.mark.parametrize(
    ("stalled", "broken"),
    [((10.0, 33.0), []), ((60.0, 83.0), ["slow answer"]), ((10.0, 12.0), ["slow answer"])],
)
def test_slow_answer_is_excused_by_a_stall_of_its_time_alone(
    tmp_path: Path, stalled: tuple[float, float], broken: list[str]
) -> None:
    evidence = empty(tmp_path)
    evidence.diary.answered(answer(9.5, 24.0))

    note(evidence.diary, *(START + moment for moment in stalled))

    assert rules(evidence) == broken


def test_watch_notes_what_its_clock_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stalls, "LOOK_SECONDS", 0.01)
    skipped = [0.0]
    real = time.time
    monkeypatch.setattr(stalls.time, "time", lambda: real() + skipped[0])
    diary = Diary(tmp_path, say=lambda _: None)

    with stalls_noted(diary):
        time.sleep(0.2)
        skipped[0] = 100.0
        time.sleep(0.2)

    (window,) = diary.windows
    assert window.kind == "machine-stall"
    assert window.healed - window.begun >= 99
