"""The summary of a run on a terminal, in a CI log or in a file, by rich.

Colours say one thing each: red broken, green seen, yellow missing, dim for what is beside the point. Commands and paths
are never wrapped, so that they can be copied. What a server said gets here through `visible`.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.text import Text

from conformance.report.figures import (
    counted,
    duration,
    frames,
    frames_per_s,
    is_clean,
    percent,
    reasons,
    replay_command,
    rule_of,
    script_command,
    script_file,
    seen,
    title_of,
    trace_file,
    unseen,
    verdict,
)
from conformance.report.visible import one_line
from conformance.result import Result
from conformance.violation import Violation

MAX_WHOLE = 10
"""Violations that are told in full; the others get a line each."""

MAX_NAMES, MAX_OUT_OF_REACH = 24, 6
MAX_VALUE = 400
BAR_CELLS = 16
INDENT, GAP_CELLS, FIELD_CELLS, TIME_CELLS, MIN_CELLS = 3, 13, 9, 7, 20


def open_console(*, quiet: bool = False) -> Console:
    """Return a console on standard output, which prints `?` for what its encoding has not, instead of failing."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    return Console(highlight=False, quiet=quiet)


def print_summary(result: Result, console: Console, directory: Path | None = None) -> None:
    """Print what a run found.

    Args:
        directory: Where `write_reports` wrote, for the paths and the commands; None when it did not.
    """
    _Summary(result, console, directory).print()


class _Summary:
    def __init__(self, result: Result, console: Console, directory: Path | None) -> None:
        self._result = result
        self._console = console
        self._directory = directory

    def print(self) -> None:
        self._stages()
        if self._result.matrices:
            self._coverage()
        if self._result.violations:
            self._violations()
        for note in self._result.notes:
            self._field("Note:", one_line(note, 1000), 0, 5)
        self._verdict()

    def _line(self, *parts: str | tuple[str, str], indent: int = 0) -> None:
        """Print one line that is as long as it is: cut by no width, so that it can be copied."""
        self._console.print(Text.assemble(" " * indent, *parts), soft_wrap=True)

    def _field(self, name: str, value: Text | str, indent: int, width: int, style: str = "dim") -> None:
        """Print a name and what it is, wrapped beside the name, without blanks at the ends of lines."""
        text = value if isinstance(value, Text) else Text(value)
        room = max(MIN_CELLS, self._console.width - indent - width - 1)
        for number, line in enumerate(text.wrap(self._console, room)):
            line.rstrip()
            head = (f"{name if number == 0 else '':<{width}} ", style)
            self._console.print(Text.assemble(" " * indent, head, line), soft_wrap=True)

    def _head(self, title: str) -> None:
        self._console.print()
        self._console.print(Text(title, style="bold"))

    def _stages(self) -> None:
        self._head("Stages")
        width = max((len(stage.name) for stage in self._result.stages), default=0)
        for stage in self._result.stages:
            spent = "–" if stage.skipped else duration(stage.seconds)
            told = f"skipped: {one_line(stage.skipped, 300)}" if stage.skipped else one_line(stage.summary, 300)
            name = f"{stage.name:<{width}}  {spent:>{TIME_CELLS}} "
            self._field(name, told, INDENT, len(name), "dim" if stage.skipped else "")

    def _coverage(self) -> None:
        self._head("Coverage")
        titles = [one_line(title_of(matrix), 32) for matrix in self._result.matrices]
        width = max(len(title) for title in titles)
        for matrix, title in zip(self._result.matrices, titles, strict=True):
            style = "yellow" if matrix.missing else "green"
            full = int(BAR_CELLS * matrix.percent / 100)
            self._line(
                f"{title:<{width}}  ",
                (f"{percent(matrix.percent):>6}  ", style),
                ("━" * full, style),
                ("─" * (BAR_CELLS - full), "dim"),
                f"  {seen(matrix.reachable):,} of {len(matrix.reachable):,}",
                indent=INDENT,
            )
            if matrix.undeclared:
                self._field("not declared", _names(matrix.undeclared, MAX_NAMES), 2 * INDENT, GAP_CELLS, "red")
            if matrix.missing:
                names = _names([row.name for row in matrix.missing], MAX_NAMES)
                self._field("not seen", names, 2 * INDENT, GAP_CELLS, "yellow")
            for reason, out in reasons(matrix).items():
                text = f"{one_line(reason, 160)}: {_names(out, MAX_OUT_OF_REACH)}"
                self._field("out of reach", Text(text, "dim"), 2 * INDENT, GAP_CELLS)

    def _violations(self) -> None:
        self._head("Violations")
        for number, violation in enumerate(self._result.violations, 1):
            is_known = violation.key in self._result.known
            if number <= MAX_WHOLE and not is_known:
                self._violation(violation, number)
            else:
                told = f"{one_line(violation.subject, 60)}: {one_line(rule_of(violation.rule).title, 120)}"
                text = Text(f"{told} (known by the baseline)" if is_known else told, "dim" if is_known else "")
                self._field(f"{number:>2}", text, 0, INDENT, "dim" if is_known else "bold red")

    def _violation(self, violation: Violation, number: int) -> None:
        rule = rule_of(violation.rule)
        self._field(f"{number:>2}", Text(one_line(rule.title, 200), "bold"), 0, INDENT, "bold red")
        times = "once" if violation.times == 1 else f"{violation.times:,} times"
        again = {True: ", and again by its trace", False: ", not again by its trace", None: ""}[violation.reproduced]

        def field(name: str, value: str, style: str = "") -> None:
            self._field(name, Text(value, style), INDENT + 1, FIELD_CELLS)

        def copyable(name: str, value: str) -> None:
            self._line((f"{name:<{FIELD_CELLS}} ", "dim"), value, indent=INDENT + 1)

        field("subject", one_line(violation.subject, 160))
        copyable("contract", one_line(violation.pointer, 300))
        field("expected", one_line(violation.expected, MAX_VALUE), "green")
        field("got", one_line(violation.got, MAX_VALUE), "red")
        if rule.suffers:
            field("suffers", rule.suffers)
        field("seen", f"{times}{again}")
        copyable("rule", f"{one_line(violation.rule, 80)}, key {violation.key}")
        if violation.trace is not None and self._directory is not None:
            trace, script = (str(self._directory / name(violation)) for name in (trace_file, script_file))
            copyable("replay", replay_command(self._result.url, trace))
            copyable("script", script_command(self._result.url, script))
        self._console.print()

    def _verdict(self) -> None:
        result = self._result
        self._console.print()
        style = "bold green" if is_clean(result) else "bold red"
        sign = "✓" if is_clean(result) else "✗"
        told = (
            f"{frames(result):,} frames ({frames_per_s(result):,.0f}/s)",
            counted(result.coverage.counts["requests"], "request"),
            duration(result.seconds),
            f"seed {result.seed}",
        )
        self._line((f"{sign} {verdict(result)}", style), f"  {one_line(result.url, 200)}")
        self._line((" · ".join(told), "dim"), indent=2)
        if unseen(result):
            self._line((unseen(result), "yellow"), indent=2)
        if self._directory is not None:
            self._line(("report: ", "dim"), str(self._directory / "report.html"), indent=2)


def _names(names: Iterable[str], most: int) -> str:
    listed = [one_line(name, 80) for name in names]
    more = f", and {len(listed) - most:,} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more
