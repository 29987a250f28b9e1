"""What the measures compute out of what they see."""

import pytest

from bench.__main__ import MEASURES
from bench.f1_drain import PEERS
from bench.f5_recipes import chain_of, fan_out_of
from bench.f7_growth import GLANCE_MS, LOAD, PAGE_MS, QUEUE_STATUS, page_table, page_verdicts
from bench.f8_cost import cost_table, middle, quantities, statement_table
from bench.meter import ASKED
from bench.options import MEASURES as NAMES
from bench.watch import watch
from bench.wire import ROUND_TRIPS
from launcher.errors import Problem

READING = {
    f"{ASKED}UPDATE job": 20.0,
    f"{ASKED}BEGIN": 10.0,
    f"{ASKED}SELECT seldom": 0.1,
    ASKED + ROUND_TRIPS: 25.0,
    "xact_commit": 10.0,
    "tup_inserted": 30.0,
    "tup_updated": 40.0,
    "tup_deleted": 0.0,
    "WAL bytes": 10240.0,
    "broker commands": 50.0,
    "broker reads": 5.0,
    "CPU web": 0.5,
    "CPU PostgreSQL": 0.25,
}


def test_every_measure_that_can_be_asked_for_exists():
    assert tuple(MEASURES) == NAMES


def test_only_peers_that_acknowledge_after_the_work_count_as_durable():
    durable = {peer.key: peer.is_durable for peer in PEERS}

    assert durable == {
        "celery-stored": True,
        "procrastinate": True,
        "django-q-orm": True,
        "django-q-redis": False,
        "celery-plain": False,
    }


def test_chain_waits_step_by_step():
    first, *others = chain_of(4)["jobs"]

    assert first["dependencies"] == []
    assert [job["dependencies"] for job in others] == [
        [{"name": "step-1"}],
        [{"name": "step-2"}],
        [{"name": "step-3"}],
    ]


def test_join_waits_for_every_leaf():
    *leaves, join = fan_out_of(5)["jobs"]

    assert len(leaves) == 5
    assert all(job["dependencies"] == [] for job in leaves)
    assert [parent["name"] for parent in join["dependencies"]] == [job["name"] for job in leaves]


def test_slowest_page_is_judged_by_its_median_and_glances_more_strictly():
    times = {
        QUEUE_STATUS: [GLANCE_MS - 1] * 3,
        LOAD: [GLANCE_MS + 1] * 3,
        "/jobs/": [1.0, PAGE_MS + 1, PAGE_MS + 1],
        "/nodes/": [1.0, 1.0, 9 * PAGE_MS],
    }

    slowest, queue, load = page_verdicts(times)

    assert "/jobs/" in slowest.goal
    assert [slowest.is_met, queue.is_met, load.is_met] == [False, True, False]


def test_page_table_sets_the_same_route_of_each_level_side_by_side():
    pages = {
        "small": {"/jobs/1/": [1.0], "/jobs/?page=2": [2.0]},
        "large": {"/jobs/9/": [3.0, 5.0, 4.0], "/jobs/?page=7": [6.0]},
    }

    found = page_table(pages)

    assert [list(row) for row in found.rows] == [
        ["`/jobs/9/`", "1.00", "4.00", "5.00"],
        ["`/jobs/?page=7`", "2.00", "6.00", "6.00"],
    ]


def test_round_trips_are_no_statement():
    statements, trips, *_ = quantities(READING)

    assert (statements, trips) == (30.1, 25.0)


def test_costs_are_per_job_and_what_is_at_rest_per_second():
    rows = {row[0]: row[1:] for row in cost_table(READING, READING, READING, jobs=10).rows}

    assert list(rows["WAL, KiB"]) == ["1.00", "1.00", "2.00", "1.00"]
    assert list(rows["rows updated"]) == ["4.00", "4.00", "8.00", "4.00"]
    assert list(rows["CPU web, ms"]) == ["50.0", "50.0", "100", "50.0"]
    assert list(rows["CPU Redis, ms"]) == ["0.00"] * 4


def test_statements_are_listed_by_frequency_without_the_seldom_ones():
    rows = statement_table(READING, {f"{ASKED}BEGIN": 40.0}, jobs=10).rows

    assert [list(row) for row in rows] == [
        ["`BEGIN`", "1.00", "4.00"],
        ["`UPDATE job`", "2.00", "0.00"],
    ]


def test_what_a_round_lacks_counts_as_nothing():
    assert middle([{"a": 3.0}, {"a": 1.0, "b": 5.0}, {"b": 7.0, "a": 2.0}]) == {"a": 2.0, "b": 5.0}


def test_watching_ends_when_all_is_done():
    done = iter([0, 1, 1, 5])

    assert [count for _, count in watch(lambda: next(done), 5)] == [0, 1, 1, 5]


def test_watching_gives_up_when_nothing_happens(monkeypatch):
    monkeypatch.setattr("bench.watch.PATIENCE_SECONDS", 0.1)

    with pytest.raises(Problem, match="Only 3 of 5"):
        watch(lambda: 3, 5)
