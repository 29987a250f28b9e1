import time

import pytest

from client.texts import ago, buckets, clean, duration, instant, one_line, size, span, sparkline

START = "2026-01-01T10:00:00Z"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", "plain"),
        ("Zürich – 東京 ✓", "Zürich – 東京 ✓"),
        ("\x1b[31mred\x1b[0m", "␛[31mred␛[0m"),
        ("\x1b]0;title\x07", "␛]0;title␇"),
        ("a\tb\nc", "a\tb\nc"),
        ("50%\r100%\r\n", "50%\n100%\n"),
        ("\x7f\x00", "␡␀"),
        ("\x9b31m", "\ufffd31m"),
        ("user\u202egpj.exe", "user\ufffdgpj.exe"),
        ("lone \ud800", "lone \ufffd"),
        ("no\u00a0break\u2028", "no break "),
    ],
)
def test_clean_shows_control_characters_instead_of_obeying_them(text: str, expected: str) -> None:
    assert clean(text) == expected


def test_one_line_has_no_line_ends() -> None:
    assert one_line(" a\n\tb\r\nc ") == "a b c"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0.0 s"), (2.34, "2.3 s"), (59.4, "59 s"), (60, "1 min 0 s"), (599, "9 min 59 s"),
     (600, "10 min"), (3600, "1 h"), (3725, "1 h 2 min"), (90_000, "1 d 1 h"),
     (86_400 * 40, "40 d")],
)  # fmt: skip
def test_span_names_two_units(seconds: float, text: str) -> None:
    assert span(seconds) == text


def test_duration_ends_now_while_something_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "time", lambda: 1_767_261_607.0)

    assert duration(START, None) == "7.0 s"
    assert ago(START) == "7.0 s"
    assert instant(START) == "2026-01-01 10:00:00 UTC (7.0 s ago)"


def test_duration_of_what_has_not_begun_is_none() -> None:
    assert duration(None, None) is None
    assert instant(None) is None


def test_duration_is_not_negative_when_clocks_differ() -> None:
    assert duration("2026-01-01T10:00:01.500Z", START) == "0.0 s"


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (5 * 1024**3, "5.0 GiB"),
     (2 * 1024**4, "2.0 TiB")],
)  # fmt: skip
def test_size_is_in_a_suitable_unit(count: int, text: str) -> None:
    assert size(count) == text


def test_sparkline_is_highest_at_the_highest_and_shows_anything_above_zero() -> None:
    assert sparkline([0, 1, 50, 100, None]) == "▁▂▅█ "
    assert sparkline([0, 0]) == "▁▁"
    assert sparkline([]) == ""


def at_minutes(counts: dict[float, int]) -> list[tuple[str, int]]:
    return [
        (f"2026-01-01T10:{int(minute):02}:{int(minute % 1 * 60):02}Z", count)
        for minute, count in counts.items()
    ]


def test_buckets_keep_peaks_and_gaps() -> None:
    samples = at_minutes({0: 1, 1: 9, 2: 2, 2.5: 1, 8: 3, 9: 4})

    assert buckets(samples, 3) == [9, None, 4]
    assert buckets(samples[:1], 3) == [1]
    assert buckets([], 3) == []


def test_buckets_have_no_gap_where_samples_are_merely_uneven() -> None:
    samples = at_minutes({0: 1, 1: 2, 1.9: 3, 3.1: 4, 4: 5})

    assert buckets(samples, 5) == [2, 3, 5]
    assert buckets(at_minutes({0: 1, 9: 2, 10: 3}), 3) == [1, None, 3]


def test_buckets_of_one_instant_are_one_value() -> None:
    assert buckets([(START, 1), (START, 5)], 10) == [5]
