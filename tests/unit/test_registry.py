"""The registry tells each socket once that a friend is online, in whatever order friendship and connection come.

And it waits for who reads while much is delivered, for who does not read only once, and for nobody who comes meanwhile.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from types import SimpleNamespace

import gevent
import pytest

from generated.server_frames import MessageSender, NewMessageData, NewMessageFrame
from gochat.bus import FriendsMade, MessagePosted
from gochat.ws.registry import PATIENCE_S, READERS_S, Registry


@dataclass(eq=False)
class Ear:
    """The end of a session that the registry sees: notes what is sent to it."""

    user_id: str
    online_friends: set[str] = field(default_factory=set)
    heard: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.id = self.user_id
        self.actor = SimpleNamespace(user_id=self.user_id, login_id=self.user_id)

    def send_frame(self, frame: bytes) -> None:
        data = json.loads(frame[frame.index(b"{") :])["data"]
        self.heard.append((data["userId"], data["status"]))

    def close(self, code: int) -> None:
        return


@pytest.fixture
def friends() -> set[frozenset[str]]:
    return set()


@pytest.fixture
def registry(friends: set[frozenset[str]]) -> Registry:
    return Registry(lambda user: [next(iter(pair - {user})) for pair in friends if user in pair], 0.01)


def test_who_connects_while_the_friendship_is_told_hears_of_it_once(
    registry: Registry, friends: set[frozenset[str]]
) -> None:
    bob = Ear("bob")
    registry.add(bob)  # type: ignore[arg-type]
    friends.add(frozenset(("alice", "bob")))  # committed; the event is still on its way
    alice = Ear("alice")
    registry.add(alice)  # type: ignore[arg-type]
    registry.deliver([FriendsMade("alice", "bob")])
    assert alice.heard == [("bob", "online")]
    assert bob.heard == [("alice", "online")]


def test_two_who_are_online_hear_of_each_other_when_they_become_friends(
    registry: Registry, friends: set[frozenset[str]]
) -> None:
    alice, bob = Ear("alice"), Ear("bob")
    registry.add(alice)  # type: ignore[arg-type]
    registry.add(bob)  # type: ignore[arg-type]
    friends.add(frozenset(("alice", "bob")))
    registry.deliver([FriendsMade("alice", "bob")])
    assert alice.heard == [("bob", "online")]
    assert bob.heard == [("alice", "online")]


def test_a_friend_who_comes_back_is_told_again(registry: Registry, friends: set[frozenset[str]]) -> None:
    friends.add(frozenset(("alice", "bob")))
    alice, bob = Ear("alice"), Ear("bob")
    registry.add(alice)  # type: ignore[arg-type]
    registry.add(bob)  # type: ignore[arg-type]
    registry.remove(bob)  # type: ignore[arg-type]
    gevent.sleep(0.05)
    registry.add(Ear("bob"))  # type: ignore[arg-type]
    assert alice.heard == [("bob", "online"), ("bob", "offline"), ("bob", "online")]


# Much at once

MAX_BYTES = 16_000  # a sixteenth of it is a turn: three of the messages here


@dataclass(eq=False)
class Reader:
    """A session whose client reads, or does not: notes the seqIds that are queued for it, and the most that waited."""

    user_id: str
    reads: bool = True
    heard: list[int] = field(default_factory=list)
    waiting: int = 0
    most: int = 0

    def __post_init__(self) -> None:
        self.id = f"of-{self.user_id}"
        self.actor = SimpleNamespace(user_id=self.user_id, login_id=self.user_id)
        self.online_friends: set[str] = set()

    @property
    def is_behind(self) -> bool:
        return self.waiting * 2 > MAX_BYTES

    def send_frame(self, frame: bytes) -> None:
        self.heard.append(json.loads(frame[frame.index(b"{") :])["data"]["seqId"])
        self.waiting += len(frame)
        self.most = max(self.most, self.waiting)

    def read_for_ever(self) -> None:
        while self.reads:
            gevent.sleep(0.001)
            self.waiting = 0


def posted(seq_id: int) -> MessagePosted:
    message = NewMessageData(
        id=str(seq_id),
        conversation_id="world",
        sender=MessageSender(id="somebody", username="somebody"),
        content="x" * 200,
        message_type=1,
        seq_id=seq_id,
        created_at=1,
    )
    return MessagePosted(NewMessageFrame(data=message, timestamp=1), None, None)


@pytest.fixture
def crowded() -> Registry:
    return Registry(lambda user: [], 0.01, MAX_BYTES)


def test_who_reads_never_has_more_waiting_than_fits(crowded: Registry) -> None:
    reader = Reader("reader")
    crowded.add(reader)  # type: ignore[arg-type]
    reading = gevent.spawn(reader.read_for_ever)
    crowded.deliver([posted(number) for number in range(1, 501)])
    reading.kill()
    assert reader.heard == list(range(1, 501))
    assert MAX_BYTES / 16 < reader.most < MAX_BYTES


def test_who_does_not_read_is_waited_for_once(crowded: Registry) -> None:
    reader, deaf = Reader("reader"), Reader("deaf", reads=False)
    crowded.add(reader)  # type: ignore[arg-type]
    crowded.add(deaf)  # type: ignore[arg-type]
    reading = gevent.spawn(reader.read_for_ever)
    began = time.monotonic()
    for first in (1, 501):
        crowded.deliver([posted(number) for number in range(first, first + 500)])
    assert READERS_S + PATIENCE_S <= time.monotonic() - began < READERS_S + PATIENCE_S + 0.3
    assert deaf.heard == reader.heard == list(range(1, 1001))
    deaf.waiting = 0  # he has caught up; the next time he is waited for again, but has no patience left
    began = time.monotonic()
    crowded.deliver([posted(number) for number in range(1001, 1201)])
    assert READERS_S <= time.monotonic() - began < READERS_S + PATIENCE_S
    reading.kill()


def test_who_stops_for_a_moment_loses_nothing_in_many_small_deliveries_either(crowded: Registry) -> None:
    reader = Reader("reader")
    crowded.add(reader)  # type: ignore[arg-type]
    reading = gevent.spawn_later(READERS_S + PATIENCE_S / 2, reader.read_for_ever)
    for number in range(1, 501):
        crowded.deliver([posted(number)])
    reading.kill()
    assert reader.heard == list(range(1, 501))
    assert reader.most < MAX_BYTES


def test_who_connects_while_much_is_delivered_gets_none_of_it(crowded: Registry) -> None:
    reader, latecomer = Reader("reader"), Reader("latecomer")
    crowded.add(reader)  # type: ignore[arg-type]
    delivering = gevent.spawn(crowded.deliver, [posted(number) for number in range(1, 101)])
    while not reader.heard:
        gevent.sleep(0)
    assert len(reader.heard) < 100
    crowded.add(latecomer)  # type: ignore[arg-type]
    delivering.get(timeout=5)
    assert reader.heard == list(range(1, 101))
    assert latecomer.heard == [], "all of it was stored before he came"
    crowded.deliver([posted(101)])
    assert latecomer.heard == [101]
