"""The figures that the server shows at `/metrics`, in Prometheus' text format."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

REGISTRY = CollectorRegistry()

HTTP_REQUESTS = Counter(
    "gochat_http_requests_total",
    "HTTP requests answered, by operation and status",
    ["operation", "status"],
    registry=REGISTRY,
)
SOCKETS = Gauge("gochat_sockets", "WebSocket connections that are open now", registry=REGISTRY)
FRAMES = Counter(
    "gochat_frames_total", "WebSocket frames received, by type", ["type"], registry=REGISTRY
)
CLOSES = Counter("gochat_closes_total", "WebSocket connections closed, by code", ["code"], registry=REGISTRY)
MESSAGES = Counter("gochat_messages_total", "Messages stored", registry=REGISTRY)
PUSHES = Counter("gochat_pushes_total", "Frames queued for recipients", registry=REGISTRY)
COMMIT_WRITES = Histogram(
    "gochat_commit_writes",
    "Writes in one transaction",
    buckets=(1, 2, 4, 8, 16, 32, 64, 128, 256),
    registry=REGISTRY,
)
COMMIT_SECONDS = Histogram(
    "gochat_commit_seconds",
    "Time of COMMIT with its fsync",
    buckets=(0.0002, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5),
    registry=REGISTRY,
)


def render() -> bytes:
    """Return all figures in the text exposition format."""
    return bytes(generate_latest(REGISTRY))
