"""The hours and days by which jobs are counted (docs/decisions/0021)."""

from datetime import UTC, datetime, timedelta

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

#: So long after a day its hours become one, and so long before that nobody counts on them: the
#: clocks of those who count need not agree.
HOURS_KEPT, HOURS_READ = timedelta(days=3), timedelta(days=2)


def first_day_in_hours(now: datetime) -> datetime:
    """Return the beginning of the first day whose hours are kept apart."""
    return _begin(now - HOURS_KEPT, DAY)


def first_day_read_in_hours(now: datetime) -> datetime:
    """Return the beginning of the first day whose hours are sure to be apart."""
    return _begin(now - HOURS_READ, DAY)


def whole_buckets(
    started: datetime, ended: datetime | None, *, now: datetime
) -> tuple[datetime, datetime | None]:
    """Return the part of a time range that consists of whole hours and days, end excluded.

    Days up to `first_day_read_in_hours`, hours after it. Without an end there is none either. Where
    the range holds no whole one the part is empty: both ends are `started`.
    """
    if started > now + DAY:
        return started, started
    first = _begin(started, _size(started, now))
    if first < started:
        first += _size(started, now)
    if ended is None:
        return first, None
    last = _begin(ended, _size(ended, now))
    return (first, last) if first < last else (started, started)


def _size(instant: datetime, now: datetime) -> timedelta:
    return DAY if instant < first_day_read_in_hours(now) else HOUR


def _begin(instant: datetime, size: timedelta) -> datetime:
    start = instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    return start.replace(hour=0) if size == DAY else start
