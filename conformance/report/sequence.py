"""Turns the wire log of a violation into a sequence diagram's lanes and rows, and finds the row that is wrong.

The row is found from the trace's check, which tells what was expected; where something did not come there is a row for
what is missing. Data only: `conformance.report.sequence_rows` words each entry, `conformance.report.sequence_svg` draws
it all.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.contract.judge import ABSENT
from conformance.contract.socket import value_at
from conformance.report.sequence_rows import HTTP, MAX_PAYLOAD, SERVER, Row, frame_name, rows_of
from conformance.report.visible import one_line, short
from conformance.trace import Step
from conformance.violation import Violation

REFERENCE = re.compile(r"\$\{([^#}]+)#([^}]*)\}")
MAX_ROWS = 36
HEAD_ROWS = 10


@dataclass(frozen=True, slots=True)
class Lane:
    """One lifeline: `http`, `server`, or a socket by its name."""

    id: str
    title: str
    subtitle: str = ""


@dataclass(frozen=True, slots=True)
class Diagram:
    """Lanes from left to right, the server last, and rows from top to bottom."""

    lanes: tuple[Lane, ...]
    rows: tuple[Row, ...]


def read_diagram(violation: Violation) -> Diagram | None:
    """Return the diagram of a violation's log, or of its trace's steps where it has no log; None without both."""
    # A log has the frames themselves; what a trace expects is all that is known of them without one.
    steps = violation.log or (violation.trace.steps if violation.trace else ())
    entries = [each for each in _flat(steps, None) if not (violation.log and each.get("step") == "expect")]
    rows = [row for entry in entries for row in rows_of(entry)]
    if not rows:
        return None
    rows = _answers_last(rows)
    rows = list(_exchanges(_marked(rows, _resolved(violation.trace.check, entries) if violation.trace else {})))
    lanes = [Lane(HTTP, "HTTP")] if any(row.lane == HTTP for row in rows) else []
    for socket in dict.fromkeys(row.lane for row in rows if row.lane not in ("", HTTP)):
        who = next((str(e["who"]) for e in entries if e.get("socket") == socket and e.get("who")), "")
        lanes.append(Lane(socket, one_line(who or socket, 12), one_line(socket, 14) if who else ""))
    return Diagram((*lanes, Lane(SERVER, "server")), tuple(_cut(rows)))


def has_members(value: Any, match: Any) -> bool:
    """Say whether `value` has the members of `match`, deeply; a text with `${...}` in it stands for any."""
    if isinstance(match, dict):
        return isinstance(value, dict) and all(n in value and has_members(value[n], each) for n, each in match.items())
    if isinstance(match, str) and "${" in match:
        return True
    return bool(value == match)


def _flat(entries: Iterable[Step], group: int | None) -> Iterator[Step]:
    for number, entry in enumerate(entries):
        if entry.get("step") == "together":
            yield from _flat(entry.get("steps") or (), number)
        else:
            yield entry if group is None else {**entry, "group": group}


def _answers_last(rows: list[Row]) -> list[Row]:
    """Return the rows with the answers of one group after its calls: their requests were under way together."""
    ordered: list[Row] = []
    waiting: list[Row] = []
    for row in rows:
        if waiting and row.group != waiting[0].group:
            ordered += waiting
            waiting = []
        if row.kind == "answer" and row.group is not None:
            waiting.append(row)
        else:
            ordered.append(row)
    return ordered + waiting


def _resolved(value: Any, entries: Sequence[Step]) -> Any:
    """Return a check with what its references stood for in this log; others stay as they are."""
    if isinstance(value, dict):
        return {name: _resolved(item, entries) for name, item in value.items()}
    reference = REFERENCE.fullmatch(value) if isinstance(value, str) else None
    if reference is None:
        return value
    for entry in entries:
        if entry.get("id") == reference[1]:
            found = value_at((entry.get("answer") or {}).get("body"), reference[2])
            return value if found is ABSENT else found
    return value


def _exchanges(rows: list[Row]) -> Iterator[Row]:
    """Yield the rows, with a request and the answer right behind it in one row where both are as they should be."""
    waiting: Row | None = None
    for row in rows:
        if waiting is not None and row.kind == "answer" and row.entry is waiting.entry and not row.wrong:
            hint = f"{waiting.hint}\n{row.name}  {row.hint}"
            payload = waiting.payload or row.payload
            yield replace(waiting, kind="exchange", name=f"{waiting.name} → {row.name}", payload=payload, hint=hint)
            waiting = None
            continue
        if waiting is not None:
            yield waiting
        waiting = row if row.kind == "call" and row.lane == HTTP else None
        if waiting is None:
            yield row
    if waiting is not None:
        yield waiting


def _marked(rows: list[Row], check: Step) -> list[Row]:
    kind, socket = check.get("check"), str(check.get("socket"))
    if kind == "response":
        answers = [
            n for n, r in enumerate(rows) if r.kind == "answer" and (r.entry or {}).get("id") == check.get("step")
        ]
        return _with_wrong(rows, answers[-1:])
    if kind in ("frame", "frame-value"):
        match = check.get("match") or {}
        came = [
            number
            for number, row in enumerate(rows)
            if row.lane == socket and row.inbound and row.kind == "frame" and has_members(_value(row), match)
        ]
        if kind == "frame-value" and came:
            return _with_wrong(rows, came[:1])
        most = check.get("max")
        if isinstance(most, int) and len(came) > most:
            return _with_wrong(rows, came[most:])
        if kind == "frame-value" or len(came) < int(check.get("min") or 0):
            told = f"expected: {short(match.get('data', match), MAX_PAYLOAD)}"
            return [*rows, Row(socket, True, "frame", f"no {frame_name(match)}", told, told, wrong=True, missing=True)]
    if kind == "close":
        codes = check.get("codes") or []
        ends = [n for n, row in enumerate(rows) if row.lane == socket and row.inbound and row.kind == "close"]
        if not ends and codes:
            name = "not closed with " + " or ".join(str(code) for code in codes)
            return [*rows, Row(socket, True, "close", name, wrong=True, missing=True)]
        return _with_wrong(rows, ends[-1:])
    inbound = [number for number, row in enumerate(rows) if row.inbound]
    return _with_wrong(rows, inbound[-1:])


def _value(row: Row) -> Any:
    return (row.entry or {}).get("frame")


def _with_wrong(rows: list[Row], numbers: Sequence[int]) -> list[Row]:
    return [replace(row, wrong=True) if number in numbers else row for number, row in enumerate(rows)]


def _cut(rows: list[Row]) -> Iterator[Row]:
    """Yield the rows, without the middle of a long log; what is wrong stays."""
    if len(rows) <= MAX_ROWS:
        yield from rows
        return
    wrong = [number for number, row in enumerate(rows) if row.wrong][:6]
    near = {each for number in wrong for each in range(number - 2, number + 2)}
    tail = MAX_ROWS - HEAD_ROWS - len(near)
    kept = {*range(HEAD_ROWS), *near, *range(len(rows) - max(4, tail), len(rows))}
    gap = 0
    for number, row in enumerate(rows):
        if number in kept:
            if gap:
                yield Row("", False, "gap", f"{gap} steps are left out here; the trace has them")
                gap = 0
            yield row
        else:
            gap += 1
