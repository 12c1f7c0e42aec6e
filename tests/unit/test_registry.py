"""The registry tells each socket once that a friend is online, in whatever order friendship and connection come."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from types import SimpleNamespace

import gevent
import pytest

from gochat.bus import FriendsMade
from gochat.ws.registry import Registry


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
