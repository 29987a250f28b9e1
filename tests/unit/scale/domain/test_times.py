from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scale.domain.times import check_range, format_time, now, parse_time, to_millis
from scale.errors import InvalidInput

NOON = datetime(2024, 3, 31, 12, 0, tzinfo=UTC)

instants = st.datetimes(
    min_value=datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis takes naive bounds
    max_value=datetime(9998, 1, 1),  # noqa: DTZ001
    timezones=st.integers(-1439, 1439).map(lambda m: timezone(timedelta(minutes=m))),
)


def test_now_is_utc_in_whole_milliseconds():
    before = datetime.now(UTC)

    instant = now()

    assert instant.utcoffset() == timedelta(0)
    assert instant.microsecond % 1000 == 0
    assert timedelta(0) <= instant - to_millis(before) < timedelta(minutes=1)


def test_to_millis_cuts_and_does_not_round():
    assert to_millis(NOON.replace(microsecond=999_999)).microsecond == 999_000


@pytest.mark.parametrize(
    ("instant", "text"),
    [
        (NOON, "2024-03-31T12:00:00.000Z"),
        (NOON.replace(microsecond=123_999), "2024-03-31T12:00:00.123Z"),
        (datetime(987, 1, 2, tzinfo=UTC), "0987-01-02T00:00:00.000Z"),
        (
            datetime(2024, 1, 1, 1, tzinfo=timezone(timedelta(hours=2))),
            "2023-12-31T23:00:00.000Z",
        ),
    ],
)
def test_format_time_writes_utc_with_milliseconds(instant, text):
    assert format_time(instant) == text


@given(instants)
def test_parse_time_reads_back_what_format_time_writes(instant):
    assert parse_time(format_time(instant), now=NOON) == to_millis(instant)


@given(instants)
def test_parse_time_reads_every_instant_with_its_offset(instant):
    assert parse_time(instant.isoformat(), now=NOON) == instant


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2015-01-01T00:00:00Z", datetime(2015, 1, 1, tzinfo=UTC)),
        ("2015-01-01T00:00Z", datetime(2015, 1, 1, tzinfo=UTC)),
        ("2015-01-01T00:00:00.5Z", datetime(2015, 1, 1, microsecond=500_000, tzinfo=UTC)),
        ("2015-01-01T00:00:00,123Z", datetime(2015, 1, 1, microsecond=123_000, tzinfo=UTC)),
        ("2015-01-01T01:00:00+01:00", datetime(2015, 1, 1, tzinfo=UTC)),
        ("2014-12-31T19:00:00-05:00", datetime(2015, 1, 1, tzinfo=UTC)),
        ("2014-12-31T19:00:00-0500", datetime(2015, 1, 1, tzinfo=UTC)),
        ("2014-12-31T19:00:00-05", datetime(2015, 1, 1, tzinfo=UTC)),
    ],
)
def test_parse_time_takes_a_datetime_with_its_zone(text, expected):
    parsed = parse_time(text, now=NOON)

    assert parsed == expected
    assert parsed.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("PT3H0M0S", NOON - timedelta(hours=3)),
        ("PT0.5H", NOON - timedelta(minutes=30)),
        ("PT0,5H", NOON - timedelta(minutes=30)),
        ("PT0S", NOON),
        ("P7D", NOON - timedelta(days=7)),
        ("P1DT12H", NOON - timedelta(hours=36)),
        ("P2W", NOON - timedelta(weeks=2)),
        ("P1.5W", NOON - timedelta(days=10.5)),
        ("P1M", datetime(2024, 2, 29, 12, tzinfo=UTC)),
        ("P1Y1M", datetime(2023, 2, 28, 12, tzinfo=UTC)),
        ("P1Y", datetime(2023, 3, 31, 12, tzinfo=UTC)),
        ("P0.5Y", datetime(2023, 9, 30, 12, tzinfo=UTC)),
        ("P1Y2M3DT4H5M6S", datetime(2023, 1, 28, 7, 54, 54, tzinfo=UTC)),
        # Half of the month that lies before: from 29 February 12:00 to 31 March are 31 days.
        ("P0.5M", NOON - timedelta(days=15.5)),
    ],
)
def test_parse_time_takes_a_duration_as_that_long_ago(text, expected):
    assert parse_time(text, now=NOON) == expected


@given(st.integers(0, 700_000), st.integers(0, 10**6))
def test_parse_time_goes_back_days_and_seconds_exactly(days, seconds):
    expected = NOON - timedelta(days=days, seconds=seconds)

    assert parse_time(f"P{days}DT{seconds}S", now=NOON) == expected


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("-P1D", "without a sign"),
        ("+PT1H", "without a sign"),
        ("P", "expected a duration"),
        ("PT", "expected a duration"),
        ("P1DT", "expected a duration"),
        ("P1W2D", "expected a duration"),
        ("P1H", "expected a duration"),
        ("P0001-02-03T04:05:06", "expected a duration"),
        ("P1E3D", "expected a duration"),
        ("P\u0661D", "expected a duration"),
        ("P3000Y", "before the year 1"),
        ("P99999999999999999999D", "before the year 1"),
        ("PT" + "9" * 400 + "S", "before the year 1"),
        ("2015-01-01T00:00:00", "with its zone"),
        ("2015-01-01T00:00:00 01:00", "expected an ISO-8601"),
        ("20150101T000000Z", "expected an ISO-8601"),
        ("20150101T00:00:00Z", "expected an ISO-8601"),
        ("2015-01-01T000000Z", "expected an ISO-8601"),
        ("2015-01-01", "expected an ISO-8601"),
        ("2015-W01-1T00:00:00Z", "expected an ISO-8601"),
        ("2015-01-01T00:00:00Z\n", "expected an ISO-8601"),
        ("", "expected an ISO-8601"),
        ("now", "expected an ISO-8601"),
        ("1420070400", "expected an ISO-8601"),
        ("2015-02-29T00:00:00Z", "that exists"),
        ("2015-01-01T25:00:00Z", "that exists"),
        ("2015-01-01T00:00:00+24:00", "that exists"),
        ("0001-01-01T00:00:00+10:00", "that exists"),
        ("9999-12-31T23:59:59-10:00", "that exists"),
    ],
)
def test_parse_time_refuses_with_a_sentence(text, sentence):
    with pytest.raises(ValueError, match=sentence):
        parse_time(text, now=NOON)


@given(st.text(alphabet="P-+0123456789.,YMWDTHSZ:", max_size=25))
def test_parse_time_raises_nothing_but_value_error(text):
    try:
        parsed = parse_time(text, now=NOON)
    except ValueError:
        return
    assert parsed.utcoffset() == timedelta(0)


@pytest.mark.parametrize("ended", [NOON, NOON - timedelta(milliseconds=1)])
def test_check_range_refuses_equal_and_reversed_ends(ended):
    with pytest.raises(InvalidInput) as caught:
        check_range(NOON, ended)

    assert caught.value.faults == ["started: expected a time before ended"]


@pytest.mark.parametrize(
    ("started", "ended"),
    [(NOON, NOON + timedelta(milliseconds=1)), (NOON, None), (None, NOON), (None, None)],
)
def test_check_range_takes_ordered_and_open_ranges(started, ended):
    check_range(started, ended)
