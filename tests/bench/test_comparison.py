"""The embedded default beside the split processes, in the report of `gochat bench --scaled`."""

import io
import json
from dataclasses import replace
from pathlib import Path

from gochat.bench.ledger import LoadFigures
from gochat.bench.machine import describe_machine
from gochat.bench.report import write_json, write_table
from gochat.bench.results import BenchReport, PostgresFacts, Round, ScaledFacts
from tests.bench.figures import FACTS, GOOD, OPTIONS, PARTS, SPLIT


def report_of(tmp_path: Path, split: LoadFigures = SPLIT, facts: ScaledFacts = FACTS) -> tuple[BenchReport, str]:
    only_round = Round(
        floor=GOOD,
        gochat=GOOD,
        scaled=split,
        floor_idle=GOOD,
        gochat_idle=GOOD,
        scaled_idle=SPLIT,
        scaled_near_idle=SPLIT,
        http_one=GOOD,
        http_many=GOOD,
    )
    machine = replace(describe_machine(tmp_path), cores=2)
    report = BenchReport(options=OPTIONS, machine=machine, rounds=[only_round], scaled_facts=facts)
    out = io.StringIO()
    write_table(report, out)
    return report, out.getvalue()


def row(text: str, name: str) -> list[str]:
    """The cells of the first row of that name in the comparison, without its extremes."""
    lines = text.partition("scaled / embedded")[2].splitlines()
    line = next(line for line in lines if line.strip().startswith(f"{name}  "))
    return [cell for cell in line.strip().removeprefix(name).split() if not cell.startswith("(")]


def test_the_report_has_both_beside_each_other(tmp_path: Path) -> None:
    report, text = report_of(tmp_path)
    assert row(text, "acked/s") == ["1,000", "400", "0.40"]
    assert row(text, "push p50 ms") == ["2.00", "6.00", "3.00"]
    assert row(text, "server") == ["50.00", "75.00", "1.50"]
    for part in PARTS:
        assert row(text, part) == ["-", "15.00", "-"]
    assert "PostgreSQL 18.6 started for the run with its default settings, fsync on, synchronous_commit on" in text
    assert "the machine was the limit" not in text
    assert "a commit before it is on the disk" not in text
    write_json(report, tmp_path / "figures.json")
    ratios = json.loads((tmp_path / "figures.json").read_text())["scaled_over_embedded"]
    assert ratios["load"]["acked_per_s"] == 0.4
    assert ratios["one_at_a_time"]["push_p50_ms"] == 3.0


def test_a_fault_of_the_split_processes_fails_the_run(tmp_path: Path) -> None:
    report, text = report_of(tmp_path, replace(SPLIT, faults={"delivered twice": 3}))
    assert not report.clean
    assert "FAULT: scaled: delivered twice: 3" in text


def test_the_report_says_when_the_machine_was_the_limit(tmp_path: Path) -> None:
    text = report_of(tmp_path, replace(SPLIT, cpu=replace(SPLIT.cpu, server=1.6, generator=0.3)))[1]
    assert "NOTE: round 1, scaled: all 2 cores were busy (server 160%, generator 30%)" in text


def test_the_report_says_when_commits_are_not_flushed(tmp_path: Path) -> None:
    given = replace(FACTS, postgres=PostgresFacts("18.6", "off", "on"), database_is_given=True)
    text = report_of(tmp_path, facts=given)[1]
    assert "PostgreSQL 18.6 that runs already, fsync off" in text
    assert "NOTE: this PostgreSQL answers a commit before it is on the disk" in text


def test_the_report_knows_the_broker_of_the_package(tmp_path: Path) -> None:
    told = "NOTE: this broker ends the wait of a consumer late"
    assert told in report_of(tmp_path)[1]
    assert told not in report_of(tmp_path, facts=replace(FACTS, kafka="one that runs already", kafka_is_given=True))[1]
