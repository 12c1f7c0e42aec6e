"""What a crowd that does not give up remembers: of each message its attempts, of each connection its pushes."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from websockets.asyncio.client import ClientConnection

from tests.harness.api import User
from tests.harness.crowd import Fate

ACKED, LOST, SILENCE = "ack", "connection lost", "silence"


@dataclass
class Attempt:
    """One send of a message; times are those of `time.monotonic()`.

    Attributes:
        outcome: `ACKED`, `LOST`, `SILENCE` or the code of an error; None while it is open.
    """

    user: User
    sent_at: float
    ended_at: float = 0.0
    outcome: str | None = None


@dataclass
class PersistentFate(Fate):
    """A message with all its attempts."""

    attempts: list[Attempt] = field(default_factory=list)
    connections: set[int] = field(default_factory=set)

    @property
    def began_at(self) -> float:
        """When it was sent for the first time."""
        return self.attempts[0].sent_at

    @property
    def acked_at(self) -> float:
        """When it was acknowledged for the first time; it has to be."""
        return next(attempt.ended_at for attempt in self.attempts if attempt.outcome == ACKED)


@dataclass(eq=False)
class Connection:
    """One socket of a user, from the end of its handshake on.

    Attributes:
        pushed: The seqIds of the pushes, in the order of their arrival, by conversation.
        close_code: Of one that has ended.
        was_left: Whether the user ended it.
    """

    user: User
    socket: ClientConnection
    pushed: dict[str, list[int]] = field(default_factory=dict)
    close_code: int | None = None
    was_left: bool = False
    answers: dict[str, asyncio.Future[str]] = field(default_factory=dict)

    def leave(self) -> None:
        """Begins to end it."""
        self.was_left = True
        self._leaving = asyncio.get_running_loop().create_task(self.socket.close())


@dataclass
class Crossing:
    """A scout's message that was pushed to a scout elsewhere."""

    recipient: User
    began_at: float
    arrived_at: float
