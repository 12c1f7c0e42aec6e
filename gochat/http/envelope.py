"""Encodes answers: the envelope of success, and the one of every error, whoever finds it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from http import HTTPStatus

import msgspec

from generated.errors import SUCCESS_TEXTS, ContractError, MethodNotAllowed, RateLimited, UpgradeRequired

JSON = "application/json"
Headers = list[tuple[str, str]]

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers: `data` of the envelope and the status."""

    data: msgspec.Struct
    status: int = 200


@dataclass(frozen=True, slots=True)
class Answer:
    """A finished HTTP answer."""

    status: int
    body: bytes
    headers: Headers = field(default_factory=list)

    @property
    def status_line(self) -> str:
        """The status with its phrase, as WSGI wants it."""
        return f"{self.status} {HTTPStatus(self.status).phrase}"


class _Success(msgspec.Struct):
    success: bool
    message: str
    data: msgspec.Struct


class _Failure(msgspec.Struct, omit_defaults=True):
    message: str
    code: str
    details: dict[str, object] = {}
    success: bool = True  # always given as False; the default only keeps it from being omitted


def success_answer(reply: Reply, language: str) -> Answer:
    """Return the envelope of a success."""
    body = _encode(_Success(True, SUCCESS_TEXTS["ok"][language], reply.data))
    return Answer(reply.status, body, _headers(body, language))


def error_answer(error: ContractError, language: str, *, extra: Headers | None = None) -> Answer:
    """Return the envelope of an error, with the headers that its code demands."""
    body = _encode(_Failure(error.text(language), error.code, error.details, success=False))
    headers = _headers(body, language) + (extra or [])
    if isinstance(error, RateLimited):
        retry_after_ms = error.details.get("retryAfterMs", 0)
        assert isinstance(retry_after_ms, int)
        headers.append(("Retry-After", str(math.ceil(retry_after_ms / 1000))))
    elif isinstance(error, UpgradeRequired):  # RFC 6455, section 4.4; RFC 9110, 15.5.22
        headers += [("Sec-WebSocket-Version", "13"), ("Upgrade", "websocket"), ("Connection", "Upgrade")]
    elif error.status == 401:  # RFC 9110, 15.5.2
        headers.append(("WWW-Authenticate", "Bearer"))
    elif isinstance(error, MethodNotAllowed) and extra is None:
        raise ValueError("405 needs an Allow header")
    assert error.status is not None, f"{error.code} is no HTTP error"
    return Answer(error.status, body, headers)


def _headers(body: bytes, language: str) -> Headers:
    return [
        ("Content-Type", JSON),
        ("Content-Length", str(len(body))),
        ("Content-Language", language),
        ("Vary", "Accept-Language"),
        ("Cache-Control", "no-store"),
    ]
