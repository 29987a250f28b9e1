import pytest

from workers.watchdog import Deafness

LIMIT = 20.0


def looks(*facts: tuple[float, float, bool]) -> list[bool]:
    """Take looks of (now, last_heard, is_called) and return what each found."""
    deafness = Deafness(LIMIT)
    return [
        deafness.look(now=now, last_heard=heard, is_called=called) for now, heard, called in facts
    ]


def test_worker_that_is_called_and_hears_nothing_is_deaf_after_the_limit() -> None:
    assert looks((100, 0, True), (119, 0, True), (120, 0, True)) == [False, False, True]


def test_idle_worker_is_not_deaf_when_the_first_message_comes() -> None:
    assert looks((1000, 0, False), (2000, 0, True)) == [False, False]


def test_worker_that_heard_meanwhile_gets_the_limit_anew() -> None:
    assert looks((100, 0, True), (119, 118, True), (125, 118, True), (139, 118, True)) == [
        False,
        False,
        False,
        True,
    ]


@pytest.mark.parametrize("when", [105, 119])
def test_worker_that_was_not_called_meanwhile_gets_the_limit_anew(when: float) -> None:
    assert looks((100, 0, True), (when, 0, False), (121, 0, True), (140, 0, True)) == [False] * 4
