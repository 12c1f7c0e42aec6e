"""The summary and the progress of a run, as a terminal, a log and a pipe get them."""

from __future__ import annotations

import io
import re
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from conformance.coverage import Coverage
from conformance.report.figures import duration, percent
from conformance.report.progress import Progress
from conformance.report.terminal import open_console, print_summary
from conformance.result import Result, Stage
from tests.kit.report_samples import (
    broken_result,
    clean_result,
    hostile_violation,
    never_pushed,
    pushed_twice,
    result_of,
    violations,
)

COPYABLE = re.compile(r"^ +(contract|rule|replay|script|report:) ")
ANSI = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def summary(result: Result, width: int = 80, directory: Path | None = Path("report")) -> str:
    """Return what is printed where there is no terminal."""
    out = io.StringIO()
    print_summary(result, Console(file=out, width=width, highlight=False), directory)
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("result", [clean_result(), broken_result(), result_of((hostile_violation(),))])
def test_no_line_is_wider_than_the_terminal_but_what_is_copied(result: Result, width: int) -> None:
    lines = summary(result, width).splitlines()
    too_wide = [line for line in lines if cell_len(line) > width and not COPYABLE.match(line)]
    assert too_wide == []
    assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.parametrize("width", [80, 120])
def test_a_command_stands_on_one_line(width: int) -> None:
    name = f"report/violations/push-once-{pushed_twice().key}"
    lines = [line.strip() for line in summary(broken_result(), width).splitlines()]
    assert f"replay    gochat conform http://127.0.0.1:8080 --replay {name}.trace.json" in lines
    assert f"script    python {name}.py http://127.0.0.1:8080" in lines


def test_without_a_report_directory_no_file_is_named() -> None:
    text = summary(broken_result(), directory=None)
    assert "replay" not in text
    assert "report" not in text


def test_each_violation_is_told_in_full() -> None:
    text = " ".join(summary(broken_result(), 200).split())
    for violation in violations():
        for told in (violation.subject, violation.pointer, violation.expected, violation.got, violation.key):
            assert told in text, told
    assert "The message is shown twice." in text
    assert "(known by the baseline)" in text


def test_the_verdict_comes_last_with_the_figures() -> None:
    lines = summary(broken_result()).rstrip().splitlines()[-4:]
    assert lines == [
        "✗ 6 violations, and 1 known by the baseline  http://127.0.0.1:8080",
        "  99,084 frames (1,697/s) · 5,870 requests · 58 s · seed 42",
        "  28 of 266 declared things were not seen.",
        "  report: report/report.html",
    ]
    assert summary(clean_result()).rstrip().splitlines()[-3].startswith("✓ Clean")
    assert "declared things" not in summary(clean_result())


def test_coverage_names_what_is_missing_and_why_what_is_out_of_reach() -> None:
    text = " ".join(summary(broken_result(), 120).split())
    assert "Close codes 81.8%" in text
    assert "not seen 4408, 4410 " in text
    assert "out of reach the server would have to be stopped: 1012" in text
    assert "not declared sendMessage 418" in text
    assert "login 500, guestLogin 500, logout 500, refreshSession 500, getProfile 500, and 17 more" in text


def test_the_eleventh_violation_gets_one_line() -> None:
    many = tuple(replace(pushed_twice(), detail=str(n)) for n in range(14))
    lines = summary(result_of(many)).splitlines()
    assert sum("expected" in line for line in lines) == 10
    assert "14  new-message: A message is pushed once" in lines


def test_a_stage_that_did_not_run_says_why() -> None:
    result = replace(clean_result(), stages=(Stage("http", 0, "", skipped="left out by --skip http"),))
    assert re.search(r"http +– +skipped: left out by --skip http", summary(result))


def test_a_hostile_server_does_not_steer_the_terminal() -> None:
    out = io.StringIO()
    hostile = replace(result_of((hostile_violation(),)), notes=("[bold red]not markup[/]\x1b[2J",))
    print_summary(hostile, Console(file=out, width=80, force_terminal=True, color_system="standard", highlight=False))
    text = ANSI.sub("", out.getvalue())
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\u2066]", text)
    assert "\x1b[2J" not in out.getvalue()
    assert "[bold red]not markup[/]⟨U+001B⟩" in text
    assert len(text) < 12_000


