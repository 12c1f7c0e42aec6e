"""Carries what has happened, after the commit, to those who push it to sockets.

Sits between the committer and the socket registry. Today in memory, in one process; events are frozen and hold
plain values, so that they can cross a process border.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec import Struct

from generated.server_frames import NewMessageFrame


class MessagePosted(Struct, frozen=True):
    """A message was stored.

    Attributes:
        frame: What recipients get.
        recipients: User ids, as of the commit; None for every account (the world chat).
        origin: Id of the connection that sent it, which gets no copy; None when it came over HTTP.
    """

    frame: NewMessageFrame
    recipients: tuple[str, ...] | None
    origin: str | None


class LoginEnded(Struct, frozen=True):
    """A login was ended by logout or revoked; its live socket must close."""

    login_id: str


class FriendsMade(Struct, frozen=True):
    """Two users became friends."""

    user_id: str
    friend_id: str


BusEvent = MessagePosted | LoginEnded | FriendsMade
Subscriber = Callable[[Sequence[BusEvent]], None]


class MemoryBus:
    """Hands events to the subscribers of this process, at once and in order."""

    def __init__(self) -> None:
        self._subscribers: list[Subscriber] = []

    def subscribe(self, subscriber: Subscriber) -> None:
        """Call `subscriber` with every batch of events from now on. It must not block."""
        self._subscribers.append(subscriber)

    def publish(self, events: Sequence[BusEvent]) -> None:
        """Hand `events` to every subscriber."""
        for subscriber in self._subscribers:
            subscriber(events)
