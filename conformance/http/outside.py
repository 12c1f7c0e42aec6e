"""Judges answers to what is no operation, methods and paths that are not declared, and all error codes.

By RFC 9110 (405 and Allow) and the document's `x-error-catalogue`, where it has one. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from conformance.contract.http import METHODS, HttpContract
from conformance.contract.load import escaped, followed
from conformance.http.exchange import Exchange, Finding

PASSED_BY = ("HEAD", "OPTIONS", "TRACE", "CONNECT")
"""Methods that a server or a proxy may answer by itself, declared or not."""

MAY_COME_FIRST = (401, 403, 429, 501)
"""Answers that a server may give before it looks at whether the address has the method."""


class Outside:
    """The judge of one document's outside."""

    def __init__(self, contract: HttpContract) -> None:
        self._contract = contract
        self._templates = {path: _template(contract, path) for path in contract.document.get("paths") or {}}

    def findings(self, exchange: Exchange) -> Iterator[Finding]:
        """Judge an answer to what is no operation: another method, or no path of the contract."""
        path = exchange.sent.path
        template = next((each for each, pattern in self._templates.items() if pattern.fullmatch(path)), None)
        method = exchange.sent.method
        if template is None:
            subject, pointer = "no operation", "openapi#/paths"
            declared: list[str] = []
        else:
            item, _ = followed(self._contract.document, self._contract.document["paths"][template])
            declared = [each.upper() for each in METHODS if each in item]
            subject, pointer = f"{method} {template}", f"openapi#/paths/{escaped(template)}"
        if not exchange.status:
            if method not in PASSED_BY:
                check: dict[str, Any] = {"status": [404, 405]}
                yield Finding("http-no-answer", subject, pointer, "", "an answer", exchange.failure, (exchange,), check)
            return
        if exchange.status >= 500 and exchange.status not in (501, 505):
            got = f"{exchange.status} {start(exchange)}"
            check = {"status": [404, 405]}
            detail = str(exchange.status)
            yield Finding("http-server-error", subject, pointer, detail, "no 5xx", got, (exchange,), check)
            return
        yield from wrong_code(self._contract, subject, pointer, exchange)
        if template is None or method in PASSED_BY:
            return
        is_there = "{" not in template and exchange.status not in MAY_COME_FIRST
        if 200 <= exchange.status < 300 or (is_there and exchange.status != 405):
            check = {"status": [405]}
            expected, got = f"405: {template} has {', '.join(declared)}", str(exchange.status)
            yield Finding("http-unsupported-method", subject, pointer, got, expected, got, (exchange,), check)
        elif exchange.status == 405:
            allowed = {each.strip().upper() for each in exchange.headers.get("allow", "").split(",")} - {""}
            missing = set(declared) - allowed
            extra = allowed - set(declared) - set(PASSED_BY)
            if not allowed:
                check = {"status": [405], "header": "Allow", "present": True, "always": True}
                expected, got = "405 with Allow (RFC 9110, 15.5.6)", "405 without Allow"
                yield Finding("http-unsupported-method", template, pointer, "Allow", expected, got, (exchange,), check)
            elif missing or extra:
                check = {"status": [405], "header": "Allow", "not": exchange.headers["allow"], "always": True}
                expected, got = f"Allow: {', '.join(declared)}", f"Allow: {exchange.headers['allow']}"
                yield Finding("http-allow-header", template, pointer, "", expected, got, (exchange,), check)


def wrong_code(contract: HttpContract, subject: str, pointer: str, exchange: Exchange) -> Iterator[Finding]:
    """Hold the code of an error to the catalogue, where the document has one."""
    body = exchange.value
    code = body.get("code") if isinstance(body, dict) else None
    entry = contract.errors.get(code) if isinstance(code, str) else None
    if exchange.status < 400 or not contract.errors or (entry and entry.status == exchange.status):
        return
    if exchange.sent.method == "HEAD" or (entry is None and not isinstance(body, dict)):
        return
    fitting = [each.code for each in contract.errors.values() if each.status == exchange.status]
    if entry is None and not fitting:
        return
    expected = f"status {entry.status} for {code}" if entry else f"a code with status {exchange.status}"
    check = {"status": [exchange.status], "pointer": "/code", "not": code}
    got = f"{exchange.status} with code {code}"
    detail = f"{exchange.status} {code if entry else ''}".strip()
    yield Finding("http-error-code", subject, pointer, detail, expected, got, (exchange,), check)


def start(exchange: Exchange) -> str:
    """Return the start of an answer's body, for people."""
    return exchange.body[:200].decode("utf-8", "replace")


def _template(contract: HttpContract, path: str) -> re.Pattern[str]:
    parts = re.split(r"\{[^}]*\}", path)
    return re.compile(re.escape(contract.base) + "[^/]+".join(map(re.escape, parts)))
