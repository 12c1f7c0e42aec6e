"""Writes a finding as a trace: the set-up steps that it needs, its requests, and the check, all by reference.

A value that an earlier answer of the chain gave becomes `${rN#/pointer}`, a placeholder what `people` says about it.
Reads exchanges and sends nothing.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlencode

from conformance.contract.judge import ABSENT
from conformance.contract.load import escaped
from conformance.http.exchange import Exchange, Finding, Sent
from conformance.http.people import PLACES
from conformance.http.world import MARK, World
from conformance.replay.values import escaped_text
from conformance.trace import Step, Trace

LEFT_OUT = frozenset(
    {"host", "user-agent", "accept", "accept-encoding", "connection", "content-length", "authorization"}
)
SHORTEST_ID = 8
"""A shorter text is no id that must have come from an answer."""

DEEPEST_CHAIN = 4
ODD_SPACES = 64
"""A body with more bytes than that around its JSON is about the bytes."""


def trace_of(finding: Finding, world: World, title: str) -> Trace:
    """Return the trace of a finding."""
    chain = finding.exchanges
    known: dict[str, str] = {name: place.text for name, place in PLACES.items()}
    requests = [each.written for each in chain]
    text = " ".join(f"{each.path} {each.query} {each.token} {each.body!r}" for each in requests)
    steps: list[Step] = [_step(name, world.written(name), known, "") for name in world.steps_for(text)]
    identity = ""
    for number, exchange in enumerate(chain, 1):
        identity = f"r{number}"
        steps.append(_step(identity, exchange.written, known, _who(exchange.written)))
        for pointer, value in _texts(exchange.value):
            known.setdefault(value, f"${{{identity}#{pointer}}}")
    return Trace(tuple(steps), {"check": "response", "step": identity, **finding.check}, finding.rule, title)


def with_causes(exchanges: tuple[Exchange, ...], recent: Iterable[Exchange]) -> tuple[Exchange, ...]:
    """Put the exchanges before a chain from which its ids came, the latest that gave each."""
    earlier = [each for each in recent if 200 <= each.status < 300 and each.sent.method != "GET"]
    chain = list(exchanges)
    for _ in range(DEEPEST_CHAIN):
        given = {text for each in chain for _, text in _texts(each.value)}
        wanted = {text for text in _ids(chain[0].written) if text not in given}
        cause = next((each for each in reversed(earlier) if wanted & {text for _, text in _texts(each.value)}), None)
        if cause is None or cause in chain:
            break
        chain.insert(0, cause)
    return tuple(chain)


def _step(identity: str, written: Sent, known: dict[str, str], who: str) -> Step:
    """Return a trace's step. Set-up steps are by a person each, who has an address of his own in a replay."""
    who = who or _who(written) or re.sub(r"Login$", "", identity)
    return {"step": "http", "id": identity, "who": who, **_request(written, known)}


def _who(written: Sent) -> str:
    return written.token.removeprefix("kit.as-") if written.token in PLACES else ""


def _request(written: Sent, known: dict[str, str]) -> Step:
    def told(text: str) -> str:
        return known[text] if text in known else escaped_text(text)

    parts = [_segment(part, known) for part in written.path.split("/")]
    step: Step = {"method": written.method, "path": "/".join(parts)}
    pairs = parse_qsl(written.query, keep_blank_values=True)
    if pairs and len(dict(pairs)) == len(pairs) and urlencode(pairs) == written.query:
        step["query"] = {name: told(text) for name, text in pairs}
    elif written.query:
        step["path"] += f"?{written.query}"
    headers = {name: value for name, value in written.headers.items() if name not in LEFT_OUT}
    token = written.token
    if token:
        step["token"] = told(token)
    elif "authorization" in written.headers:
        headers["authorization"] = written.headers["authorization"]
    if written.body:
        if headers.get("content-type") == "application/json":
            del headers["content-type"]
        try:
            value = json.loads(written.body)
            is_plain = len(written.body) <= len(json.dumps(value, allow_nan=False)) + ODD_SPACES
        except (ValueError, RecursionError):
            is_plain = False
        if is_plain:
            step["json"] = _mapped(value, known)
        else:
            step |= _as_it_is(written.body, known)
    if headers:
        step["headers"] = headers
    return step


def _as_it_is(body: bytes, known: dict[str, str]) -> Step:
    try:
        text = escaped_text(body.decode())
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(body).decode()}
    for name in PLACES:
        text = text.replace(json.dumps(name), json.dumps(known[name]))
    return {"text": text}


def _segment(part: str, known: dict[str, str]) -> str:
    text = unquote(part)
    return known[text] if text in known else escaped_text(part)


def _mapped(value: Any, known: dict[str, str]) -> Any:
    if isinstance(value, str):
        return known[value] if value in known else escaped_text(value)
    if isinstance(value, list):
        return [_mapped(item, known) for item in value]
    if isinstance(value, dict):
        return {name: _mapped(item, known) for name, item in value.items()}
    return value


def _ids(written: Sent) -> Iterator[str]:
    """Yield the texts of a request that may have come from an answer."""
    for part in written.path.split("/"):
        text = unquote(part)
        if len(text) >= SHORTEST_ID and not text.startswith(MARK) and quote(text, safe="") == part:
            yield text
    if written.body:
        try:
            yield from (text for _, text in _texts(json.loads(written.body)) if not text.startswith(MARK))
        except (ValueError, RecursionError):
            return


def _texts(value: Any, pointer: str = "", depth: int = 12) -> Iterator[tuple[str, str]]:
    """Yield the longer texts in a value, with their pointers."""
    if value is ABSENT or not depth:
        return
    if isinstance(value, str) and len(value) >= SHORTEST_ID:
        yield pointer, value
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _texts(item, f"{pointer}/{number}", depth - 1)
    elif isinstance(value, dict):
        for name, item in value.items():
            yield from _texts(item, f"{pointer}/{escaped(name)}", depth - 1)
