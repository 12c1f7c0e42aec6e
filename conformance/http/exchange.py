"""Requests as they are written and as they are sent, answers, and findings: the data of the HTTP layer.

A request is written with placeholders (`kit.group`, `Bearer kit.as-owner`) that `world` fills in when it is sent, so
that the same request can be sent again, and be told as a trace, whatever ids the server gives out. No behaviour.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from conformance.contract.judge import ABSENT

FORGED = "kit-forged"
"""A token that nobody has given out."""


@dataclass(frozen=True, slots=True)
class Sent:
    """A request.

    Attributes:
        path: As on the wire: percent-encoded, with the contract's base path, without the query.
        query: As on the wire, without `?`.
        headers: By lower-case name.
    """

    method: str
    path: str
    query: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    @staticmethod
    def at(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Sent:
        """Return the request for a whole URL."""
        parts = urlsplit(url)
        return Sent(method, parts.path, parts.query, {name.lower(): value for name, value in headers.items()}, body)

    @property
    def token(self) -> str:
        """The bearer token, "" when there is none."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token if scheme.lower() == "bearer" else ""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and what came back.

    Attributes:
        written: With placeholders.
        sent: As it went over the wire.
        status: 0 when there was no HTTP answer; `failure` then says why.
        headers: By lower-case name; several values of one are joined by a comma.
    """

    written: Sent
    sent: Sent
    status: int
    headers: Mapping[str, str]
    body: bytes
    failure: str = ""

    @property
    def value(self) -> Any:
        """Return the parsed JSON of the answer, `ABSENT` when it is none."""
        if not self.body:
            return ABSENT
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return ABSENT


@dataclass(frozen=True, slots=True)
class Finding:
    """A broken rule, with the exchanges that show it; the last one is the one that is wrong.

    Attributes:
        check: What a trace's check asks of the last answer: `status`, or `pointer` or `header` with a comparison.
    """

    rule: str
    subject: str
    pointer: str
    detail: str
    expected: str
    got: str
    exchanges: tuple[Exchange, ...]
    check: Mapping[str, Any]

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What tells it from other findings."""
        return (self.rule, self.subject, self.pointer, self.detail)
