"""The life of a connection as the contract declares it, beside what was exercised: the data of the state diagram.

    {"states":      [{"id", "title", "kind", "note", "times"}],
     "transitions": [{"from", "to", "event", "times", "declared"}]}

`kind` is one of connecting, open, refused, closing, closed, lost, unknown; the id of a state in which the server closed
is `closed CODE`, as in `Coverage.transitions`. `times` is how often it was seen; what was seen and is not declared is
there with `declared` false. Pure: drawn by `conformance.report.state_diagram`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from conformance.contract.socket import CLIENT, SocketContract
from conformance.coverage import Coverage

CONNECTING, REFUSED, OPEN, CLOSING, LOST = "connecting", "refused", "open", "closing", "lost"
CLOSED = "closed"
NORMAL = 1000
"""RFC 6455, section 7.4.1: what a client closes with, and the server answers with."""

State = dict[str, Any]
Transition = dict[str, Any]


def build_states(contract: SocketContract, coverage: Coverage) -> dict[str, Any]:
    """Return the states and transitions of the contract's channel, with how often each was seen in a run."""
    seen = _seen(coverage)
    transitions = list(_transitions(contract, coverage, seen))
    declared = list(_declared_states(contract))
    reached: Counter[str] = Counter()
    for each in transitions:
        reached[each["to"]] += each["times"]
    reached[CONNECTING] = coverage.counts["connections"]
    known = {identity for identity, *_ in declared}
    others = dict.fromkeys(end for each in transitions for end in (each["from"], each["to"]) if end not in known)
    states = [*declared, *((identity, identity, "unknown", "not declared") for identity in others)]
    return {
        "states": [
            {"id": identity, "title": title, "kind": kind, "note": note, "times": reached[identity]}
            for identity, title, kind, note in states
        ],
        "transitions": transitions,
    }


def _declared_states(contract: SocketContract) -> Iterator[tuple[str, str, str, str]]:
    yield CONNECTING, "connecting", CONNECTING, "The handshake is under way."
    yield REFUSED, "refused", REFUSED, "The server answered with something else than 101."
    yield OPEN, "open", OPEN, "Frames go both ways."
    yield CLOSING, "closing", CLOSING, "The client has sent its close frame."
    for each in contract.close_codes.values():
        title = f"{each.code} {each.name}".rstrip()
        yield f"{CLOSED} {each.code}", title, CLOSED, "connect again" if each.reconnect else "do not come back"
    yield LOST, "lost", LOST, "The TCP connection ended without a closing handshake (1006)."


def _transitions(
    contract: SocketContract, coverage: Coverage, seen: dict[tuple[str, str], Counter[str]]
) -> Iterator[Transition]:
    """Yield what is declared, under the events by which it was seen where it was, and then what is not declared."""
    left = {ends: Counter(events) for ends, events in seen.items()}
    for start, event, end, times in _declared(contract, coverage):
        if start == OPEN == end:
            times += left.get((start, end), Counter()).pop(event, 0)
            yield _transition(start, event, end, times, True)
            continue
        # A code may be seen from another state than where it is drawn, `closing -> close -> closed 1001`.
        ways = [ends for ends in left if ends == (start, end) or (end.startswith(f"{CLOSED} ") and ends[1] == end)]
        for ends in ways:
            for other, number in left.pop(ends).items():
                yield _transition(ends[0], other, ends[1], number, True)
        if not ways:
            yield _transition(start, event, end, times, True)
    declared_codes = {f"{CLOSED} {code}" for code in contract.close_codes}
    for (start, end), events in left.items():
        for event, number in events.items():
            yield _transition(start, event, end, number, not end.startswith(f"{CLOSED} ") or end in declared_codes)
    drawn = {end for _, end in seen} | declared_codes
    for code, number in coverage.closes.items():
        if f"{CLOSED} {code}" not in drawn:
            yield _transition(OPEN, "not declared", f"{CLOSED} {code}", number, False)


def _declared(contract: SocketContract, coverage: Coverage) -> Iterator[tuple[str, str, str, int]]:
    """Yield (from, event, to, times); the times are what the other counters tell where no transition was counted."""
    yield CONNECTING, "handshake", OPEN, coverage.counts["connections"]
    yield CONNECTING, "no valid handshake", REFUSED, 0
    for name in (message.name for o in contract.operations.values() if o.sender == CLIENT for message in o.messages):
        yield OPEN, name, OPEN, coverage.frames[f"{name} sent valid"]
    if contract.invalid is not None:
        invalid = sum(number for key, number in coverage.frames.items() if key.endswith(" sent invalid"))
        yield OPEN, "invalid frame", OPEN, invalid
    yield OPEN, "client closes", CLOSING, coverage.closes[str(NORMAL)]
    for code in contract.close_codes.values():
        start, event = (CLOSING, "server answers") if code.code == NORMAL else (OPEN, _words(code.name))
        yield start, event, f"{CLOSED} {code.code}", coverage.closes[str(code.code)]
    yield OPEN, "TCP ends", LOST, 0


def _seen(coverage: Coverage) -> dict[tuple[str, str], Counter[str]]:
    found: dict[tuple[str, str], Counter[str]] = {}
    for key, number in coverage.transitions.items():
        start, _, rest = key.partition(" -> ")
        event, _, end = rest.rpartition(" -> ")
        if event:
            found.setdefault((start, end), Counter())[event] += number
    return found


def _transition(start: str, event: str, end: str, times: int, is_declared: bool) -> Transition:
    return {"from": start, "to": end, "event": event, "times": times, "declared": is_declared}


def _words(name: str) -> str:
    return name.replace("_", " ").lower() or "server closes"
