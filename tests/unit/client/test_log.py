import pytest

from client.log import Log, resume
from tests.unit.client.samples import logs


def test_log_yields_only_what_is_new_and_whole_lines() -> None:
    log = Log()

    assert list(log.new(logs("a\nb"), is_all=False)) == [("stdout", "a\n")]
    assert list(log.new(logs("a\nb"), is_all=False)) == []
    assert list(log.new(logs("a\nbc\n", "e"), is_all=False)) == [("stdout", "bc\n")]
    assert list(log.new(logs("a\nbc\n", "e"), is_all=True)) == [("stderr", "e\n")]
    assert list(log.new(logs(None), is_all=True)) == []


@pytest.mark.parametrize(
    ("shown", "text", "new"),
    [
        ("", "", ""),
        ("", "a\n", "a\n"),
        ("a\n", "a\nb\n", "b\n"),
        # the middle is gone, what was shown last is still there
        ("head\n1\n2\n3\n", "head\n…\n" + "head\n1\n2\n3\n4\n", "4\n"),
        # the middle is gone, and with it what was shown last
        ("head\n1\n2\n", "head\n…\n8\n9\n", "…\n8\n9\n"),
        # the execution was given back and started anew
        ("old\n", "", ""),
        ("old\n", "new\n", "new\n"),
    ],
)
def test_log_goes_on_where_it_was_left(shown: str, text: str, new: str) -> None:
    assert text[resume(shown, text) :] == new


def test_long_log_is_recognised_by_what_was_shown_last() -> None:
    lines = [f"line {number}\n" for number in range(20_000)]
    shown, text = "".join(lines[:15_000]), "".join([*lines[:5_000], "…\n", *lines[10_000:]])

    assert text[resume(shown, text) :] == "".join(lines[15_000:])
