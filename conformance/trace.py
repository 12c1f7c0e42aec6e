"""A trace: the steps on the wire that show a violation, and the check that tells whether they still do.

JSON, so that it can be kept in a repository and repeated (`gochat conform URL --replay FILE`) against any server,
without the kit's model of the chat. `conformance.replay` runs it and writes it as a script.

Steps are objects with the member `step`:

    http     id, method, path; optional: query, headers, token, json, text or base64 (the body as it is), answered
    connect  socket; optional: path (`/ws`), query, headers
    send     socket, and json or text
    raw      socket, base64: bytes for the TCP stream, for faults below the frames
    expect   id, socket, frame: waits until a frame that has these members (compared deeply) has come; each frame
             counts for one expect. With `closed`: true instead of the frame: until the connection has ended
    close    socket, code: the closing handshake
    drop     socket: the TCP connection ends without one
    wait     seconds
    together steps: these run at the same time

Any of them may have `who`, a name for people. `answered` is the status that an http step got when it was recorded.

A string may hold `${ID#/pointer}`, a value of the answer's body (http) or frame (expect) of the step ID, `${run}`,
digits that are new each time, for names that must not be taken, and `${$}`, a dollar sign before a brace.

The check has the member `check` and says what was expected; the violation is there when it does not hold:

    response     step, and status: [codes], or pointer with one of equals, present, absent, not, type; header, a name,
                 instead of the pointer. With both status and pointer: judged only when answered with one of these
    frame        socket, match, min, max, within_s: how many frames with these members come, from the connect on
    frame-value  socket, match, pointer with one of equals, present, absent, not, type: in the first such frame
    close        socket, codes, within_s: closed by the server with one of these; none: stays open

A check with `always`: true expects what holds whatever went before (a schema, a declared code): shrinking may then
leave out steps that, for other checks, are why a right server would do as expected.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VERSION = 1
"""Of the format; a reader refuses another."""

Step = dict[str, Any]


class TraceError(ValueError):
    """A trace that can't be read; the text says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Trace:
    """Steps, the check at their end, and the rule that it is about."""

    steps: tuple[Step, ...]
    check: Step
    rule: str = ""
    title: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        return {
            "version": VERSION,
            "rule": self.rule,
            "title": self.title,
            "steps": list(self.steps),
            "check": self.check,
        }

    @staticmethod
    def from_json(data: Any) -> Trace:
        """Return the trace in `data`.

        Raises:
            TraceError: It is no trace of this version.
        """
        if not isinstance(data, dict) or data.get("version") != VERSION:
            raise TraceError(f"not a trace of version {VERSION}")
        steps, check = data.get("steps"), data.get("check")
        if not isinstance(steps, list) or not isinstance(check, dict) or "check" not in check:
            raise TraceError("a trace has `steps`, a list, and `check`, an object")
        for step in _flat(steps):
            if not isinstance(step, dict) or "step" not in step:
                raise TraceError(f"not a step: {str(step)[:80]}")
        return Trace(tuple(steps), check, str(data.get("rule", "")), str(data.get("title", "")))

    @property
    def frames(self) -> int:
        """How many frames the clients send."""
        return sum(step["step"] in ("send", "raw") for step in _flat(self.steps))

    @property
    def connections(self) -> int:
        """How many WebSocket connections are opened."""
        return sum(step["step"] == "connect" for step in _flat(self.steps))


def read_trace(path: Path) -> Trace:
    """Return the trace in a file.

    Raises:
        TraceError: There is no such file, or no trace in it.
    """
    try:
        return Trace.from_json(json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        raise TraceError(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise TraceError(f"{path}: {error}") from error


def _flat(steps: Any) -> list[Step]:
    flat: list[Step] = []
    for step in steps:
        if isinstance(step, dict) and step.get("step") == "together":
            inner = step.get("steps", ())
            flat += _flat(inner) if isinstance(inner, list | tuple) else [inner]
        else:
            flat.append(step)
    return flat
