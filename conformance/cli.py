"""The command line of the kit: `gochat conform URL`, and `python -m conformance URL` where there is no gochat.

Exit status 0: nothing broken (or only what the baseline knows); 1: violations; 2: it can't run, and one line says why.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from conformance.coverage import Coverage
from conformance.replay.baseline import BaselineError, load_baseline, write_baseline
from conformance.replay.runner import replay
from conformance.report.progress import Progress
from conformance.report.terminal import open_console, print_summary
from conformance.report.write import write_reports
from conformance.result import Result
from conformance.run import CHAT, PROFILES, CannotRun, Order, base_url, conform, reach
from conformance.tls import trust
from conformance.trace import TraceError, read_trace

CLEAN, VIOLATIONS, CANNOT_RUN = 0, 1, 2
UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}

EPILOG = """\
exit status: 0 nothing broken, 1 violations, 2 it can't run

examples:
  gochat conform http://127.0.0.1:8080
  gochat conform http://127.0.0.1:8080 --budget 10m --seed 7 --report report
  gochat conform http://127.0.0.1:9000 --openapi openapi.yaml --asyncapi asyncapi.yaml
  gochat conform http://127.0.0.1:8080 --replay report/violations/push-once-0123456789ab.trace.json
  gochat conform ws://127.0.0.1:7000 --profile generic --asyncapi trains.yaml --query room=1
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the command's arguments to a parser."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = "Hold a server to its OpenAPI and AsyncAPI contracts, over HTTP and WebSocket."
    parser.epilog = EPILOG
    parser.add_argument("url", metavar="URL", help="the server, http://HOST:PORT")
    contracts = parser.add_argument_group("contracts (default: those that the server publishes)")
    contracts.add_argument("--openapi", metavar="FILE", help="HTTP contract, a file or URL")
    contracts.add_argument("--asyncapi", metavar="FILE", help="WebSocket contract, a file or URL")
    contracts.add_argument(
        "--profile",
        choices=PROFILES,
        default=CHAT,
        help="chat: all that GoChat's contracts promise; generic: any AsyncAPI document (default: chat)",
    )
    contracts.add_argument(
        "--query",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="parameter that opens the socket, for the generic profile; may be repeated",
    )
    contracts.add_argument(
        "--ca", type=Path, metavar="FILE", help="trust the certificates in this PEM file, for https with one's own"
    )
    work = parser.add_argument_group("what is done")
    work.add_argument("--budget", type=_seconds, default=60.0, metavar="TIME", help="such as 60s, 10m (default: 60s)")
    work.add_argument("--seed", type=int, default=1, metavar="N", help="of all that is drawn (default: 1)")
    work.add_argument(
        "--only", action="append", default=[], metavar="NAME", help="only this stage, operation, frame or story"
    )
    work.add_argument(
        "--skip", action="append", default=[], metavar="NAME", help="leave it out, or a rule; both may be repeated"
    )
    work.add_argument("--fail-fast", action="store_true", help="end at the first violation, as it was found")
    work.add_argument("--replay", type=Path, metavar="TRACE", help="repeat one violation, and nothing else")
    results = parser.add_argument_group("results")
    results.add_argument(
        "--report", type=Path, metavar="DIR", help="write report.html, report.json, junit.xml, traces, scripts"
    )
    results.add_argument("--baseline", type=Path, metavar="FILE", help="fail only on what is not in it")
    results.add_argument("--write-baseline", type=Path, metavar="FILE", help="write what was found as a baseline")
    results.add_argument("--quiet", action="store_true", help="print nothing but errors")


def run(options: argparse.Namespace) -> int:
    """Run the command with parsed arguments; return its exit status."""
    console = open_console(quiet=options.quiet)
    try:
        if options.ca is not None:
            _trust(options.ca)
        if options.replay is not None:
            return _replay(options, console)
        known = load_baseline(options.baseline) if options.baseline is not None else frozenset()
        order = Order(
            url=options.url,
            openapi=options.openapi,
            asyncapi=options.asyncapi,
            budget_s=options.budget,
            seed=options.seed,
            profile=options.profile,
            only=_names(options.only),
            skip=_names(options.skip),
            query=_query(options.query),
            known=known,
            fail_fast=options.fail_fast,
        )
        coverage = Coverage()
        with Progress(coverage, order.budget_s, console, quiet=options.quiet) as progress:
            result = conform(order, progress, coverage)
        return _finish(result, options, console)
    except (CannotRun, TraceError, BaselineError, OSError) as error:
        print(f"gochat conform: {error}", file=sys.stderr)
        return CANNOT_RUN
    except KeyboardInterrupt:
        print("gochat conform: interrupted", file=sys.stderr)
        return CANNOT_RUN


def _trust(file: Path) -> None:
    try:
        trust(file)
    except OSError as error:
        raise CannotRun(f"--ca {file}: {error.strerror or 'no certificate in it'}") from error


def _finish(result: Result, options: argparse.Namespace, console: Console) -> int:
    if options.report is not None:
        write_reports(result, options.report)
    if options.write_baseline is not None:
        write_baseline(options.write_baseline, result.violations)
    if not options.quiet:
        print_summary(result, console, options.report)
    broken_off = [stage for stage in result.stages if stage.failure]
    for stage in broken_off:
        print(f"gochat conform: the stage {stage.name} broke off: {stage.failure}", file=sys.stderr)
    if result.new:
        return VIOLATIONS
    return CANNOT_RUN if broken_off else CLEAN


def _replay(options: argparse.Namespace, console: Console) -> int:
    trace = read_trace(options.replay)
    url = base_url(options.url)
    reach(url)
    outcome = asyncio.run(replay(trace, url))
    if outcome.reproduced:
        console.print(f"[bold red]reproduced[/]: {trace.title or trace.rule}: got {outcome.got}", markup=True)
        return VIOLATIONS
    console.print(f"[bold green]not reproduced[/]: {outcome.got}", markup=True)
    return CLEAN


def _seconds(text: str) -> float:
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([smh]?)", text.strip())
    if match is None or float(match[1]) <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 60s, 10m or 1h")
    return float(match[1]) * UNITS[match[2]]


def _names(texts: Sequence[str]) -> frozenset[str]:
    return frozenset(name.strip() for text in texts for name in text.split(",") if name.strip())


def _query(texts: Sequence[str]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, is_pair, value = text.partition("=")
        if not is_pair or not name:
            raise CannotRun(f"--query {text}: it must be NAME=VALUE")
        pairs[name] = value
    return pairs


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the kit by itself; return its exit status."""
    parser = argparse.ArgumentParser(prog="conformance")
    add_arguments(parser)
    return run(parser.parse_args(arguments))
