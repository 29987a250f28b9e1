"""The state of the installation in the text format of Prometheus."""

from collections.abc import Iterable, Iterator

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector

from scale import VERSION
from scale.selectors.metrics import Key, Measures, get_measures

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
TYPE_LABELS = ("job_type", "version", "lane")


class DatabaseCollector(Collector):
    """Reads all gauges from the database when it is scraped, so that any web process may answer."""

    def collect(self) -> Iterator[Metric]:
        """Yield the gauges of this instant (`docs/metrics.md` describes each)."""
        yield InfoMetricFamily("scale_build", "What runs here.", value={"version": VERSION})
        yield from _families(get_measures())


def render_metrics() -> bytes:
    """Return the gauges of this instant."""
    registry = CollectorRegistry()
    registry.register(DatabaseCollector())
    return generate_latest(registry)


def _families(now: Measures) -> Iterable[Metric]:
    yield _by_type("scale_queued_executions", "Executions that wait to run.", now.queued)
    yield _by_type("scale_running_executions", "Executions that run.", now.running)
    finished = GaugeMetricFamily(
        "scale_finished_last_minute",
        "Executions that ended in the last minute.",
        labels=("status", "category"),
    )
    for labels, count in sorted(now.finished.items()):
        finished.add_metric(labels, count)
    yield finished
    yield _gauge(
        "scale_dispatched_executions",
        "Waiting executions that hold room in the broker's window.",
        now.dispatched,
    )
    ages = {
        "scale_oldest_queued_age_seconds": (
            "How long what waits longest waits.",
            now.oldest_queued_age or 0.0,
        ),
        "scale_dispatch_lag_seconds": (
            "How long something waits that should have been published.",
            now.dispatch_lag,
        ),
        "scale_oldest_lease_age_seconds": (
            "How long ago the lease was renewed that was renewed longest ago.",
            now.lease_age or 0.0,
        ),
        "scale_last_load_sample_age_seconds": (
            "How long ago job load was sampled; absent if never.",
            now.sample_age,
        ),
        "scale_last_dispatch_age_seconds": (
            "How long ago the timetable drove dispatch; absent if never.",
            now.turn_age,
        ),
        "scale_broker_seen_age_seconds": (
            "How long ago the broker answered dispatch; absent if never.",
            now.broker_age,
        ),
    }
    for name, (text, value) in ages.items():
        yield _gauge(name, text, value)
    yield _gauge("scale_scheduler_paused", "Whether nothing is started.", now.is_paused)
    yield _gauge("scale_nodes", "Nodes in service.", now.nodes)
    yield _gauge("scale_nodes_online", "Nodes in service with a sign of life.", now.nodes_online)
    yield _gauge("scale_nodes_paused", "Nodes in service that are paused.", now.nodes_paused)


def _by_type(name: str, text: str, counts: dict[Key, int]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text, labels=TYPE_LABELS)
    for (job_type, version, lane), count in sorted(counts.items()):
        family.add_metric((job_type, version, str(lane)), count)
    return family


def _gauge(name: str, text: str, value: float | None) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, text)
    if value is not None:
        family.add_metric((), value)
    return family
