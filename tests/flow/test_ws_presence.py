"""Friends are told once who comes and once who goes; nobody else is told, and a flap is not told at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from tests.harness.api import (
    User,
    ask_to_be_friends,
    at_once,
    befriend,
    expect_ok,
    group,
    login_again,
    new_guest,
    new_user,
    single,
)
from tests.harness.frames import expect_auth_failed, say, wait_until
from tests.harness.server import GoChatServer, running_server
from tests.harness.socket import Socket

GRACE_S = 1.0
QUIET_S = 0.3  # long enough for what is sent at once to come

Connect = Callable[[User], Socket]
Two = tuple[User, User]


@pytest.fixture(scope="module")
def here() -> Iterator[GoChatServer]:
    """A server with a short grace and few people, who all are this file's."""
    with running_server({"GOCHAT_PRESENCE_GRACE_S": f"{GRACE_S:g}"}) as running:
        yield running


class Village:
    """Pairs of friends whom the tests take in turn, and a watchman: everybody's friend, always online.

    He knows who is offline, so that the next test gets two of whom nothing of the last one is left.
    """

    def __init__(self, server: GoChatServer) -> None:
        self.watchman = new_user(server)
        self.people: list[User] = []
        self._server = server
        self._pairs: list[Two] = []
        self._online: set[str] = set()
        self._socket = Socket(server, self.watchman.token)

    def add_inhabitant(self) -> User:
        """Somebody new, known to nobody but the watchman."""
        user = new_user(self._server)
        befriend(self.watchman, user)
        self.people.append(user)
        return user

    def new_pair(self) -> Two:
        """Two new ones, whom the caller makes friends."""
        self._pairs.append((self.add_inhabitant(), self.add_inhabitant()))
        return self._pairs[-1]

    def take_friends(self) -> Two:
        """Two friends, both offline."""
        if len(self._pairs) < 3:
            befriend(*self.new_pair())
            return self._pairs[-1]
        online = self._look()
        pair = min(self._pairs, key=lambda pair: sum(user.id in online for user in pair))
        self.wait_until_offline(*pair)
        return pair

    def wait_until_offline(self, *users: User) -> None:
        """Waits until the grace of each is over."""
        ids = {user.id for user in users}
        wait_until(lambda: self._look().isdisjoint(ids), "they are offline", GRACE_S + 5)

    def close(self) -> None:
        """Sends the watchman home."""
        self._socket.close()

    def _look(self) -> set[str]:
        for frame in self._socket.drain():
            if frame["type"] == "online-status":
                came = frame["data"]["status"] == "online"
                (self._online.add if came else self._online.discard)(frame["data"]["userId"])
        return self._online


@pytest.fixture(scope="module")
def village(here: GoChatServer) -> Iterator[Village]:
    """The village, empty at first."""
    village = Village(here)
    yield village
    village.close()


@pytest.fixture
def connect(here: GoChatServer, village: Village) -> Iterator[Connect]:
    """Opens sockets; when the test is over, closes them. That the watchman is online is no test's business."""
    opened: list[Socket] = []

    def open_one(user: User) -> Socket:
        socket = Socket(here, user.token)
        opened.append(socket)
        if user.id in {person.id for person in village.people}:
            socket.expect("online-status", where={"userId": village.watchman.id, "status": "online"})
        return socket

    yield open_one
    for socket in opened:
        socket.close()


@pytest.fixture
def friends(village: Village) -> Two:
    """Two friends, both offline."""
    return village.take_friends()


@pytest.fixture
def not_yet_friends(village: Village) -> Two:
    """Two who are going to be friends, both offline."""
    return village.new_pair()


@pytest.fixture(scope="module")
def stranger(here: GoChatServer) -> User:
    """Nobody's friend."""
    return new_user(here)


def _told(socket: Socket, about: User, status: str, timeout_s: float = 5) -> None:
    """Holds that the socket is told so, and that it is the first thing it is told about anybody."""
    data = socket.expect("online-status", timeout_s)["data"]
    assert (data["userId"], data["status"]) == (about.id, status)


