from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from scale.domain.buckets import (
    DAY,
    HOUR,
    first_day_in_hours,
    first_day_read_in_hours,
    whole_buckets,
)

NOW = datetime(2026, 3, 1, 0, 30, tzinfo=UTC)

instants = st.timedeltas(timedelta(days=-28), timedelta(days=2)).map(
    lambda age: NOW + age
) | st.sampled_from(
    [NOW, NOW - DAY, NOW - 2 * DAY, NOW.replace(minute=0), datetime(2026, 2, 27, tzinfo=UTC)]
)


def is_bucket_edge(instant: datetime) -> bool:
    """Tell whether hours, or days where only these are sure, begin there."""
    hour = instant.replace(minute=0, second=0, microsecond=0)
    return instant == (hour if instant >= first_day_read_in_hours(NOW) else hour.replace(hour=0))


@given(started=instants, ended=instants | st.none())
def test_whole_part_lies_in_the_range_and_between_edges(
    started: datetime, ended: datetime | None
) -> None:
    first, last = whole_buckets(started, ended, now=NOW)

    assert first >= started
    if (first, last) == (started, started):
        return
    assert is_bucket_edge(first)
    if ended is None:
        assert last is None
    else:
        assert last is not None
        assert first < last <= ended
        assert is_bucket_edge(last)


@given(started=instants, ended=instants | st.none())
def test_less_than_a_bucket_is_left_at_either_end(
    started: datetime, ended: datetime | None
) -> None:
    first, last = whole_buckets(started, ended, now=NOW)

    if (first, last) == (started, started):
        assert ended is None or ended - started < 2 * DAY or started > NOW + DAY
        return
    for left, edge in (
        (first - started, started),
        *([(ended - last, ended)] if ended and last else []),
    ):
        assert left < (HOUR if edge >= first_day_read_in_hours(NOW) else DAY)


def test_hours_are_kept_for_a_day_longer_than_they_are_read() -> None:
    assert first_day_read_in_hours(NOW) - first_day_in_hours(NOW) == DAY
    assert NOW - timedelta(days=3) < first_day_read_in_hours(NOW) <= NOW - timedelta(days=2)


def test_end_of_time_has_no_buckets() -> None:
    last = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

    assert whole_buckets(last, None, now=NOW) == (last, last)
