import pytest

from tests.factories import make_job_type
from workers.checks import warn_of_consumer_timeout

pytestmark = pytest.mark.django_db

WARNING = "consumer_timeout_may_strike"


class OldRabbit:
    server_properties = {"version": "3.10.8"}


@pytest.mark.parametrize(
    ("timeout", "warned"), [(60, False), (1800, True), (7200, True), (0, True)]
)
def test_worker_warns_if_jobs_may_outlast_the_consumer_timeout(
    caplog: pytest.LogCaptureFixture, timeout: int, warned: bool
) -> None:
    make_job_type(timeout=60)
    make_job_type(timeout=timeout)
    make_job_type(timeout=9999, is_active=False)

    warn_of_consumer_timeout(OldRabbit())

    assert (WARNING in caplog.text) is warned


def test_worker_warns_of_nothing_without_job_types(caplog: pytest.LogCaptureFixture) -> None:
    warn_of_consumer_timeout(OldRabbit())

    assert WARNING not in caplog.text


def test_worker_warns_of_nothing_on_another_broker(caplog: pytest.LogCaptureFixture) -> None:
    make_job_type(timeout=7200)

    warn_of_consumer_timeout(object())

    assert WARNING not in caplog.text