def _told_nothing(socket: Socket, within_s: float = QUIET_S) -> None:
    socket.expect_none("online-status", within_s)


def test_who_connects_is_told_of_each_friend_who_is_online(
    here: GoChatServer, connect: Connect, village: Village, stranger: User
) -> None:
    ann = village.add_inhabitant()
    (ben, dan), cleo = village.take_friends(), village.add_inhabitant()
    for friend in (ben, cleo, dan):
        befriend(ann, friend)
    for user in (ben, cleo, stranger):
        connect(user).settle()
    anns = connect(ann)
    told = [anns.expect("online-status")["data"] for _ in range(2)]
    assert {data["userId"] for data in told} == {ben.id, cleo.id}
    assert {data["status"] for data in told} == {"online"}
    _told_nothing(anns)
    anns.close()
    village.wait_until_offline(ann)


def test_a_friend_is_told_once_of_coming_and_once_of_going_after_the_grace(connect: Connect, friends: Two) -> None:
    ann, ben = friends
    bens = connect(ben)
    _told_nothing(bens)
    anns = connect(ann)
    _told(bens, ann, "online")
    _told_nothing(bens)
    closed = time.monotonic()
    anns.close()
    _told(bens, ann, "offline")
    took_s = time.monotonic() - closed
    assert GRACE_S - 0.1 <= took_s <= GRACE_S + 1.5, f"told after {took_s} s"
    _told_nothing(bens, GRACE_S)


def test_a_flap_shorter_than_the_grace_tells_nobody(connect: Connect, friends: Two) -> None:
    ann, ben = friends
    bens = connect(ben)
    anns = connect(ann)
    _told(bens, ann, "online")
    for _ in range(3):
        anns.close()
        time.sleep(GRACE_S * 0.1)
        anns = connect(ann)
        _told(anns, ben, "online")
    _told_nothing(bens, GRACE_S + 0.5)
    anns.settle()


def test_each_absence_starts_the_grace_anew(connect: Connect, friends: Two) -> None:
    ann, ben = friends
    bens = connect(ben)
    connect(ann).close()
    _told(bens, ann, "online")
    time.sleep(GRACE_S * 0.7)
    anns = connect(ann)
    anns.settle()
    anns.close()
    closed = time.monotonic()
    _told(bens, ann, "offline")
    assert time.monotonic() - closed >= GRACE_S - 0.1


def test_who_comes_back_after_the_grace_is_told_of_again(connect: Connect, friends: Two) -> None:
    ann, ben = friends
    bens = connect(ben)
    for _ in range(2):
        anns = connect(ann)
        _told(bens, ann, "online")
        anns.close()
        _told(bens, ann, "offline")


def test_a_friend_within_the_grace_counts_as_online(connect: Connect, friends: Two) -> None:
    ann, ben = friends
    anns = connect(ann)
    anns.settle()
    anns.close()
    bens = connect(ben)
    _told(bens, ann, "online")
    _told(bens, ann, "offline")
    _told_nothing(bens)


def test_a_friend_who_has_gone_is_not_told_of_on_connect(connect: Connect, friends: Two) -> None:
    ann, ben = friends
    anns, bens = connect(ann), connect(ben)
    anns.close()
    _told(bens, ann, "online")
    _told(bens, ann, "offline")
    bens.close()
    again = connect(ben)
    _told_nothing(again)


def test_a_replaced_connection_is_no_going(connect: Connect, friends: Two) -> None:
    ann, ben = friends
    bens = connect(ben)
    connect(ann)
    _told(bens, ann, "online")
    for _ in range(5):
        newest = connect(ann)
    _told_nothing(bens, GRACE_S + 0.5)
    newest.close()
    _told(bens, ann, "offline")
    _told_nothing(bens, GRACE_S)


