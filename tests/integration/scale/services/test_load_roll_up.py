from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from scale.models import JobLoad, JobType
from scale.selectors.load import list_load
from scale.services.load import roll_up
from tests.factories import make_job_type

pytestmark = pytest.mark.django_db

HOUR = datetime(2026, 3, 1, 10, tzinfo=UTC)
LATER = HOUR + timedelta(days=1)

Row = tuple[int | None, datetime, int, int, int]


def sample(minute: float, *counts: tuple[JobType | None, int, int, int]) -> None:
    for job_type, pending, queued, running in counts:
        JobLoad.objects.create(
            job_type=job_type,
            measured=HOUR + timedelta(minutes=minute),
            pending_count=pending,
            queued_count=queued,
            running_count=running,
        )


def rows() -> list[Row]:
    fields = ("job_type", "measured", "pending_count", "queued_count", "running_count")
    return list(JobLoad.objects.order_by("measured", "job_type").values_list(*fields))


def roll_up_all(before: datetime = LATER) -> int:
    """Roll up until there is nothing left; return how many hours that were."""
    return next(turn for turn in count() if not roll_up(before))


def test_samples_of_an_hour_become_their_average_at_its_beginning() -> None:
    one, two = make_job_type(), make_job_type()
    sample(1, (one, 10, 4, 0), (two, 0, 1, 1))
    sample(31, (one, 20, 5, 2), (two, 0, 2, 1))
    sample(59, (one, 30, 9, 1), (two, 0, 3, 1))

    assert roll_up_all() == 1

    assert rows() == [(one.pk, HOUR, 20, 6, 1), (two.pk, HOUR, 0, 2, 1)]


def test_one_row_of_what_was_rolled_up_stands_for_it() -> None:
    one, two = make_job_type(), make_job_type()
    sample(1, (one, 1, 1, 1), (two, 1, 1, 1))
    sample(61, (None, 0, 0, 0))

    roll_up_all()

    firsts = JobLoad.objects.filter(is_first=True, is_hourly=True)
    assert list(firsts.order_by("measured").values_list("measured", flat=True)) == [
        HOUR,
        HOUR + timedelta(hours=1),
    ]


def test_sample_that_lacks_a_type_counts_as_none_of_it() -> None:
    job_type = make_job_type()
    sample(0, (job_type, 0, 8, 0))
    sample(20, (None, 0, 0, 0))
    sample(40, (None, 0, 0, 0))
    sample(50, (None, 0, 0, 0))

    roll_up_all()

    assert rows() == [(job_type.pk, HOUR, 0, 2, 0)]


def test_idle_hour_keeps_one_placeholder() -> None:
    for minute in (1, 2, 3):
        sample(minute, (None, 0, 0, 0))

    roll_up_all()

    assert rows() == [(None, HOUR, 0, 0, 0)]


def test_sum_over_types_is_kept() -> None:
    one, two = make_job_type(), make_job_type()
    sample(0, (one, 0, 10, 0))
    sample(30, (two, 0, 10, 0))

    roll_up_all()

    [shown] = list_load(started=HOUR - timedelta(days=1), ended=LATER)
    assert (shown["time"], shown["queued"]) == (HOUR, 10)


def test_hours_without_samples_stay_gaps() -> None:
    job_type = make_job_type()
    sample(5, (job_type, 0, 1, 0))
    sample(5 + 180, (job_type, 0, 3, 0))

    assert roll_up_all() == 2

    assert [row[1] for row in rows()] == [HOUR, HOUR + timedelta(hours=3)]


def test_hour_that_is_not_wholly_old_enough_stays() -> None:
    job_type = make_job_type()
    sample(5, (job_type, 0, 1, 0))
    sample(6, (job_type, 0, 1, 0))
    before = rows()

    assert roll_up(HOUR + timedelta(minutes=59)) is False
    assert rows() == before
    assert roll_up(HOUR + timedelta(hours=1)) is True


def test_rolling_up_again_changes_nothing() -> None:
    job_type = make_job_type()
    sample(0, (job_type, 1, 2, 3))
    sample(30, (job_type, 3, 4, 5))
    roll_up_all()
    once = rows()

    assert roll_up_all() == 0
    assert rows() == once


def test_sample_that_comes_late_does_not_spoil_the_hour() -> None:
    job_type = make_job_type()
    sample(0, (job_type, 1, 2, 3))
    roll_up_all()
    once = rows()
    sample(30, (job_type, 9, 9, 9))

    assert roll_up_all() == 1
    assert rows() == once
