import runpy

import pytest
from django.core.exceptions import ImproperlyConfigured

from scale.conf import Conf
from scale.env import Env
from tests.architecture.source import ROOT

NINE = "2,4,6,8,10,12,14,16,18"


def test_lane_bounds_are_taken_as_given() -> None:
    conf = Conf.read(Env({"SCALE_LANE_BOUNDS": NINE}))

    assert conf.lane_bounds == (2, 4, 6, 8, 10, 12, 14, 16, 18)
    assert [conf.lane(priority) for priority in (0, 2, 3, 18, 19)] == [0, 0, 1, 8, 9]


@pytest.mark.parametrize(
    "bounds",
    ["", "2,4,6,8,10,12,14,16", f"{NINE},20", "2,4,4,8,10,12,14,16,18", "4,2,6,8,10,12,14,16,18"],
    ids=["none", "eight", "ten", "equal", "descending"],
)
def test_lane_bounds_that_are_not_nine_ascending_numbers_are_refused(bounds: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="SCALE_LANE_BOUNDS must be nine ascending"):
        Conf.read(Env({"SCALE_LANE_BOUNDS": bounds}))


@pytest.mark.parametrize(
    ("lease", "heartbeat"), [("2", None), ("1", "0.25"), ("20", "5"), (None, "5")]
)
def test_lease_of_four_heartbeats_and_more_is_taken(
    lease: str | None, heartbeat: str | None
) -> None:
    conf = Conf.read(Env(_given(lease, heartbeat)))

    assert conf.lease_seconds == float(lease or 20)
    assert conf.heartbeat_seconds == float(heartbeat or 0.5)


@pytest.mark.parametrize(("lease", "heartbeat"), [("1.9", None), ("20", "5.1"), (None, "6")])
def test_lease_of_fewer_heartbeats_is_refused(lease: str | None, heartbeat: str | None) -> None:
    with pytest.raises(ImproperlyConfigured, match="SCALE_LEASE_SECONDS must be at least 4 times"):
        Conf.read(Env(_given(lease, heartbeat)))


def _given(lease: str | None, heartbeat: str | None) -> dict[str, str]:
    given = {"SCALE_LEASE_SECONDS": lease, "SCALE_HEARTBEAT_SECONDS": heartbeat}
    return {name: value for name, value in given.items() if value is not None}


def settings_with(monkeypatch: pytest.MonkeyPatch, broker: str) -> str:
    monkeypatch.setenv("CELERY_BROKER_URL", broker)
    settings = runpy.run_path(str(ROOT / "scale" / "settings.py"))
    return str(settings["CELERY_BROKER_URL"])


@pytest.mark.parametrize("scheme", ["redis", "rediss", "amqp", "amqps", "pyamqp"])
def test_redis_and_rabbitmq_are_taken(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    url = f"{scheme}://broker.example.org"

    assert settings_with(monkeypatch, url) == url


@pytest.mark.parametrize("url", ["sentinel://broker.example.org", "memory://", "sqs://", "broker"])
def test_other_brokers_are_refused(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="CELERY_BROKER_URL must begin with redis://"):
        settings_with(monkeypatch, url)
