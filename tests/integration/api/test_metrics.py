from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from scale import VERSION
from scale.conf import conf
from scale.dispatch import Ring
from scale.domain.times import now
from scale.models import JobExecution, JobLoad, JobType, Node, Scheduler
from scale.services.feed import feed
from scale.services.load import take_sample
from tests.factories import claim, make_job, make_job_type, make_node
from tests.integration.api.conftest import Api
from tests.integration.api.rows import complete_file_job, fail_job, make_file_job
from tests.integration.api.test_queries import statements

LABELS = ("job_type", "version", "lane", "status", "category")
Samples = dict[tuple[str, tuple[str, ...]], float]


def scrape(api: Api) -> Samples:
    response = api.get("/metrics/")
    assert response.status_code == 200, response.content
    return {
        (sample.name, tuple(sample.labels[name] for name in LABELS if name in sample.labels)): (
            sample.value
        )
        for family in text_string_to_metric_families(response.content.decode())
        for sample in family.samples
    }


def value(api: Api, name: str, *labels: str) -> float | None:
    return scrape(api).get((name, labels))


def age_queued(seconds: float) -> None:
    JobExecution.objects.update(queued=now() - timedelta(seconds=seconds))


def test_metrics_are_the_text_format_of_prometheus(as_role: Any) -> None:
    response = as_role("viewer").get("/metrics/")

    assert response["Content-Type"].startswith("text/plain; version=0.0.4")
    assert b"# TYPE scale_queued_executions gauge" in response.content


@pytest.mark.parametrize(
    "accept", ["application/openmetrics-text;version=1.0.0,*/*;q=0.1", "text/plain", "image/png"]
)
def test_metrics_are_served_whatever_the_scraper_accepts(
    nobody: Api, open_access: None, accept: str
) -> None:
    response = Client(headers={"Accept": accept}).get("/metrics/")

    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/plain")


def test_metrics_without_user_are_refused_in_json(nobody: Api) -> None:
    response = nobody.get("/metrics/")

    assert response.status_code == 401
    assert set(response.json()) == {"detail"}


def test_idle_installation_shows_zeros_and_no_invented_ages(api: Api) -> None:
    samples = scrape(api)

    assert samples["scale_build_info", (VERSION,)] == 1
    assert samples["scale_oldest_queued_age_seconds", ()] == 0
    assert samples["scale_dispatch_lag_seconds", ()] == 0
    assert samples["scale_oldest_lease_age_seconds", ()] == 0
    assert samples["scale_nodes", ()] == 0
    names = {name for name, _ in samples}
    assert "scale_last_load_sample_age_seconds" not in names
    assert "scale_last_dispatch_age_seconds" not in names
    assert "scale_broker_seen_age_seconds" not in names


def test_queued_and_running_are_counted_by_type_and_lane(api: Api) -> None:
    urgent, other = make_job_type(name="urgent", priority=1), make_job_type(name='o"th\\er')
    claim(make_job(urgent).executions[0].pk)
    make_job(urgent)
    make_job(other)
    make_job(other)

    samples = scrape(api)

    lane = str(conf().lane(other.priority))
    assert samples["scale_running_executions", ("urgent", "1.0", "0")] == 1
    assert samples["scale_queued_executions", ("urgent", "1.0", "0")] == 1
    assert samples["scale_queued_executions", ('o"th\\er', "1.0", lane)] == 2


def test_finished_are_counted_over_the_last_minute(api: Api) -> None:
    complete_file_job(make_file_job())
    fail_job(make_job())
    fail_job(make_job())
    JobExecution.objects.filter(pk=JobExecution.objects.latest("pk").pk).update(
        last_modified=now() - timedelta(minutes=2)
    )
    make_job()

    samples = {key: n for key, n in scrape(api).items() if key[0] == "scale_finished_last_minute"}

    assert samples == {
        ("scale_finished_last_minute", ("COMPLETED", "")): 1,
        ("scale_finished_last_minute", ("FAILED", "ALGORITHM")): 1,
    }


def test_ages_are_those_of_the_rows(api: Api) -> None:
    claim(make_job().executions[0].pk)
    make_job()
    age_queued(100)
    take_sample()
    JobLoad.objects.update(measured=now() - timedelta(seconds=200))
    JobExecution.objects.filter(status="RUNNING").update(
        lease_expires=now() + timedelta(seconds=conf().lease_seconds - 5)
    )
    Scheduler.objects.update(
        last_turn=now() - timedelta(seconds=300), broker_seen=now() - timedelta(seconds=400)
    )

    samples = scrape(api)

    ages = {name: age for (name, labels), age in samples.items() if name.endswith("_age_seconds")}
    assert ages == pytest.approx(
        {
            "scale_oldest_queued_age_seconds": 100,
            "scale_last_load_sample_age_seconds": 200,
            "scale_oldest_lease_age_seconds": 5,
            "scale_last_dispatch_age_seconds": 300,
            "scale_broker_seen_age_seconds": 400,
        },
        abs=5,
    )


def test_dispatch_lag_is_the_age_of_what_should_have_been_published(api: Api) -> None:
    make_job()
    age_queued(100)

    assert value(api, "scale_dispatch_lag_seconds") == pytest.approx(100, abs=5)


def test_published_executions_wait_without_dispatch_lag(api: Api, published: list[Ring]) -> None:
    make_node()
    make_job()
    feed()
    age_queued(100)

    samples = scrape(api)

    assert samples["scale_dispatched_executions", ()] == 1
    assert samples["scale_oldest_queued_age_seconds", ()] == pytest.approx(100, abs=5)
    assert samples["scale_dispatch_lag_seconds", ()] == 0


@pytest.mark.parametrize("obstacle", ["type", "cap", "scheduler", "window"])
def test_what_may_not_be_published_is_no_dispatch_lag(
    api: Api, settings: Any, obstacle: str
) -> None:
    running = make_job()
    job_type = JobType.objects.get()
    claim(running.executions[0].pk)
    make_job(job_type)
    make_job(job_type)
    JobExecution.objects.filter(pk=JobExecution.objects.latest("pk").pk).update(dispatched=now())
    age_queued(100)
    assert value(api, "scale_dispatch_lag_seconds")

    match obstacle:
        case "type":
            JobType.objects.update(is_paused=True)
        case "cap":
            JobType.objects.update(max_scheduled=2)
        case "scheduler":
            Scheduler.objects.update(is_paused=True)
        case "window":
            settings.SCALE = conf().__class__(window=1)

    assert value(api, "scale_dispatch_lag_seconds") == 0


def test_nodes_online_and_paused_are_counted_among_those_in_service(api: Api) -> None:
    make_node()
    make_node(is_paused=True)
    make_node()
    Node.objects.filter(pk=Node.objects.latest("pk").pk).update(
        last_offer=now() - timedelta(hours=1)
    )
    make_node(is_active=False)

    samples = scrape(api)

    counts = {name: n for (name, _), n in samples.items() if name.startswith("scale_nodes")}
    assert counts == {"scale_nodes": 3, "scale_nodes_online": 2, "scale_nodes_paused": 1}


def test_metrics_are_a_fixed_number_of_statements_that_read_no_large_column(api: Api) -> None:
    make_job()
    before = statements(api, "/metrics/")
    for _ in range(3):
        fail_job(make_job())
        claim(make_job().executions[0].pk)
        make_job()
    after = statements(api, "/metrics/")

    assert len(after) == len(before) <= 9
    assert not [sql for sql in after if "interface" in sql or '"results"' in sql]
