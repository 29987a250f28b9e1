"""Instants: aware UTC datetimes in whole milliseconds, and their texts (contract 1.3)."""

import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from isodate import Duration, parse_duration

from scale.errors import InvalidInput

# isodate also takes signs, mixed weeks and the P0001-02-03 form; fromisoformat also takes compact
# forms and local times. These two let only the forms of the contract through.
_NUMBER = r"[0-9]+(?:[.,][0-9]+)?"
_DURATION = re.compile(
    rf"P(?:{_NUMBER}W|(?=[0-9T])(?:{_NUMBER}Y)?(?:{_NUMBER}M)?(?:{_NUMBER}D)?"
    rf"(?:T(?=[0-9])(?:{_NUMBER}H)?(?:{_NUMBER}M)?(?:{_NUMBER}S)?)?)"
)
_DATETIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:[.,][0-9]+)?)?"
    r"(?P<zone>Z|[+-][0-9]{2}(?::?[0-9]{2})?)?"
)
_MONTHS_PER_YEAR = 12


def now() -> datetime:
    """Return the present instant."""
    return to_millis(datetime.now(UTC))


def to_millis(instant: datetime) -> datetime:
    """Cut an instant to whole milliseconds, so that what is stored equals what is shown."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def format_time(instant: datetime) -> str:
    """Write an instant as `2015-10-21T00:00:00.000Z`, cut, not rounded (contract 1.3)."""
    utc = instant if instant.tzinfo is UTC else instant.astimezone(UTC)
    return f"{utc.isoformat(timespec='milliseconds').removesuffix('+00:00')}Z"


def parse_time(text: str, *, now: datetime) -> datetime:
    """Read a datetime with a zone, or a duration meaning that long before `now` (contract 1.3).

    Raises:
        ValueError: with a sentence for the client.
    """
    if text.lstrip("+-").startswith("P"):
        return _before(text, now)
    match = _DATETIME.fullmatch(text)
    if match is None:
        raise ValueError(
            "expected an ISO-8601 datetime such as 2015-01-01T00:00:00Z or a duration such as PT3H"
        )
    if match["zone"] is None:
        raise ValueError("expected a datetime with its zone: Z, or an offset such as +01:00")
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("expected a datetime that exists") from None


def check_range(started: datetime | None, ended: datetime | None) -> None:
    """Require that a range begins before it ends; a missing end leaves it open.

    Raises:
        InvalidInput: when both ends are the same or reversed.
    """
    if started is not None and ended is not None and started >= ended:
        raise InvalidInput("started: expected a time before ended")


def _before(text: str, now: datetime) -> datetime:
    if _DURATION.fullmatch(text) is None:
        raise ValueError("expected a duration such as PT3H, P7D, P2W or P1Y6M, without a sign")
    try:
        duration = parse_duration(text, as_timedelta_if_possible=False)
        days_and_less: timedelta = duration.tdelta
        return _months_before(now, duration) - days_and_less
    except (ValueError, OverflowError):
        raise ValueError("expected a duration that does not lead before the year 1") from None


def _months_before(instant: datetime, duration: Duration) -> datetime:
    """Go back by the calendar; a fraction of a month is that share of the month it falls in."""
    months = Decimal(duration.years) * _MONTHS_PER_YEAR + Decimal(duration.months)
    whole = int(months)
    start: datetime = instant - Duration(months=whole)
    share: timedelta = start - (start - Duration(months=1)) if months != whole else timedelta(0)
    return start - share * float(months - whole)
