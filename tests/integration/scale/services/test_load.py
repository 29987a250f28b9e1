import pytest

from scale.domain.times import now
from scale.models import JobLoad
from scale.services.load import take_sample, take_sample_if_due
from tests.factories import claim, make_job, make_job_type
from tests.integration.api.rows import complete_file_job, fail_job, make_file_job
from tests.recipe_factories import fail, job_ids, make_recipe

pytestmark = pytest.mark.django_db


def counts() -> dict[int | None, tuple[int, int, int]]:
    return {
        row.job_type_id: (row.pending_count, row.queued_count, row.running_count)
        for row in JobLoad.objects.all()
    }


def test_sample_counts_waiting_and_running_jobs_per_type() -> None:
    one, two = make_job_type(), make_job_type(is_system=True)
    claim(make_job(one).executions[0].pk)
    make_job(one)
    make_job(one)
    make_job(two)
    make_recipe({"a": [], "b": ["a"], "c": ["b"]}, job_type=two)

    take_sample()

    assert counts() == {one.pk: (0, 2, 1), two.pk: (2, 2, 0)}


def test_sample_leaves_out_blocked_and_finished_jobs() -> None:
    complete_file_job(make_file_job())
    fail_job(make_job())
    recipe = make_recipe({"a": [], "b": ["a"]})
    fail(job_ids(recipe)["a"])

    take_sample()

    assert counts() == {None: (0, 0, 0)}


def test_rows_of_a_sample_share_one_instant() -> None:
    make_job()
    make_job()
    before = now()

    measured = take_sample()

    assert before <= measured <= now()
    assert list(JobLoad.objects.values_list("measured", flat=True)) == [measured] * 2


def test_one_row_of_a_sample_stands_for_it() -> None:
    take_sample()
    make_job()
    make_job()
    take_sample()

    samples = JobLoad.objects.values_list("measured", flat=True).distinct()
    assert len(samples) == 2
    assert sorted(JobLoad.objects.filter(is_first=True).values_list("measured", flat=True)) == (
        sorted(samples)
    )


def test_idle_system_leaves_one_placeholder_per_sample() -> None:
    take_sample()

    assert counts() == {None: (0, 0, 0)}


def test_busy_system_leaves_no_placeholder() -> None:
    make_job()

    take_sample()

    assert None not in counts()


def test_second_sample_of_a_period_is_not_taken() -> None:
    assert take_sample_if_due() is True
    assert take_sample_if_due() is False
    assert JobLoad.objects.count() == 1
