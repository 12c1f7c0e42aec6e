"""Looks at a WebSocket handshake before flask-sock does: a bad one gets 426, a foreign origin 403."""

from __future__ import annotations

import base64
import binascii
from typing import Any
from urllib.parse import urlsplit

from generated.errors import ContractError, Forbidden, UpgradeRequired

KEPT_HEADERS = ("HTTP_UPGRADE", "HTTP_CONNECTION", "HTTP_SEC_WEBSOCKET_KEY", "HTTP_SEC_WEBSOCKET_VERSION")
"""All that the handshake needs. Without Sec-WebSocket-Extensions no compression is negotiated; flask-sock would
always accept it."""


def check_handshake(environ: dict[str, Any], allowed_origins: frozenset[str]) -> ContractError | None:
    """Return why the handshake of RFC 6455, section 4.2.1 must be refused, or None."""
    connection = {token.strip().lower() for token in environ.get("HTTP_CONNECTION", "").split(",")}
    if (
        environ["REQUEST_METHOD"] != "GET"
        or environ["SERVER_PROTOCOL"] != "HTTP/1.1"
        or environ.get("HTTP_UPGRADE", "").strip().lower() != "websocket"
        or "upgrade" not in connection
        or environ.get("HTTP_SEC_WEBSOCKET_VERSION", "").strip() != "13"
        or not _is_key(environ.get("HTTP_SEC_WEBSOCKET_KEY", "").strip())
    ):
        return UpgradeRequired()
    if not is_allowed_origin(environ, allowed_origins):
        return Forbidden()
    return None


def is_allowed_origin(environ: dict[str, Any], allowed_origins: frozenset[str]) -> bool:
    """Say whether a page of the request's Origin may call: none at all, our own, or one of the allow-list."""
    origin = environ.get("HTTP_ORIGIN", "").strip().lower()
    if not origin or "*" in allowed_origins or origin in allowed_origins:
        return True
    own_host = environ.get("HTTP_HOST", "").strip().lower()
    parts = urlsplit(origin)
    return bool(own_host) and parts.scheme in ("http", "https") and parts.netloc == own_host


def strip_headers(environ: dict[str, Any]) -> None:
    """Leave only the headers that the handshake needs; what a client adds cannot make the library stumble."""
    for name in [name for name in environ if name.startswith("HTTP_") and name not in KEPT_HEADERS]:
        del environ[name]
    environ["HTTP_HOST"] = "gochat"
    for name in KEPT_HEADERS:
        environ[name] = environ[name].strip()
    environ["HTTP_CONNECTION"] = "Upgrade"
    environ["HTTP_UPGRADE"] = "websocket"


def _is_key(key: str) -> bool:
    try:
        return len(base64.b64decode(key, validate=True)) == 16
    except (binascii.Error, ValueError):
        return False
