"""Work that follows commits, on a thread of its own."""

import threading

import pytest

from scale import dispatch
from scale.dispatch import Follower

REAL_ASK = Follower.ask


@pytest.fixture
def rests(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Have followers ask as they do outside tests; record how long they rest."""
    rests: list[float] = []
    monkeypatch.setattr(Follower, "ask", REAL_ASK)
    monkeypatch.setattr(dispatch.time, "sleep", rests.append)
    return rests


def follow(answers: list[object], rest_seconds: float) -> None:
    """Have a follower do work that answers so, each time after one more asking."""
    done = threading.Event()

    def work() -> object:
        answer = answers.pop(0)
        if answers:
            follower.ask()
        else:
            done.set()
        return answer

    follower = Follower(work, rest_seconds=rest_seconds)
    follower.ask()
    assert done.wait(10)


def test_follower_rests_after_work_that_found_nothing(rests: list[float]) -> None:
    follow([3, 0, 1, 0, 2], rest_seconds=0.5)

    assert rests == [0.5, 0.5]


def test_work_that_failed_is_done_again_when_asked(rests: list[float]) -> None:
    calls: list[int] = []
    done = threading.Event()

    def work() -> int:
        calls.append(1)
        if len(calls) == 1:
            follower.ask()
            raise RuntimeError("the database is away")
        done.set()
        return 1

    follower = Follower(work)
    follower.ask()

    assert done.wait(10)
    assert rests == []