def test_colours_are_for_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "\x1b" not in summary(broken_result())

    def printed(result: Result) -> str:
        out = io.StringIO()
        print_summary(result, Console(file=out, width=80, force_terminal=True, highlight=False))
        return out.getvalue()

    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[1;31m✗ 6 violations" in printed(broken_result())
    assert "\x1b[1;32m✓ Clean" in printed(clean_result())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[[0-9;]*3[0-9]", printed(broken_result()))


def test_an_encoding_without_the_signs_does_not_end_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    print_summary(broken_result(), open_console())
    sys.stdout.flush()
    assert b"? 6 violations" in raw.getvalue()


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def run(*, terminal: bool = False, quiet: bool = False) -> tuple[Progress, Coverage, Clock, io.StringIO]:
    """Return a progress display and what it writes to."""
    out, coverage, clock = io.StringIO(), Coverage(), Clock()
    console = Console(file=out, width=80, force_terminal=terminal, highlight=False)
    return Progress(coverage, 60, console, quiet=quiet, clock=clock), coverage, clock, out


def test_a_log_gets_a_line_for_each_stage_and_then_one_now_and_then() -> None:
    progress, coverage, clock, out = run()
    with progress:
        for second in range(25):
            clock.now_s = 100 + second
            coverage.counts.update(frames_sent=400, frames_received=600 if second < 12 else 2600, requests=10)
            progress.say("chat", f"scenario {second}")
    assert out.getvalue().splitlines() == [
        "[   0 s] chat: scenario 0 (0 frames/s, 10 requests, 0 violations)",
        "[  10 s] chat: scenario 10 (1,000 frames/s, 110 requests, 0 violations)",
        "[  20 s] chat: scenario 20 (2,800 frames/s, 210 requests, 0 violations)",
    ]


def test_a_violation_is_named_once() -> None:
    progress, _, _, out = run()
    with progress:
        for violation in (pushed_twice(), pushed_twice(), never_pushed()):
            progress.found(violation)
    lines = out.getvalue().splitlines()
    assert [line.partition(" (")[0] for line in lines] == [
        "[   0 s] violation: new-message: A message is pushed once",
        "[   0 s] violation: new-message: A message is pushed to every member who is online",
    ]
    assert lines[-1].endswith("2 violations)")


def test_quiet_prints_nothing() -> None:
    for terminal in (True, False):
        progress, _, _, out = run(terminal=terminal, quiet=True)
        with progress:
            progress.say("chat", "scenario 1")
            progress.found(pushed_twice())
        assert out.getvalue() == ""


def test_a_terminal_shows_a_line_a_stage_and_what_is_left() -> None:
    progress, coverage, clock, out = run(terminal=True)
    with progress:
        coverage.counts.update(frames_sent=4000, requests=77)
        clock.now_s += 2
        progress.say("http", "POST /api/auth/login [bold]\x1b[2J" + "x" * 200)
        progress.say("chat", "5 users")
        progress.found(pushed_twice())
    shown = ANSI.sub("", out.getvalue())
    assert "http  POST /api/auth/login [bold]⟨U+001B⟩[2J" in shown
    assert re.search(r"\nchat +5 users", shown)
    assert "2,000 frames/s, 77 requests, 1 violation · 58 s left" in shown
    assert "✗ new-message: A message is pushed once" in shown
    assert all(cell_len(line) <= 80 for line in shown.splitlines())
    assert "\x1b[?25h" in out.getvalue(), "the cursor is shown again"


def test_stages_may_speak_from_any_thread() -> None:
    progress, coverage, _, out = run()
    with progress:
        threads = [
            threading.Thread(target=lambda n=n: [progress.say(f"stage{n}", str(i)) for i in range(200)])
            for n in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert sorted(line.split()[3] for line in out.getvalue().splitlines()) == [f"stage{n}:" for n in range(8)]
    assert coverage.counts["requests"] == 0


@pytest.mark.parametrize(
    ("seconds", "text"), [(0.04, "0.0 s"), (9.96, "10.0 s"), (59.6, "60 s"), (200, "3 min 20 s"), (7500, "2 h 05 min")]
)
def test_times_are_told_in_fitting_units(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(("value", "text"), [(100.0, "100%"), (99.99, "99.9%"), (0.0, "0.0%"), (81.81, "81.8%")])
def test_a_share_is_never_rounded_up_to_all(value: float, text: str) -> None:
    assert percent(value) == text
