"""What `gochat bench` says: medians over the rounds, with the extremes, and whether they are to be believed.

Pure: takes the rounds' figures, writes a table for people or JSON for programs.
"""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from statistics import median
from typing import TextIO

import msgspec

from gochat.bench.comparison import comparison_remarks, comparison_rows, median_ratios, split_line
from gochat.bench.ledger import LoadFigures
from gochat.bench.machine import BUSY, MEMORY_FILE_SYSTEMS, Machine
from gochat.bench.results import BenchReport, Round

OTHERS_BUSY = 0.2  # of a core: more from other processes and the figures say as much about them
MIN_CORES = 2  # one for the server, one for the generator


def write_json(report: BenchReport, path: Path) -> None:
    """Write all figures, round by round, with the ratios and the faults on top."""
    summary = {"ratio": report.ratio, "clean": report.clean, "faults": report.faults}
    if report.scaled_facts is not None:
        summary["scaled_over_embedded"] = median_ratios(report.rounds)
    document = {**summary, **msgspec.to_builtins(report)}
    path.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")


def write_table(report: BenchReport, out: TextIO) -> None:
    """Write the report for people: plain text, aligned, no colours."""
    options = report.options
    for line in (
        f"WebSocket: {options.pairs} pairs, {options.in_flight} in flight each, {options.seconds:g} s a round"
        f" after {options.warm_up_s:g} s of warm-up, {options.rounds} rounds; medians (min-max)",
        f"machine:   {_machine_line(report.machine)}",
        "",
        *_aligned([HEADINGS, *_rows(report)]),
        "",
        _ratio_line(report),
        *_comparison(report),
        *_remarks(report),
    ):
        print(line, file=out)


HEADINGS = (
    *("", "per second", "(min-max)", "delivered/s", "p50 ms", "p99 ms"),
    *("server CPU", "per CPU s", "generator CPU"),
)


def _rows(report: BenchReport) -> Iterator[tuple[str, ...]]:
    many = report.options.http_connections
    yield _row(report, "floor, acked (stores nothing)", lambda one: one.floor)
    yield _row(report, "gochat, acked (fsync before ack)", lambda one: one.gochat)
    yield _row(report, "floor, one message at a time", lambda one: one.floor_idle)
    yield _row(report, "gochat, one message at a time", lambda one: one.gochat_idle)
    yield _row(report, "gochat, HTTP POST, 1 connection", lambda one: one.http_one, delivers=False)
    yield _row(report, f"gochat, HTTP POST, {many} connections", lambda one: one.http_many, delivers=False)


def _row(
    report: BenchReport, name: str, part: Callable[[Round], LoadFigures], *, delivers: bool = True
) -> tuple[str, ...]:
    figures = [part(one) for one in report.rounds]
    rates = [one.acked_per_s for one in figures]
    server = [one.cpu.server for one in figures if one.cpu.server is not None]
    per_cpu_s = [one.acked_per_s / one.cpu.server for one in figures if one.cpu.server]
    return (
        name,
        f"{median(rates):,.0f}",
        f"({min(rates):,.0f}-{max(rates):,.0f})",
        f"{median(one.delivered_per_s for one in figures):,.0f}" if delivers else "-",
        f"{median(one.p50_ms for one in figures):.2f}",
        f"{median(one.p99_ms for one in figures):.2f}",
        f"{median(server):.0%}" if server else "unknown",
        f"{median(per_cpu_s):,.0f}" if per_cpu_s else "unknown",
        f"{median(one.cpu.generator for one in figures):.0%}",
    )


def _comparison(report: BenchReport) -> Iterator[str]:
    """Yield the second table, of a run with --scaled."""
    if report.scaled_facts is None:
        return
    yield ""
    yield split_line(report.scaled_facts)
    yield ""
    yield from _aligned(list(comparison_rows(report)))
    yield ""
    yield "ack, push: the time from a send to its ack, and to the receiver's socket"


def _aligned(rows: Sequence[tuple[str, ...]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        first, *rest = (
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join((first, *rest)).rstrip()


def _ratio_line(report: BenchReport) -> str:
    ratios = [one.ratio for one in report.rounds]
    verdict = "at least as fast as the floor" if report.ratio >= 1 else "SLOWER than the floor"
    return f"gochat / floor: {report.ratio:.2f} ({min(ratios):.2f}-{max(ratios):.2f}), {verdict}"


def _machine_line(machine: Machine) -> str:
    packages = ", ".join(f"{name} {version}" for name, version in machine.packages.items())
    return (
        f"{machine.cores} cores ({machine.processor}), {machine.system}, Python {machine.python},"
        f" SQLite {machine.sqlite}, {packages}; data on {machine.file_system or 'an unknown file system'},"
        f" fsync {machine.fsync_ms:.2f} ms"
    )


def _remarks(report: BenchReport) -> Iterator[str]:
    """Yield what the reader must know to judge the figures, worst first."""
    yield "per CPU s: per second of the server's CPU time, which other load on the machine disturbs least"
    if report.clean:
        yield "messages: every one acked and delivered exactly once, in the order of seqId"
    for fault, count in report.faults.items():
        yield f"FAULT: {fault}: {count:,}"
    for number, one in enumerate(report.rounds, 1):
        for part, figures in one.parts.items():
            cpu = figures.cpu
            if cpu.generator_is_limit:
                yield (
                    f"NOTE: round {number}, {part}: the generator was the limit"
                    f" (its CPU {cpu.generator:.0%}, the server's {cpu.server:.0%})"
                )
            if cpu.server is None and cpu.generator > BUSY:
                yield (
                    f"NOTE: round {number}, {part}: the generator's CPU was {cpu.generator:.0%},"
                    " the server's is unknown: the generator may have been the limit"
                )
            if cpu.others is not None and cpu.others > OTHERS_BUSY:
                yield f"NOTE: round {number}, {part}: other processes took {cpu.others:.0%} of a core"
    yield from comparison_remarks(report)
    if report.machine.cores < MIN_CORES:
        yield "NOTE: one core for server and generator together: every figure is too low"
    if report.machine.file_system in MEMORY_FILE_SYSTEMS and report.options.url is None:
        yield "NOTE: the data lies in memory, where fsync costs nothing: set TMPDIR to a directory on a disk"
