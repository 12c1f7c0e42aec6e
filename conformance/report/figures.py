"""What all reports say in the same words: the verdict, rules by id, titles of the kinds of coverage, file names.

Knows no format.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from importlib.util import find_spec

from conformance.coverage import Matrix, Row
from conformance.result import Result
from conformance.rules import LAYERS, Rule
from conformance.violation import Violation

TITLES = {
    "statuses": "Operations × status",
    "frames": "Frames × direction × outcome",
    "errors": "Error codes",
    "closes": "Close codes",
    "keywords": "Schema keywords",
    "transitions": "Protocol transitions",
}
"""By kind; the kinds are named as the counters of `conformance.coverage.Coverage`. Another kind is its own title."""

LAYER_TITLES = {
    "contract": "Contracts",
    "http": "HTTP",
    "generic": "WebSocket frames",
    "chat": "Chat behaviour",
    "other": "Other",
}

UNKNOWN_LAYER = "other"


def is_clean(result: Result) -> bool:
    """Say whether nothing was found but what the baseline knows."""
    return not result.new


def verdict(result: Result) -> str:
    """Return the verdict in one line, for people."""
    known = len(result.violations) - len(result.new)
    told = counted(len(result.new), "violation") if result.new else "Clean"
    return f"{told}, and {known:,} known by the baseline" if known else told


def frames(result: Result) -> int:
    """Return how many frames were sent and received."""
    return result.coverage.counts["frames_sent"] + result.coverage.counts["frames_received"]


def frames_per_s(result: Result) -> float:
    """Return the frames a second over the whole run, 0 for a run that took no time."""
    return round(frames(result) / result.seconds, 1) if result.seconds > 0 else 0.0


def rule_of(identity: str) -> Rule:
    """Return a rule by its id; one that is in no table (a report of another version) explains itself by its id."""
    for layer in LAYERS:
        rule = layer_rules(layer).get(identity)
        if rule is not None:
            return rule
    return Rule(identity, UNKNOWN_LAYER, identity.replace("-", " ").capitalize(), "")


@cache
def layer_rules(layer: str) -> dict[str, Rule]:
    """Return the table of a layer, empty where this installation has no such layer."""
    name = f"conformance.{layer}"
    if find_spec(name) is None or find_spec(f"{name}.rules") is None:
        return {}
    rules: dict[str, Rule] = import_module(f"{name}.rules").RULES
    return rules


def title_of(matrix: Matrix) -> str:
    """Return what a kind of coverage is called."""
    return TITLES.get(matrix.kind, matrix.kind)


def reasons(matrix: Matrix) -> dict[str, list[str]]:
    """Return what can't be provoked, names by reason."""
    found: dict[str, list[str]] = {}
    for row in matrix.rows:
        if row.unreachable:
            found.setdefault(row.unreachable, []).append(row.name)
    return found


def seen(rows: Iterable[Row]) -> int:
    """Return how many of the rows were seen."""
    return sum(row.times > 0 for row in rows)


def unseen(result: Result) -> str:
    """Return how much of what a client can provoke was not seen, in one sentence; "" when all was."""
    missing = sum(len(matrix.missing) for matrix in result.matrices)
    reachable = sum(len(matrix.reachable) for matrix in result.matrices)
    return f"{missing:,} of {reachable:,} declared things were not seen." if missing else ""


def file_stem(violation: Violation) -> str:
    """Return the name of a violation's files, without directory and ending: `<rule>-<key>`."""
    return f"{re.sub(r'[^A-Za-z0-9_.-]+', '-', violation.rule)[:80].strip('.-') or 'rule'}-{violation.key}"


def trace_file(violation: Violation) -> str:
    """Return where a violation's trace is, from the report's directory."""
    return f"violations/{file_stem(violation)}.trace.json"


def script_file(violation: Violation) -> str:
    """Return where a violation's script is, from the report's directory."""
    return f"violations/{file_stem(violation)}.py"


def replay_command(url: str, file: str) -> str:
    """Return the command that repeats a trace, for a POSIX shell."""
    return f"gochat conform {shlex.quote(url)} --replay {shlex.quote(file)}"


def script_command(url: str, file: str) -> str:
    """Return the command that runs a standalone script, for a POSIX shell."""
    return f"python {shlex.quote(file)} {shlex.quote(url)}"


def percent(value: float) -> str:
    """Return a share for people: `100%`, `99.6%`; never rounded up to 100."""
    return "100%" if value >= 100 else f"{min(value, 99.9):.1f}%"


def duration(seconds: float) -> str:
    """Return a time for people: `0.4 s`, `12 s`, `3 min 20 s`, `1 h 05 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    if whole < 7200:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def counted(number: int, noun: str) -> str:
    """Return `1 violation`, `1,204 cases`."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
