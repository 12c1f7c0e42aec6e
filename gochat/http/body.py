"""Reads a request's body, never more of it than the limit."""

from __future__ import annotations

from typing import Any

from generated.errors import MessageTooLarge

MAX_DRAIN_BYTES = 8 * 1024 * 1024
"""How much of a refused body is read and dropped, so that the client sees the answer and may keep the connection; after
that the connection is closed."""


class BrokenBody(Exception):
    """The body ended early, or its chunks are not what RFC 9112 says; the connection is of no more use."""


class RequestBody:
    """The body of one WSGI request, by Content-Length or chunked.

    Args:
        max_bytes: A larger body is refused.
    """

    def __init__(self, environ: dict[str, Any], max_bytes: int) -> None:
        self._environ = environ
        self._input = environ["wsgi.input"]
        self._max_bytes = max_bytes
        self._chunked = environ.get("HTTP_TRANSFER_ENCODING", "").lower() == "chunked"
        self._length = int(environ.get("CONTENT_LENGTH") or 0)
        self._data: bytes | None = None

    @property
    def is_present(self) -> bool:
        """Whether there is any body; a chunked one is read to find out."""
        return bool(self.read()) if self._chunked else self._length > 0

    @property
    def is_too_large_to_drop(self) -> bool:
        """Whether the connection must close instead of reading the rest."""
        return self._length > MAX_DRAIN_BYTES

    def read(self) -> bytes:
        """Return the whole body.

        Raises:
            MessageTooLarge: it is over the limit, counted as received.
            BrokenBody: it cannot be read.
        """
        if self._data is None:
            if not self._chunked and self._length > self._max_bytes:
                raise MessageTooLarge()
            try:
                data: bytes = self._input.read(self._max_bytes + 1 if self._chunked else self._length)
            except OSError as error:
                raise BrokenBody() from error
            if len(data) > self._max_bytes:
                raise MessageTooLarge()
            self._data = data
        return self._data
