"""The figures that the server shows at `/metrics`, in Prometheus' text format.

What is counted for each frame or message is a plain int in a dict, read at a scrape: everything here runs on the hub's
thread, and the library's own counters take a lock for each step (2 us, 9% of a busy server).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Gauge, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

REGISTRY = CollectorRegistry()

SOCKETS = Gauge("gochat_sockets", "WebSocket connections that are open now", registry=REGISTRY)
RECORDS_WAITING = Gauge(
    "gochat_records_waiting",
    "Records for other gateways that Kafka had not taken when it was last heard of, up to 1 s ago",
    registry=REGISTRY,
)
COMMIT_WRITES = Histogram(
    "gochat_commit_writes",
    "Writes in one transaction",
    buckets=(1, 4, 16, 64, 256, 1024),
    registry=REGISTRY,
)
COMMIT_SECONDS = Histogram(
    "gochat_commit_seconds",
    "Time of COMMIT with its fsync",
    buckets=(0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5),
    registry=REGISTRY,
)


class Tally(Collector):
    """Counts by label values, without a lock.

    Args:
        name: Without the suffix _total.
        labels: Names of the parts of a key; a key with several is a tuple.
    """

    def __init__(self, name: str, documentation: str, labels: tuple[str, ...] = ()) -> None:
        self.counts: Counter[str | tuple[str, ...]] = Counter()
        self._name = name
        self._documentation = documentation
        self._labels = labels
        REGISTRY.register(self)

    def add(self, key: str | tuple[str, ...] = (), count: int = 1) -> None:
        """Count `count` times `key`."""
        self.counts[key] += count

    def collect(self) -> Iterator[CounterMetricFamily]:
        """Yield the figures, for a scrape."""
        family = CounterMetricFamily(self._name, self._documentation, labels=self._labels)
        for key, count in sorted(self.counts.items()):
            family.add_metric((key,) if isinstance(key, str) else key, count)
        yield family


HTTP_REQUESTS = Tally("gochat_http_requests", "HTTP requests answered", ("operation", "status"))
FRAMES = Tally("gochat_frames", "WebSocket frames received, by type", ("type",))
CLOSES = Tally("gochat_closes", "WebSocket connections closed, by code", ("code",))
MESSAGES = Tally("gochat_messages", "Messages stored")
RECORDS = Tally("gochat_records", "Records produced for other gateways")
RECORDS_DROPPED = Tally("gochat_records_dropped", "Records that were given up, as Kafka was away for too long")
RECORDS_MISSED = Tally("gochat_records_missed", "Records of others that never came")
PUSHES = Tally("gochat_pushes", "Frames queued for recipients")


def render() -> bytes:
    """Return all figures in the text exposition format."""
    return bytes(generate_latest(REGISTRY))
