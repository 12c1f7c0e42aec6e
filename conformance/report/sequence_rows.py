"""Tells a wire log's entry as the rows of a sequence diagram: one way of telling for each kind of step.

`sequence` puts the rows of all entries in order and marks what is wrong; nothing here knows a check, or another entry.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from conformance.contract.socket import TAGS
from conformance.report.visible import ELLIPSIS, one_line, short
from conformance.trace import Step

HTTP, SERVER = "http", "server"
MAX_PAYLOAD = 160
MAX_HINT = 400


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
        entry: The log's entry, for the check; None for what is missing.
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


def frame_name(frame: Any) -> str:
    """Return what a frame calls itself, `frame` when it does not."""
    if isinstance(frame, dict):
        for member in TAGS:
            if isinstance(frame.get(member), str):
                return one_line(frame[member], 40)
    return "frame"


def rows_of(entry: Step) -> Iterator[Row]:
    """Yield the rows of an entry, with its time and its group; none for a step that is not drawn."""
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
