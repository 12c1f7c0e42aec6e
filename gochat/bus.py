"""Carries what has happened, after the commit, to those who push it to sockets.

Sits between the committer and the socket registry: here in memory, in one process. `gochat.downstream` carries the same
events to other processes; they are frozen and hold plain values.
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
        again: It may have been told before: who has seen it, or a later one of the conversation, passes it over.
        write: Number of the write that stored it (`Transaction.number`); a connection that counts since a later one
            finds the message in the history. None where that is not known.
    """

    frame: NewMessageFrame
    recipients: tuple[str, ...] | None
    origin: str | None
    again: bool = False
    write: int | None = 0


class LoginEnded(Struct, frozen=True):
    """A login was ended by logout or revoked; its live socket must close."""

    login_id: str


class FriendsMade(Struct, frozen=True):
    """Two users became friends."""

    user_id: str
    friend_id: str


class StatusChanged(Struct, frozen=True):
    """A user came online or went offline, where several gateways share the users.

    Attributes:
        version: Grows with each change of this user's status; events of different gateways may overtake each other.
        recipients: Ids of the friends to tell.
    """

    user_id: str
    is_online: bool
    version: int
    recipients: tuple[str, ...]


class ConnectionReplaced(Struct, frozen=True):
    """A user has a newer connection, perhaps to another gateway; the one named here must close."""

    user_id: str
    connection_id: str


BusEvent = MessagePosted | LoginEnded | FriendsMade | StatusChanged | ConnectionReplaced
Subscriber = Callable[[Sequence[BusEvent]], None]


class BusUnusable(Exception):
    """What should carry the events cannot be used; the text says which and why, for the one who started the server."""


class MemoryBus:
    """Hands events to the subscribers of this process, at once and in order."""

    def __init__(self) -> None:
        self._subscribers: list[Subscriber] = []

    def subscribe(self, subscriber: Subscriber) -> None:
        """Call `subscriber` with every batch of events from now on. While it waits, nothing is committed."""
        self._subscribers.append(subscriber)

    def publish(self, events: Sequence[BusEvent]) -> None:
        """Hand `events` to every subscriber."""
        for subscriber in self._subscribers:
            subscriber(events)
