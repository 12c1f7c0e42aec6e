"""Turns the wire log of a violation into a sequence diagram's lanes and rows, and finds the row that is wrong.

The row is found from the trace's check, which tells what was expected; where something did not come there is a row for
what is missing. Data only: `conformance.report.sequence_svg` draws it.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from conformance.contract.socket import ABSENT, TAGS, value_at
from conformance.report.visible import ELLIPSIS, one_line, short
from conformance.trace import Step
from conformance.violation import Violation

REFERENCE = re.compile(r"\$\{([^#}]+)#([^}]*)\}")
HTTP, SERVER = "http", "server"
MAX_ROWS = 36
HEAD_ROWS = 10
MAX_PAYLOAD = 160
MAX_HINT = 400


@dataclass(frozen=True, slots=True)
class Lane:
    """One lifeline: `http`, `server`, or a socket by its name."""

    id: str
    title: str
    subtitle: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """One arrow, or a line across all lanes where `lane` is "".

    Attributes:
        lane: Whose; the other end is the server.
        inbound: From the server.
        kind: call, answer, exchange (both in one), frame, close, drop, wait or gap.
        name: Of the frame or the request.
        payload: In a few words.
        hint: In more words, for the tooltip.
        at: Seconds since the start, None when it is not known.
        group: Number of those that ran at the same time, None when alone.
        entry: The log's entry, for the check; {} for what is missing.
        wrong: Whether this is what is wrong.
        missing: Whether it should have come and did not.
    """

    lane: str
    inbound: bool
    kind: str
    name: str
    payload: str = ""
    hint: str = ""
    at: float | None = None
    group: int | None = None
    entry: Mapping[str, Any] | None = None
    wrong: bool = False
    missing: bool = False


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
    rows = [row for number, entry in enumerate(entries) for row in _rows(entry, number)]
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


def frame_name(frame: Any) -> str:
    """Return what a frame calls itself, `frame` when it does not."""
    if isinstance(frame, dict):
        for member in TAGS:
            if isinstance(frame.get(member), str):
                return one_line(frame[member], 40)
    return "frame"


def _flat(entries: Iterable[Step], group: int | None) -> Iterator[Step]:
    for number, entry in enumerate(entries):
        if entry.get("step") == "together":
            yield from _flat(entry.get("steps") or (), number)
        else:
            yield entry if group is None else {**entry, "group": group}


def _rows(entry: Step, number: int) -> Iterator[Row]:
    step = entry.get("step")
    make = _MAKERS.get(str(step))
    if make is None:
        return
    at = entry.get("at")
    for row in make(entry):
        yield replace(row, at=at if isinstance(at, (int, float)) else None, group=entry.get("group"), entry=entry)


def _http(entry: Step) -> Iterator[Row]:
    who = f"{one_line(str(entry['who']), 20)}: " if entry.get("who") else ""
    body = next((entry[name] for name in ("json", "text", "base64", "query") if name in entry), None)
    name = f"{who}{one_line(str(entry.get('method', '')), 10)} {one_line(str(entry.get('path', '')), 80)}"
    yield Row(HTTP, False, "call", name, *_told(body))
    answer = entry.get("answer")
    if isinstance(answer, dict):
        status = answer.get("status") or "no answer"
        yield Row(HTTP, True, "answer", str(status), *_told(_gist(answer.get("body", answer.get("text")))))
    elif "answered" in entry:
        yield Row(HTTP, True, "answer", str(entry["answered"]))


def _connect(entry: Step) -> Iterator[Row]:
    yield Row(str(entry.get("socket")), False, "call", "connect", *_told(entry.get("query")))


def _send(entry: Step) -> Iterator[Row]:
    if "json" in entry:
        yield Row(str(entry.get("socket")), False, "frame", frame_name(entry["json"]), *_told(_gist(entry["json"])))
    else:
        yield Row(str(entry.get("socket")), False, "frame", "text", *_told(entry.get("text", "")))


def _raw(entry: Step) -> Iterator[Row]:
    try:
        data = base64.b64decode(str(entry.get("base64", "")))
    except binascii.Error:
        data = b""
    hexadecimal = data[:16].hex(" ") + (f" {ELLIPSIS}" if len(data) > 16 else "")
    yield Row(str(entry.get("socket")), False, "frame", f"{len(data):,} raw bytes", hexadecimal, hexadecimal)


def _frame(entry: Step) -> Iterator[Row]:
    if "frame" in entry:
        yield Row(str(entry.get("socket")), True, "frame", frame_name(entry["frame"]), *_told(_gist(entry["frame"])))
    else:
        yield Row(str(entry.get("socket")), True, "frame", "text", *_told(entry.get("text", "")))


def _expect(entry: Step) -> Iterator[Row]:
    if entry.get("closed"):
        yield Row(str(entry.get("socket")), True, "close", "closed")
    else:
        yield from _frame(entry)


def _close(entry: Step) -> Iterator[Row]:
    yield Row(str(entry.get("socket")), False, "close", f"close {entry.get('code', '')}")


def _closed(entry: Step) -> Iterator[Row]:
    reason = one_line(str(entry.get("reason") or ""), 60)
    yield Row(str(entry.get("socket")), True, "close", f"closed {entry.get('code', '')}", reason, reason)


def _drop(entry: Step) -> Iterator[Row]:
    yield Row(str(entry.get("socket")), False, "drop", "TCP reset")


def _wait(entry: Step) -> Iterator[Row]:
    yield Row("", False, "wait", f"{entry.get('seconds', '?')} s pass")


_MAKERS = {
    "http": _http,
    "connect": _connect,
    "send": _send,
    "raw": _raw,
    "frame": _frame,
    "expect": _expect,
    "close": _close,
    "closed": _closed,
    "drop": _drop,
    "wait": _wait,
}


def _told(value: Any) -> tuple[str, str]:
    """Return the payload in a few words, and in more."""
    return ("", "") if value is None or value == {} else (short(value, MAX_PAYLOAD), short(value, MAX_HINT))


def _gist(value: Any) -> Any:
    """Return what matters of a frame or an envelope: its `data`, or its code and the data beside it."""
    if not isinstance(value, dict) or "data" not in value:
        return value
    data = value["data"]
    code = {"code": value["code"]} if isinstance(value.get("code"), str) and value["code"] != "OK" else {}
    return {**code, **data} if isinstance(data, dict) else {**code, "data": data}


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
