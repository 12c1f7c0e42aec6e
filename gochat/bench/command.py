"""`gochat bench`: starts the servers, puts the load on them in turns, and hands the figures to the report.

The order is floor, gochat, floor, gochat ...: what else the machine does then falls on both alike.
"""

import argparse
import contextlib
import secrets
import signal
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import FrameType
from urllib.parse import quote

from gochat.bench.accounts import Account, Chat, make_chats
from gochat.bench.http_load import ConnectionPlan, HttpPlan
from gochat.bench.ledger import LoadFigures
from gochat.bench.load import LoadPlan, PairPlan
from gochat.bench.machine import describe_machine
from gochat.bench.processes import BenchError, Target, run_generator, running_server, target_at
from gochat.bench.report import BenchOptions, BenchReport, Round, write_json, write_table

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
    )
    try:
        with _ended_by_signals():
            report = measure(options)
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


def measure(options: BenchOptions) -> BenchReport:
    """Run everything that `options` asks for; raises BenchError when a part can't be run."""
    with contextlib.ExitStack() as running:
        directory = Path(running.enter_context(tempfile.TemporaryDirectory(prefix="gochat-bench-")))
        machine = describe_machine(directory)
        floor = running.enter_context(running_server("floor", ["-m", "gochat.bench.floor"], directory))
        if options.url is None:
            serve = ["-m", "gochat", "serve", "--port", "0", "--data-dir", str(directory / "data")]
            gochat = running.enter_context(running_server("gochat", serve, directory, NO_LIMITS))
        else:
            gochat = target_at("gochat", options.url)
        run_id = secrets.token_hex(4)
        _say(f"making {2 * options.pairs} users and {options.pairs} single chats")
        chats = make_chats(gochat, options.pairs, run_id)
        rounds = []
        for number in range(options.rounds):
            rounds.append(_run_round(options, number, floor, gochat, chats, run_id))
    return BenchReport(options=options, machine=machine, rounds=rounds)


def _run_round(
    options: BenchOptions, number: int, floor: Target, gochat: Target, chats: list[Chat], run_id: str
) -> Round:
    floor_pairs = [
        PairPlan(f"/ws?pair={pair}&side=a", f"/ws?pair={pair}&side=b", chat.conversation_id)
        for pair, chat in enumerate(chats)
    ]
    gochat_pairs = [
        PairPlan(_socket_of(chat.sender), _socket_of(chat.receiver), chat.conversation_id) for chat in chats
    ]

    def load(part: str, target: Target, pairs: list[PairPlan], in_flight: int, seconds: float) -> LoadFigures:
        plan = LoadPlan(
            host=target.host,
            port=target.port,
            pairs=pairs,
            in_flight=in_flight,
            warm_up_s=options.warm_up_s,
            measure_s=seconds,
            run_id=f"{run_id}-{number}{part}",
            server_pid=target.pid,
            expect_seq_ids=target is gochat,
        )
        figures = run_generator("gochat.bench.load", plan, seconds + options.warm_up_s)
        _say(
            f"round {number + 1} of {options.rounds}: {target.name},"
            f" {len(pairs)} pairs, {in_flight} in flight:"
            f" {figures.acked_per_s:,.0f} acked/s, p50 {figures.p50_ms:.2f} ms"
        )
        return figures

    def load_http(part: str, connections: int) -> LoadFigures:
        used = [chats[connection % len(chats)] for connection in range(connections)]
        plan = HttpPlan(
            host=gochat.host,
            port=gochat.port,
            connections=[ConnectionPlan(chat.sender.access_token, chat.conversation_id) for chat in used],
            warm_up_s=min(1.0, options.warm_up_s),
            measure_s=options.short_seconds,
            run_id=f"{run_id}-{number}{part}",
            server_pid=gochat.pid,
        )
        figures = run_generator("gochat.bench.http_load", plan, options.short_seconds + options.warm_up_s)
        _say(
            f"round {number + 1} of {options.rounds}: gochat, HTTP, {connections} connections:"
            f" {figures.acked_per_s:,.0f} requests/s, p50 {figures.p50_ms:.2f} ms"
        )
        return figures

    return Round(
        floor=load("f", floor, floor_pairs, options.in_flight, options.seconds),
        gochat=load("g", gochat, gochat_pairs, options.in_flight, options.seconds),
        floor_idle=load("i", floor, floor_pairs[:1], 1, options.short_seconds),
        gochat_idle=load("j", gochat, gochat_pairs[:1], 1, options.short_seconds),
        http_one=load_http("o", 1),
        http_many=load_http("m", options.http_connections),
    )


def _socket_of(account: Account) -> str:
    return f"/ws?token={quote(account.access_token, safe='')}"


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
