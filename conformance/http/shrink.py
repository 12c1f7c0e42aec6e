"""Makes the request of a finding as small as it can be while the finding stays, by sending smaller ones to the server.

Only for what one exchange shows: whether a smaller one still shows it, `judge` says, by the same key. Bounded in
requests and in time.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode

from conformance.contract.http import HttpContract
from conformance.http.exchange import Exchange, Finding, Sent
from conformance.http.people import KNOWN

MOST_REQUESTS = 80
NEW_NAME = "kit.new-name"

Ask = Callable[[Sent], Exchange]
Judge = Callable[[Exchange], list[Finding]]


def shrunk(finding: Finding, contract: HttpContract, ask: Ask, judge: Judge, deadline: float) -> Finding:
    """Return the finding with the smallest request found.

    Args:
        ask: Sends a request to the server.
        deadline: By `time.monotonic()`.
    """
    best = finding
    tried: set[Sent | tuple[Any, ...]] = set()
    left = MOST_REQUESTS
    is_better = True
    while is_better:
        is_better = False
        for candidate in _smaller(best.exchanges[-1].written, contract):
            mark = (candidate.method, candidate.path, candidate.query, tuple(candidate.headers.items()), candidate.body)
            if mark in tried:
                continue
            if not left or time.monotonic() > deadline:
                return best
            tried.add(mark)
            left -= 1
            found = next((each for each in judge(ask(candidate)) if each.key == finding.key), None)
            if found is not None:
                best, is_better = found, True
                break
    return best


def _smaller(written: Sent, contract: HttpContract) -> Iterator[Sent]:
    """Yield simpler requests, the simplest first."""
    needed = {name: value for name, value in written.headers.items() if name in ("authorization", "content-type")}
    if not written.body:
        needed.pop("content-type", None)
    if len(needed) < len(written.headers):
        yield replace(written, headers=needed)
    for name in written.headers:
        if name not in needed:
            yield replace(written, headers={each: value for each, value in written.headers.items() if each != name})
    if "authorization" in written.headers and not written.token.startswith("kit.as-owner"):
        others = {each: value for each, value in written.headers.items() if each != "authorization"}
        yield replace(written, headers=others)
        if written.token.startswith("kit.as-"):
            yield replace(written, headers={**written.headers, "authorization": "Bearer kit.as-owner"})
    yield from (replace(written, path=path) for path in _paths(written, contract))
    yield from (replace(written, query=query) for query in _queries(written.query))
    if written.body:
        yield replace(written, body=b"")
        try:
            value = json.loads(written.body)
        except (ValueError, RecursionError):
            return
        for smaller in _values(value, ""):
            body = json.dumps(smaller).encode()
            if body != written.body:
                yield replace(written, body=body)


def _paths(written: Sent, contract: HttpContract) -> Iterator[str]:
    operation = contract.operation_at(written.method, written.path)
    if operation is None:
        return
    template = (contract.base + operation.path).split("/")
    parts = written.path.split("/")
    for number, (name, part) in enumerate(zip(template, parts, strict=False)):
        if name.startswith("{") and not unquote(part).startswith("kit."):
            for known in dict.fromkeys(KNOWN.get(name.strip("{}"), ())):
                yield "/".join([*parts[:number], known, *parts[number + 1 :]])


def _queries(query: str) -> Iterator[str]:
    pairs = parse_qsl(query, keep_blank_values=True)
    if len(pairs) > 1:
        yield ""
    for number, (name, text) in enumerate(pairs):
        yield urlencode(pairs[:number] + pairs[number + 1 :])
        if len(text) > 1:
            for shorter in (text[:1], text[: len(text) // 2]):
                yield urlencode([*pairs[:number], (name, shorter), *pairs[number + 1 :]])


def _values(value: Any, name: str) -> Iterator[Any]:
    if isinstance(value, dict):
        if len(value) > 1:
            yield {}
        for key in value:
            yield {each: item for each, item in value.items() if each != key}
        for key, item in value.items():
            for smaller in _values(item, key):
                yield {**value, key: smaller}
    elif isinstance(value, list):
        if len(value) > 1:
            yield []
            yield value[: len(value) // 2]
            yield value[len(value) // 2 :]
        for number in range(min(len(value), 4)):
            yield value[:number] + value[number + 1 :]
        for number, item in enumerate(value[:4]):
            for smaller in _values(item, name):
                yield [*value[:number], smaller, *value[number + 1 :]]
    elif isinstance(value, str):
        yield from _smaller_texts(value, name)
    elif isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) > 1:
        yield type(value)(1)


def _smaller_texts(text: str, name: str) -> Iterator[str]:
    if text.startswith("kit.") or text in KNOWN.get(name, ()):
        return
    if name == "username":
        yield NEW_NAME
    yield from (str(each) for each in KNOWN.get(name, ())[:1])
    if len(text) > 1:
        yield from (text[:1], text[: len(text) // 2], text[:-1])
        plain = "a" * len(text)
        if plain != text:
            yield plain