def test_two_newer_connections_and_a_close_at_once_end_online(
    here: GoChatServer, connect: Connect, friends: Two
) -> None:
    ann, ben = friends
    bens = connect(ben)
    first = connect(ann)
    _told(bens, ann, "online")
    newer: list[Socket] = []
    calls: list[Callable[[], object]] = [first.close]
    calls += [lambda: newer.append(Socket(here, ann.token))] * 2
    at_once(calls)
    try:
        _told_nothing(bens, GRACE_S + 0.5)
    finally:
        for socket in newer:
            socket.close()


def test_logging_out_is_a_going_like_any_other(connect: Connect, friends: Two) -> None:
    ann, ben = login_again(friends[0]), friends[1]
    bens, anns = connect(ben), connect(ann)
    _told(bens, ann, "online")
    expect_ok(ann.api.logout())
    assert anns.expect_close() == 4401
    _told(bens, ann, "offline")
    connect(friends[0])
    _told(bens, ann, "online")


def test_a_socket_that_is_refused_is_no_coming(here: GoChatServer, connect: Connect, friends: Two) -> None:
    ann, ben = login_again(friends[0]), friends[1]
    bens = connect(ben)
    expect_ok(ann.api.logout())
    with Socket(here, ann.token) as refused:
        expect_auth_failed(refused)
    _told_nothing(bens)


def test_whoever_is_no_friend_is_told_nothing(
    here: GoChatServer, connect: Connect, village: Village, stranger: User
) -> None:
    ann, guest, (ben, _) = new_user(here), new_guest(here), village.take_friends()
    single(ann, stranger)
    group(ann, stranger, ben)
    ask_to_be_friends(ben, ann)  # pending
    refused = ask_to_be_friends(stranger, ann)
    expect_ok(ann.api.update_friend_request(refused, {"action": "reject"}))
    others = [connect(user) for user in (stranger, guest, ben)]
    anns = connect(ann)
    _told_nothing(anns)
    say(anns, ann.api.world_id(), "hello, world")
    anns.close()
    for socket in others:
        _told_nothing(socket, GRACE_S / 2)


def test_two_who_become_friends_while_online_are_told_once_each(connect: Connect, not_yet_friends: Two) -> None:
    ann, ben = not_yet_friends
    anns, bens = connect(ann), connect(ben)
    befriend(ann, ben)
    _told(anns, ben, "online")
    _told(bens, ann, "online")
    _told_nothing(anns)
    _told_nothing(bens)
    anns.close()
    _told(bens, ann, "offline")


def test_who_becomes_the_friend_of_somebody_offline_is_told_when_he_comes(
    connect: Connect, not_yet_friends: Two
) -> None:
    ann, ben = not_yet_friends
    anns = connect(ann)
    befriend(ann, ben)
    _told_nothing(anns)
    bens = connect(ben)
    _told(anns, ben, "online")
    _told(bens, ann, "online")


def test_who_becomes_the_friend_of_somebody_within_the_grace_is_told_he_is_online(
    connect: Connect, not_yet_friends: Two
) -> None:
    ann, ben = not_yet_friends
    anns, bens = connect(ann), connect(ben)
    bens.settle()
    request_id = ask_to_be_friends(ann, ben)
    bens.close()
    expect_ok(ben.api.update_friend_request(request_id, {"action": "accept"}))
    _told(anns, ben, "online")
    _told(anns, ben, "offline")
    _told_nothing(anns)


def test_nobody_is_told_about_oneself(connect: Connect, friends: Two) -> None:
    ann, _ = friends
    anns = connect(ann)
    _told_nothing(anns)
    again = connect(ann)
    _told_nothing(again)


def test_friends_who_come_at_once_are_told_of_each_other_once(connect: Connect, friends: Two) -> None:
    ann, ben = friends
    anns, bens = at_once([partial(connect, ann), partial(connect, ben)])
    _told(anns, ben, "online")
    _told(bens, ann, "online")
    _told_nothing(anns)
    _told_nothing(bens)
