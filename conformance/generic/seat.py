"""Who connects. Data only."""

from __future__ import annotations

from dataclasses import dataclass


class NoCredentials(Exception):
    """Nobody could log in; the text says why."""


@dataclass(eq=False)
class Seat:
    """Somebody who connects: the query parameters that open the channel, and a local address."""

    query: dict[str, str] | None = None
    address: str | None = None
