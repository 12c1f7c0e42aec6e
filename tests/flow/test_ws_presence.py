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
from tests.harness.frames import expect_auth_failed, say
from tests.harness.server import GoChatServer, running_server
from tests.harness.socket import Socket

GRACE_S = 1.0
QUIET_S = 0.3  # long enough for what is sent at once to come

Connect = Callable[[User], Socket]


@pytest.fixture(scope="module")
def here() -> Iterator[GoChatServer]:
    """A server with a short grace and few people, who all are this file's."""
    with running_server({"GOCHAT_PRESENCE_GRACE_S": f"{GRACE_S:g}"}) as running:
        yield running


@pytest.fixture
def connect(here: GoChatServer) -> Iterator[Connect]:
    """Opens sockets; when the test is over, closes them."""
    opened: list[Socket] = []

    def open_one(user: User) -> Socket:
        opened.append(Socket(here, user.token))
        return opened[-1]

    yield open_one
    for socket in opened:
        socket.close()


@pytest.fixture
def ann(here: GoChatServer) -> User:
    return new_user(here)


@pytest.fixture
def ben(here: GoChatServer) -> User:
    return new_user(here)


@pytest.fixture
def friends(ann: User, ben: User) -> tuple[User, User]:
    """Two friends, both offline."""
    befriend(ann, ben)
    return ann, ben


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
    here: GoChatServer, connect: Connect, ann: User, ben: User, stranger: User
) -> None:
    cleo, dan = new_user(here), new_user(here)
    for friend in (ben, cleo, dan):
        befriend(ann, friend)
    for user in (ben, cleo, stranger):
        connect(user).settle()
    anns = connect(ann)
    told = [anns.expect("online-status")["data"] for _ in range(2)]
    assert {data["userId"] for data in told} == {ben.id, cleo.id}
    assert {data["status"] for data in told} == {"online"}
    _told_nothing(anns)


def test_a_friend_is_told_once_of_coming_and_once_of_going_after_the_grace(
    connect: Connect, friends: tuple[User, User]
) -> None:
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


def test_a_flap_shorter_than_the_grace_tells_nobody(connect: Connect, friends: tuple[User, User]) -> None:
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


def test_each_absence_starts_the_grace_anew(connect: Connect, friends: tuple[User, User]) -> None:
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


def test_who_comes_back_after_the_grace_is_told_of_again(connect: Connect, friends: tuple[User, User]) -> None:
    ann, ben = friends
    bens = connect(ben)
    for _ in range(2):
        anns = connect(ann)
        _told(bens, ann, "online")
        anns.close()
        _told(bens, ann, "offline")


def test_a_friend_within_the_grace_counts_as_online(connect: Connect, friends: tuple[User, User]) -> None:
    ann, ben = friends
    anns = connect(ann)
    anns.settle()
    anns.close()
    bens = connect(ben)
    _told(bens, ann, "online")
    _told(bens, ann, "offline")
    _told_nothing(bens)


def test_a_friend_who_has_gone_is_not_told_of_on_connect(connect: Connect, friends: tuple[User, User]) -> None:
    ann, ben = friends
    anns, bens = connect(ann), connect(ben)
    anns.close()
    _told(bens, ann, "online")
    _told(bens, ann, "offline")
    bens.close()
    again = connect(ben)
    _told_nothing(again)


def test_a_replaced_connection_is_no_going(connect: Connect, friends: tuple[User, User]) -> None:
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


def test_two_newer_connections_and_a_close_at_once_end_online(connect: Connect, friends: tuple[User, User]) -> None:
    ann, ben = friends
    bens = connect(ben)
    first = connect(ann)
    _told(bens, ann, "online")
    calls: list[Callable[[], object]] = [first.close, partial(connect, ann), partial(connect, ann)]
    at_once(calls)
    _told_nothing(bens, GRACE_S + 0.5)


def test_logging_out_is_a_going_like_any_other(connect: Connect, friends: tuple[User, User]) -> None:
    ann, ben = friends
    bens, anns = connect(ben), connect(ann)
    _told(bens, ann, "online")
    expect_ok(ann.api.logout())
    assert anns.expect_close() == 4401
    _told(bens, ann, "offline")
    connect(login_again(ann))
    _told(bens, ann, "online")


def test_a_socket_that_is_refused_is_no_coming(
    here: GoChatServer, connect: Connect, friends: tuple[User, User]
) -> None:
    ann, ben = friends
    bens = connect(ben)
    expect_ok(ann.api.logout())
    with Socket(here, ann.token) as refused:
        expect_auth_failed(refused)
    _told_nothing(bens)


def test_whoever_is_no_friend_is_told_nothing(
    here: GoChatServer, connect: Connect, ann: User, ben: User, stranger: User
) -> None:
    guest = new_guest(here)
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


def test_two_who_become_friends_while_online_are_told_once_each(connect: Connect, ann: User, ben: User) -> None:
    anns, bens = connect(ann), connect(ben)
    befriend(ann, ben)
    _told(anns, ben, "online")
    _told(bens, ann, "online")
    _told_nothing(anns)
    _told_nothing(bens)
    anns.close()
    _told(bens, ann, "offline")


def test_who_becomes_the_friend_of_somebody_offline_is_told_when_he_comes(
    connect: Connect, ann: User, ben: User
) -> None:
    anns = connect(ann)
    befriend(ann, ben)
    _told_nothing(anns)
    bens = connect(ben)
    _told(anns, ben, "online")
    _told(bens, ann, "online")


def test_who_becomes_the_friend_of_somebody_within_the_grace_is_told_he_is_online(
    connect: Connect, ann: User, ben: User
) -> None:
    anns, bens = connect(ann), connect(ben)
    bens.settle()
    request_id = ask_to_be_friends(ann, ben)
    bens.close()
    expect_ok(ben.api.update_friend_request(request_id, {"action": "accept"}))
    _told(anns, ben, "online")
    _told(anns, ben, "offline")
    _told_nothing(anns)


def test_nobody_is_told_about_oneself(connect: Connect, friends: tuple[User, User]) -> None:
    ann, _ = friends
    anns = connect(ann)
    _told_nothing(anns)
    again = connect(ann)
    _told_nothing(again)


def test_friends_who_come_at_once_are_told_of_each_other_once(connect: Connect, friends: tuple[User, User]) -> None:
    ann, ben = friends
    anns, bens = at_once([partial(connect, ann), partial(connect, ben)])
    _told(anns, ben, "online")
    _told(bens, ann, "online")
    _told_nothing(anns)
    _told_nothing(bens)


def test_a_friend_is_offline_for_who_comes_after_a_restart(
    start_server: Callable[..., GoChatServer],
) -> None:
    server = start_server()
    ann, ben = new_user(server), new_user(server)
    befriend(ann, ben)
    with Socket(server, ann.token) as anns:
        anns.settle()
        server.restart()
        assert anns.expect_close() == 1012
    with Socket(server, ben.token) as bens:
        _told_nothing(bens)
        with Socket(server, ann.token) as anns:
            _told(bens, ann, "online")
            _told(anns, ben, "online")
