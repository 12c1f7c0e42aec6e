"""What a call can fail with: the server's refusal, or no answer at all."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .catalogue import ERRORS


class GoChatError(Exception):
    """The server refused. Branch on `code`; `message` is for people.

    Attributes:
        code: A code of the catalogue; a newer server may have more.
        message: The server's text, in the language that was asked for.
        details: Facts, by code: `errors`, `retryAfterMs`, ...
        status: The HTTP status; None when it came over the socket.
    """

    def __init__(
        self, code: str, message: str, details: Mapping[str, Any] | None = None, status: int | None = None
    ) -> None:
        super().__init__(code, message)
        self.code = code
        self.message = message
        self.details: Mapping[str, Any] = details or {}
        self.status = status

    def __str__(self) -> str:
        return f"{self.code}: {self.message}"

    @property
    def retryable(self) -> bool:
        """Whether the same call can succeed later without any change."""
        return self.code in ERRORS and ERRORS[self.code].retryable


class ConnectionLost(Exception):
    """There was no answer: no network, no server, or the connection ended first."""
