import pytest

from scale.domain.lifecycle import JobStatus
from scale.errors import NotFound
from scale.models import Job, JobExecution
from scale.services.cancel import cancel_job
from scale.services.completions import complete_execution
from scale.services.executions import fail_execution
from scale.services.requeue import RequeueFilters, requeue_jobs
from tests.factories import claim, make_job, make_job_type, report

pytestmark = pytest.mark.django_db


def failed(job_type=None, error="algorithm-unknown"):
    details = make_job(job_type)
    execution = details.executions[0].pk
    while execution is not None:
        fail_execution(claim(execution), report(error=error))
        left = JobExecution.objects.filter(job=details.job, status="QUEUED")
        execution = left.values_list("pk", flat=True).first()
    return Job.objects.get(pk=details.job.pk)


def canceled(job_type=None):
    details = make_job(job_type)
    cancel_job(job_id=details.job.pk)
    return Job.objects.get(pk=details.job.pk)


def completed(job_type=None):
    details = make_job(job_type)
    complete_execution(claim(details.executions[0].pk), report())
    return Job.objects.get(pk=details.job.pk)


def running(job_type=None):
    details = make_job(job_type)
    claim(details.executions[0].pk)
    return Job.objects.get(pk=details.job.pk)


def queued(job_type=None):
    return make_job(job_type).job


def requeue(priority=None, page=1, page_size=100, **filters):
    return requeue_jobs(
        filters=RequeueFilters(**filters), priority=priority, page=page, page_size=page_size
    )


def ids(requeued):
    return {job.pk for job in requeued.jobs}


@pytest.mark.parametrize("make", [failed, canceled])
def test_requeue_finished_job_allows_exactly_one_more_attempt(make):
    before = make()

    answer = requeue(job_ids=[before.pk])

    job = Job.objects.get(pk=before.pk)
    assert [shown.status for shown in answer.jobs] == ["QUEUED"]
    assert (job.status, job.num_exes, job.max_tries) == ("QUEUED", 2, 2)
    assert (job.started, job.ended, job.error_id) == (None, None, None)
    assert job.queued == job.last_status_change == job.last_modified > before.last_modified
    execution = JobExecution.objects.get(job=job, exe_num=2)
    assert (execution.status, execution.queued) == ("QUEUED", job.queued)
    fail_execution(claim(execution.pk), report(error="unknown"))
    assert Job.objects.get(pk=before.pk).status == "FAILED"


def test_requeue_raises_max_tries_over_the_used_up_ones():
    before = failed(error="unknown")

    requeue(job_ids=[before.pk])

    job = Job.objects.get(pk=before.pk)
    assert (before.num_exes, before.max_tries) == (3, 3)
    assert (job.num_exes, job.max_tries) == (4, 4)


@pytest.mark.parametrize("make", [queued, running, completed])
def test_requeue_job_of_other_status_lists_it_unchanged(make):
    job = make()
    before = Job.objects.values().get(pk=job.pk)

    answer = requeue(job_ids=[job.pk], priority=1)

    assert (answer.count, ids(answer)) == (1, {job.pk})
    assert Job.objects.values().get(pk=job.pk) == before
    assert JobExecution.objects.filter(job=job).count() == 1


def test_requeue_with_priority_gives_it_to_the_job_and_its_execution():
    before = canceled(make_job_type(priority=210))

    requeue(job_ids=[before.pk], priority=7)

    execution = JobExecution.objects.get(job=before, exe_num=2)
    assert Job.objects.get(pk=before.pk).priority == execution.priority == 7
    assert execution.lane == 2


def test_requeue_without_priority_keeps_it():
    before = canceled(make_job_type(priority=210))

    requeue(job_ids=[before.pk])

    assert Job.objects.get(pk=before.pk).priority == 210


def test_requeue_without_filter_matches_every_job():
    jobs = {make().pk for make in (failed, canceled, completed, running, queued)}

    answer = requeue()

    assert (answer.count, ids(answer)) == (5, jobs)
    assert Job.objects.filter(status="QUEUED").count() == 3


def test_requeue_nothing_matches_is_not_found():
    failed()

    with pytest.raises(NotFound):
        requeue(job_ids=[10**30, -1, 0, 987654])

    assert Job.objects.get().status == "FAILED"


def test_requeue_page_out_of_range_changes_nothing():
    failed()

    with pytest.raises(NotFound):
        requeue(page=2)

    assert Job.objects.get().status == "FAILED"
    assert requeue(page=1).count == 1


def test_requeue_pages_all_matches_in_order_and_changes_them_all():
    untouched = completed()
    changed = [failed().pk, canceled().pk, failed().pk]

    answer = requeue(page=2, page_size=2)

    assert answer.count == 4
    assert [job.pk for job in answer.jobs] == changed[1:]
    assert Job.objects.filter(status="QUEUED").count() == 3
    assert [job.pk for job in requeue(page_size=1).jobs] == [untouched.pk]


def test_requeue_by_status_leaves_the_other_alone():
    one, other = failed(), canceled()

    answer = requeue(status=JobStatus.FAILED)

    assert ids(answer) == {one.pk}
    assert Job.objects.get(pk=other.pk).status == "CANCELED"


def test_requeue_by_last_modified_takes_both_ends_in():
    one = failed()

    answer = requeue(started=one.last_modified, ended=one.last_modified)

    assert ids(answer) == {one.pk}
    with pytest.raises(NotFound):
        requeue(started=one.last_modified, ended=one.last_modified)


def test_requeue_ors_values_of_a_filter_and_ands_filters():
    red, blue = make_job_type(category="red"), make_job_type(category="blue")
    reds, blues = failed(red), failed(blue)

    assert ids(requeue(job_type_ids=[red.pk, blue.pk])) == {reds.pk, blues.pk}
    assert ids(requeue(job_type_names=[red.name, "no such"])) == {reds.pk}
    assert ids(requeue(job_type_categories=["blue"])) == {blues.pk}
    with pytest.raises(NotFound):
        requeue(job_type_categories=["blue"], job_type_names=[red.name])


def test_requeue_by_error_category():
    system, algorithm = failed(error="unknown"), failed()

    assert ids(requeue(error_categories=["SYSTEM"])) == {system.pk}
    assert Job.objects.get(pk=algorithm.pk).status == "FAILED"
