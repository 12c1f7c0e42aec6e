"""Cross-origin rules for /api (the Fetch standard, "CORS protocol"): pages of the allowed origins may call it."""

from __future__ import annotations

from typing import Any

from gochat.http.app import allowed_methods
from gochat.http.envelope import Answer, Headers

ALLOWED_HEADERS = "Authorization, Content-Type, Accept-Language"
EXPOSED_HEADERS = "Content-Language, Retry-After, WWW-Authenticate, Allow"
PREFLIGHT_MAX_AGE_S = 600


class Cors:
    """Decides what a page of another origin may do.

    Args:
        allowed_origins: Lower-case origins, or `*` for all. Tokens travel in a header, never in a cookie, so that
            credentials need no permission.
    """

    def __init__(self, allowed_origins: frozenset[str]) -> None:
        self._allowed_origins = allowed_origins

    def headers(self, environ: dict[str, Any]) -> Headers:
        """Return what to add to an answer; nothing where the request names no origin."""
        origin = environ.get("HTTP_ORIGIN")
        if origin is None:
            return []
        if "*" in self._allowed_origins:
            return [("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", EXPOSED_HEADERS)]
        if origin.lower() not in self._allowed_origins:
            return [("Vary", "Origin")]
        return [
            ("Access-Control-Allow-Origin", origin),
            ("Access-Control-Expose-Headers", EXPOSED_HEADERS),
            ("Vary", "Origin"),
        ]

    def preflight(self, environ: dict[str, Any]) -> Answer | None:
        """Return the answer to a preflight request, or None where the request is none."""
        if environ["REQUEST_METHOD"] != "OPTIONS" or "HTTP_ACCESS_CONTROL_REQUEST_METHOD" not in environ:
            return None
        methods = allowed_methods(environ["PATH_INFO"])
        headers = self.headers(environ)
        if not methods or not headers:
            return None
        if headers[0][0] == "Access-Control-Allow-Origin":
            headers += [
                ("Access-Control-Allow-Methods", ", ".join(methods)),
                ("Access-Control-Allow-Headers", ALLOWED_HEADERS),
                ("Access-Control-Max-Age", str(PREFLIGHT_MAX_AGE_S)),
            ]
        return Answer(204, b"", headers)
