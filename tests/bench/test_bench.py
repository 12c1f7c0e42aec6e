"""`gochat bench` end to end, and its parts: the generator against right and wrong servers, frames, report."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from wsproto.frame_protocol import FrameProtocol

from gochat.bench.frames import FrameError, FrameWriter, cut_frames
from gochat.bench.http_load import AnswerError, cut_answer
from gochat.bench.ledger import LoadFigures, percentile
from gochat.bench.load import LoadPlan, PairPlan
from gochat.bench.machine import CpuUse, describe_machine
from gochat.bench.processes import PACKAGE_ROOT, BenchError, Target, run_generator, running_server, target_at
from gochat.bench.report import write_table
from gochat.bench.results import BenchOptions, BenchReport, Round

PAIRS = 2
SHORT = ["--pairs", "2", "--in-flight", "4", "--seconds", "1", "--rounds", "1", "--http-connections", "3"]


def load_briefly(target: Target, *, expect_seq_ids: bool, receivers: Target | None = None) -> LoadFigures:
    plan = LoadPlan(
        host=target.host,
        sender_port=target.port,
        receiver_port=(receivers or target).port,
        pairs=[PairPlan(f"/ws?pair={pair}&side=a", f"/ws?pair={pair}&side=b", "c") for pair in range(PAIRS)],
        in_flight=4,
        warm_up_s=0.2,
        measure_s=0.5,
        run_id="test",
        server_pids={target.name: target.pid},
        expect_seq_ids=expect_seq_ids,
        drain_s=0.5,
    )
    return run_generator("gochat.bench.load", plan, 1.0)


def assert_nothing_lost(figures: LoadFigures) -> None:
    assert figures.faults == {}
    assert figures.sent == figures.acked == figures.delivered > 0
    assert 0 < figures.p50_ms <= figures.p99_ms
    assert figures.push_p50_ms is not None
    assert figures.push_p99_ms is not None
    assert 0 < figures.push_p50_ms <= figures.push_p99_ms
    # The window is a part of the run.
    assert 0 < figures.acked_per_s * figures.measured_s <= figures.acked
    assert 0 < figures.delivered_per_s * figures.measured_s <= figures.delivered


def test_the_floor_acks_and_delivers_every_message_once(tmp_path: Path) -> None:
    with running_server("floor", ["-m", "gochat.bench.floor"], tmp_path) as floor:
        figures = load_briefly(floor, expect_seq_ids=False)
    assert_nothing_lost(figures)


def test_the_receivers_connect_where_the_plan_says(tmp_path: Path) -> None:
    with (
        running_server("floor", ["-m", "gochat.bench.floor"], tmp_path) as floor,
        running_server("other", ["-m", "gochat.bench.floor"], tmp_path) as other,
    ):
        figures = load_briefly(floor, expect_seq_ids=False, receivers=other)
    assert figures.acked > 0
    assert figures.faults == {"never delivered": figures.acked}  # one floor knows nothing of the other


@pytest.mark.parametrize(
    ("fault", "noticed"),
    [
        ("loses-a-push", "never delivered"),
        ("loses-an-ack", "never acked"),
        ("pushes-twice", "delivered twice"),
        ("acks-twice", "acked twice"),
        ("swaps-seq-ids", "ack and delivery without one seqId"),
        ("refuses", "refused: RATE_LIMITED"),
        ("closes", "sender closed by the server with 4408"),
    ],
)
def test_a_wrong_server_is_noticed(tmp_path: Path, fault: str, noticed: str) -> None:
    with running_server("broken", ["-m", "tests.bench.broken_relay", fault], tmp_path) as broken:
        figures = load_briefly(broken, expect_seq_ids=True)
    assert figures.faults[noticed] >= PAIRS


def test_a_gap_in_the_seq_ids_is_noticed(tmp_path: Path) -> None:
    with running_server("broken", ["-m", "tests.bench.broken_relay", "loses-a-push"], tmp_path) as broken:
        figures = load_briefly(broken, expect_seq_ids=True)
    assert figures.faults["seqId out of order or with a gap"] >= PAIRS


def test_a_right_server_with_seq_ids_has_no_faults(tmp_path: Path) -> None:
    with running_server("broken", ["-m", "tests.bench.broken_relay", "none"], tmp_path) as right:
        figures = load_briefly(right, expect_seq_ids=True)
    assert_nothing_lost(figures)


def test_a_server_that_does_not_start_is_reported_with_its_output(tmp_path: Path) -> None:
    with (
        pytest.raises(BenchError, match=r"(?s)broken ended with status 3.*no such disk"),
        running_server("broken", ["-c", "import sys; print('no such disk'); sys.exit(3)"], tmp_path),
    ):
        pass


def test_the_whole_command_measures_and_loses_nothing(tmp_path: Path) -> None:
    figures_file = tmp_path / "figures.json"
    done = subprocess.run(
        [sys.executable, "-m", "gochat", "bench", *SHORT, "--json", str(figures_file)],
        cwd=PACKAGE_ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr + done.stdout
    document = json.loads(figures_file.read_text())
    assert document["clean"] is True
    assert f"gochat / floor: {document['ratio']:.2f}" in done.stdout
    (only_round,) = document["rounds"]
    for part in ("floor", "gochat", "floor_idle", "gochat_idle"):
        figures = LoadFigures(**{**only_round[part], "cpu": CpuUse(**only_round[part]["cpu"])})
        assert_nothing_lost(figures)
    for part in ("http_one", "http_many"):
        assert only_round[part]["sent"] == only_round[part]["acked"] > 0


@pytest.mark.skipif(not Path("/proc").is_dir(), reason="finds child processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_command_ends_what_it_started(number: signal.Signals) -> None:
    command = subprocess.Popen(
        [sys.executable, "-m", "gochat", "bench", *SHORT, "--seconds", "60"],
        cwd=PACKAGE_ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert command.stderr is not None
    try:
        while "making" not in (line := command.stderr.readline()):
            assert line, "the command ended early"
        children = {int(child) for child in children_of(command.pid)}
        command.send_signal(number)
        assert command.wait(30) == 130
    finally:
        command.kill()
        command.stderr.close()
    assert len(children) >= 2  # the floor and the server
    deadline = time.monotonic() + 5
    while any(os.path.exists(f"/proc/{child}") for child in children) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert [child for child in children if os.path.exists(f"/proc/{child}")] == []


def children_of(pid: int) -> list[str]:
    return [child for task in Path(f"/proc/{pid}/task").iterdir() for child in (task / "children").read_text().split()]


@pytest.mark.parametrize("length", [0, 1, 125, 126, 4000])
def test_a_written_frame_is_read_back_by_another_implementation(length: int) -> None:
    payload = b"x" * length
    reader = FrameProtocol(client=False, extensions=[])
    reader.receive_bytes(FrameWriter().frame(payload))
    (frame,) = reader.received_frames()
    assert frame.payload.encode() == payload


def test_frames_are_cut_the_same_wherever_the_input_is_split() -> None:
    writer = FrameProtocol(client=False, extensions=[])
    payloads = [b"", b"short", b"m" * 300, b"l" * 70_000, b"end"]
    stream = b"".join(writer.send_data(payload.decode(), fin=True) for payload in payloads)
    edges = [*range(20), 300, 320, 330, 70_300, *range(len(stream) - 10, len(stream) + 1)]
    for split in edges:
        first, rest = cut_frames(stream[:split])
        second, rest = cut_frames(rest + stream[split:])
        assert [payload for _, payload in first + second] == payloads
        assert rest == b""


@pytest.mark.parametrize("broken", [b"\x01\x01a", b"\xc1\x01a", b"\x81\x81abcdx"])
def test_a_fragmented_compressed_or_masked_server_frame_is_refused(broken: bytes) -> None:
    with pytest.raises(FrameError):
        cut_frames(broken)


def test_an_http_answer_is_cut_when_it_is_whole() -> None:
    whole = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\ncontent-length: 2\r\n\r\n{}"
    assert cut_answer(whole) == (201, b"{}")
    assert [cut_answer(whole[:end]) for end in range(len(whole))] == [None] * len(whole)


def test_an_http_answer_without_a_length_is_refused() -> None:
    with pytest.raises(AnswerError, match="200 OK"):
        cut_answer(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")


def test_percentiles_are_of_the_nearest_rank() -> None:
    ordered = [float(value) for value in range(1, 201)]
    assert (percentile(ordered, 50), percentile(ordered, 99), percentile([7.0], 99)) == (100.0, 198.0, 7.0)


@pytest.mark.parametrize("url", ["https://localhost:1", "localhost:8080", "http://localhost:1/api", "ws://host"])
def test_only_a_plain_http_address_can_be_loaded(url: str) -> None:
    with pytest.raises(BenchError, match="expected http://HOST:PORT"):
        target_at("gochat", url)


GOOD = LoadFigures(
    sent=100,
    acked=100,
    delivered=100,
    acked_per_s=1000.0,
    delivered_per_s=1000.0,
    p50_ms=1.0,
    p99_ms=2.0,
    measured_s=1.0,
    cpu=CpuUse(generator=0.5, server=1.0, others=0.0),
)


def report_of(tmp_path: Path, gochat: LoadFigures) -> tuple[BenchReport, str]:
    options = BenchOptions(
        pairs=2,
        in_flight=4,
        seconds=1,
        short_seconds=1,
        warm_up_s=1,
        rounds=1,
        http_connections=3,
        url=None,
    )
    only_round = Round(floor=GOOD, gochat=gochat, floor_idle=GOOD, gochat_idle=GOOD, http_one=GOOD, http_many=GOOD)
    report = BenchReport(options=options, machine=describe_machine(tmp_path), rounds=[only_round])
    out = io.StringIO()
    write_table(report, out)
    return report, out.getvalue()


def test_the_report_compares_with_the_floor(tmp_path: Path) -> None:
    report, text = report_of(tmp_path, replace(GOOD, acked_per_s=1500.0))
    assert report.clean
    assert "gochat / floor: 1.50 (1.50-1.50), at least as fast as the floor" in text
    assert "every one acked and delivered exactly once" in text
    assert "the generator was the limit" not in text


def test_the_report_does_not_hide_that_the_floor_is_faster(tmp_path: Path) -> None:
    text = report_of(tmp_path, replace(GOOD, acked_per_s=900.0))[1]
    assert "0.90 (0.90-0.90), SLOWER than the floor" in text


def test_the_report_names_every_fault(tmp_path: Path) -> None:
    report, text = report_of(tmp_path, replace(GOOD, faults={"never acked": 3}))
    assert not report.clean
    assert "FAULT: gochat: never acked: 3" in text
    assert "exactly once" not in text


def test_the_report_says_when_the_generator_was_the_limit(tmp_path: Path) -> None:
    saturated = CpuUse(generator=0.97, server=0.6, others=0.0)
    text = report_of(tmp_path, replace(GOOD, cpu=saturated))[1]
    assert "NOTE: round 1, gochat: the generator was the limit (its CPU 97%, the server's 60%)" in text


def test_the_report_says_when_the_machine_was_busy_with_something_else(tmp_path: Path) -> None:
    disturbed = CpuUse(generator=0.5, server=1.0, others=0.4)
    text = report_of(tmp_path, replace(GOOD, cpu=disturbed))[1]
    assert "NOTE: round 1, gochat: other processes took 40% of a core" in text
