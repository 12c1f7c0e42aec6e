"""Users on different gateways of one server: they chat, see each other come and go, and have one connection each."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from tests.harness.api import (
    Api,
    User,
    at_once,
    befriend,
    expect_error,
    expect_ok,
    group,
    new_guest,
    new_user,
    single,
)
from tests.harness.frames import expect_auth_failed, pushes_up_to, say, send_acked, text_message, wait_until
from tests.harness.server import GoChatServer
from tests.harness.socket import Socket
from tests.scale.conftest import Sides, StartSides

GRACE_S = 1.0  # of the shared cluster
BEAT_S = 2.0  # between two heartbeats of a gateway
QUIET_S = 0.5  # long enough for what is sent at once to come, over Kafka too

Connect = Callable[[User, GoChatServer], Socket]


@pytest.fixture
def connect(open_socket: Callable[..., Socket]) -> Connect:
    """Connects a user to one gateway."""
    return lambda user, gateway: open_socket(user, on=gateway)


@pytest.fixture
def friends(sides: Sides) -> tuple[User, User]:
    """Two new friends; the first one's HTTP goes to the one gateway, the second one's to the other."""
    pair = new_user(sides.one), new_user(sides.other)
    befriend(*pair)
    return pair


@pytest.fixture(scope="module", autouse=True)
def server(sides: Sides) -> GoChatServer:
    """What fixtures of the whole run mean by the server."""
    return sides.one


def test_messages_cross_in_order_and_once(sides: Sides, friends: tuple[User, User], connect: Connect) -> None:
    ann, ben = friends
    chat = single(ann, ben)
    sockets = connect(ann, sides.one), connect(ben, sides.other)
    drafts = [[text_message(chat, f"{side} {number}") for number in range(150)] for side in ("ann", "ben")]

    def send(socket: Socket, data: list[dict[str, object]]) -> list[int]:
        for each in data:
            socket.send("send-message", each)
        acks = [socket.expect("message-ack", where={"client_msg_id": each["client_msg_id"]}) for each in data]
        return [ack["data"]["seqId"] for ack in acks]

    acked = at_once([lambda i=i: send(sockets[i], drafts[i]) for i in (0, 1)])  # type: ignore[misc]
    assert sorted(acked[0] + acked[1]) == list(range(1, 301))
    for socket, theirs, seq_ids in zip(sockets, drafts[::-1], acked[::-1], strict=True):
        pushed = pushes_up_to(socket, chat, max(seq_ids))
        assert [each["seqId"] for each in pushed] == sorted(seq_ids)
        assert [each["content"] for each in pushed] == [each["content"] for each in theirs]
        socket.expect_none("new-message", QUIET_S, where={"conversationId": chat})


def test_a_message_of_a_group_reaches_each_member_once(sides: Sides, connect: Connect) -> None:
    people = [new_user(sides.one) for _ in range(4)]
    room = group(people[0], *people[1:])
    sockets = [connect(user, gateway) for user, gateway in zip(people, (sides.one, sides.other) * 2, strict=True)]
    stranger = connect(new_user(sides.other), sides.other)
    for round_number in range(3):
        for sender in sockets:
            seq_id = say(sender, room, f"round {round_number}")["seqId"]
            for socket in sockets:
                if socket is not sender:
                    assert socket.expect("new-message")["data"]["seqId"] == seq_id
    for socket in (*sockets, stranger):
        socket.expect_none("new-message", QUIET_S, where={"conversationId": room})


def test_the_world_chat_reaches_everybody_once(sides: Sides, connect: Connect) -> None:
    guests = [new_guest(gateway) for gateway in (sides.one, sides.other) for _ in range(3)]
    sockets = [connect(guest, guest.api.server) for guest in guests]
    world_id = guests[0].api.world_id()
    seq_ids = [say(sockets[0], world_id)["seqId"], guests[5].api.say(world_id)["seqId"]]
    for index, socket in enumerate(sockets):
        expected = seq_ids[1:] if index == 0 else seq_ids
        pushed = [socket.expect("new-message", where={"conversationId": world_id})["data"]["seqId"] for _ in expected]
        assert pushed == expected
        socket.expect_none("new-message", QUIET_S, where={"conversationId": world_id})


def test_what_is_sent_over_http_elsewhere_comes_to_the_senders_own_socket(
    sides: Sides, friends: tuple[User, User], connect: Connect
) -> None:
    ann, ben = friends
    chat = single(ann, ben)
    own, theirs = connect(ann, sides.other), connect(ben, sides.one)
    seq_id = ann.api.say(chat, "by HTTP, to the first gateway")["seqId"]
    assert [socket.expect("new-message")["data"]["seqId"] for socket in (own, theirs)] == [seq_id, seq_id]


def test_what_is_read_on_one_gateway_is_read_on_the_other(
    sides: Sides, friends: tuple[User, User], connect: Connect
) -> None:
    ann, ben = friends
    chat = single(ann, ben)
    for _ in range(3):
        ann.api.say(chat)
    there = Api(sides.one, ben.token)
    assert there.conversation_in_list(chat)["unreadCount"] == 3
    socket = connect(ben, sides.other)
    socket.send("mark-read", {"conversationId": chat, "seqId": 2})
    socket.settle()
    wait_until(lambda: there.conversation_in_list(chat)["unreadCount"] == 1, "the read mark is seen there")


def test_a_repeat_through_the_other_gateway_is_the_same_message(
    sides: Sides, friends: tuple[User, User], connect: Connect
) -> None:
    ann, ben = friends
    chat = single(ann, ben)
    data = text_message(chat)
    listener = connect(ben, sides.other)
    with Socket(sides.one, ann.token) as socket:
        first = send_acked(socket, data)
    again = send_acked(connect(ann, sides.other), data)
    assert (again["messageId"], again["seqId"]) == (first["messageId"], first["seqId"])
    listener.expect("new-message", where={"conversationId": chat})
    listener.expect_none("new-message", QUIET_S)


def log_out(user: User) -> None:
    """Ends a login as its user does."""
    expect_ok(user.api.logout())


def use_twice(user: User) -> None:
    """Ends a login as a stolen refresh token does."""
    expect_ok(user.api.refresh_session({"refreshToken": user.refresh_token}))
    expect_error(user.api.refresh_session({"refreshToken": user.refresh_token}), "AUTH_FAILED")


@pytest.mark.parametrize("end", [log_out, use_twice])
def test_a_login_that_ends_ends_its_socket_on_the_other_gateway(
    sides: Sides, connect: Connect, end: Callable[[User], None]
) -> None:
    waited_s = 0.0
    for _ in range(4):
        user = new_user(sides.one)
        socket = connect(user, sides.other)
        end(user)
        began = time.monotonic()
        expect_auth_failed(socket)
        waited_s += time.monotonic() - began
    assert waited_s < BEAT_S, "that was the heartbeat, which looks for what no record told"


def test_the_newest_connection_wins_on_either_side(sides: Sides, friends: tuple[User, User], connect: Connect) -> None:
    ann, ben = friends
    friend = connect(ben, sides.one)
    first = connect(ann, sides.one)
    friend.expect("online-status", where={"userId": ann.id, "status": "online"})
    waited_s = 0.0
    for gateway in (sides.other, sides.one, sides.one, sides.other):
        second = connect(ann, gateway)
        began = time.monotonic()
        assert first.expect_close() == 4409
        waited_s += time.monotonic() - began
        first = second
    assert waited_s < BEAT_S, "that was the heartbeat, which looks for what no record told"
    first.settle()
    friend.expect_none("online-status", GRACE_S + QUIET_S)


@pytest.mark.parametrize("round_number", range(3))
def test_one_of_fifty_connections_at_once_survives(
    sides: Sides, friends: tuple[User, User], connect: Connect, round_number: int
) -> None:
    ann, ben = friends
    watchers = connect(ben, (sides.one, sides.other)[round_number % 2]), connect(new_user(sides.other), sides.other)
    with Socket(sides.other, ann.token):
        watchers[0].expect("online-status", where={"userId": ann.id, "status": "online"})
        gateways = [(sides.one, sides.other)[index % 2] for index in range(50)]
        sockets = at_once([lambda gateway=gateway: Socket(gateway, ann.token) for gateway in gateways])  # type: ignore[misc]
    try:
        wait_until(lambda: sum(socket.is_closed for socket in sockets) >= 49, "49 have ended", 15)
        time.sleep(QUIET_S)
        survivors = [socket for socket in sockets if not socket.is_closed]
        assert len(survivors) == 1
        assert {socket.expect_close() for socket in sockets if socket not in survivors} == {4409}
        survivors[0].settle()
        ben.api.say(single(ann, ben), "to the one that is left")
        survivors[0].expect("new-message")
        for watcher in watchers:
            watcher.expect_none("online-status", GRACE_S + QUIET_S)
    finally:
        for socket in sockets:
            socket.close()
    watchers[0].expect("online-status", where={"userId": ann.id, "status": "offline"})


def test_friends_on_another_gateway_are_told_who_comes_and_goes(
    sides: Sides, friends: tuple[User, User], connect: Connect
) -> None:
    ann, ben = friends
    friend = connect(ben, sides.other)
    stranger = connect(new_user(sides.other), sides.other)
    with Socket(sides.one, ann.token) as socket:
        assert socket.expect("online-status")["data"] == {"userId": ben.id, "status": "online"}
        assert friend.expect("online-status")["data"] == {"userId": ann.id, "status": "online"}
    closed_at = time.monotonic()
    assert friend.expect("online-status")["data"] == {"userId": ann.id, "status": "offline"}
    assert time.monotonic() - closed_at >= GRACE_S - 0.1
    stranger.expect_none("online-status", QUIET_S)


def test_who_moves_to_the_other_gateway_is_not_told_offline(
    sides: Sides, friends: tuple[User, User], connect: Connect
) -> None:
    ann, ben = friends
    friend = connect(ben, sides.one)
    for gateway in (sides.other, sides.one, sides.other):
        with Socket(gateway, ann.token) as socket:
            socket.settle()
        time.sleep(GRACE_S / 3)
    friend.expect("online-status", where={"userId": ann.id, "status": "online"})
    last = connect(ann, sides.one)
    last.settle()
    friend.expect_none("online-status", GRACE_S + QUIET_S)


def test_who_become_friends_hear_of_each_other_across(sides: Sides, connect: Connect) -> None:
    ann, ben = new_user(sides.one), new_user(sides.other)
    sockets = connect(ann, sides.one), connect(ben, sides.other)
    befriend(ann, ben)
    for socket, friend in zip(sockets, (ben, ann), strict=True):
        assert socket.expect("online-status")["data"] == {"userId": friend.id, "status": "online"}
        socket.expect_none("online-status", QUIET_S)


def test_rates_hold_over_both_gateways(start_sides: StartSides) -> None:
    sides = start_sides(GOCHAT_MESSAGE_RATE=1, GOCHAT_LOGIN_RATE=4)
    user = new_guest(sides.one)
    world_id = user.api.world_id()
    apis = user.api, Api(sides.other, user.token)
    body = {"content": "hello", "messageType": 1}
    statuses = [apis[number % 2].send_message(world_id, body).status_code for number in range(8)]
    assert statuses.count(201) in (2, 3), statuses  # the burst is twice the rate, and a token may have come back
    assert statuses.count(429) >= 5, statuses
    guests = [Api((sides.one, sides.other)[number % 2]).guest_login().status_code for number in range(8)]
    assert guests.count(201) <= 4, guests
    assert 429 in guests


def test_a_gateway_that_is_stopped_hands_its_users_over(start_sides: StartSides, connect: Connect) -> None:
    sides = start_sides(GOCHAT_PRESENCE_GRACE_S=3)
    ann, ben = new_user(sides.one), new_user(sides.one)
    befriend(ann, ben)
    friend = connect(ben, sides.other)
    socket = connect(ann, sides.one)
    friend.expect("online-status", where={"userId": ann.id, "status": "online"})
    sides.nodes[0].process.ask_to_stop()
    assert socket.expect_close(10) == 1012
    again = connect(ann, sides.other)
    sides.nodes[0].process.wait_stopped()
    again.settle()
    friend.expect_none("online-status", 4)
    say(again, single(User(ann.id, "", "", Api(sides.other, ann.token), ann.token, ""), ben))
    friend.expect("new-message")
    sides.cluster.start_gateway(sides.nodes[0])
    with Socket(sides.one, ann.token) as back:
        assert again.expect_close() == 4409
        back.settle()


def test_a_gateway_that_dies_stops_counting_within_15_s(
    start_sides: StartSides, connect: Connect, capsys: pytest.CaptureFixture[str]
) -> None:
    sides = start_sides()
    ann, ben, eve = (new_user(sides.other) for _ in range(3))
    befriend(ann, ben)
    befriend(eve, ben)
    friend = connect(ben, sides.other)
    connect(ann, sides.one)
    connect(eve, sides.one)
    for _ in range(2):
        friend.expect("online-status", where={"status": "online"})
    killed_at = time.monotonic()
    sides.nodes[0].process.kill()
    back = connect(eve, sides.other)  # is somewhere else, and never was away
    assert friend.expect("online-status", 15)["data"] == {"userId": ann.id, "status": "offline"}
    took_s = time.monotonic() - killed_at
    with capsys.disabled():
        print(f"\noffline {took_s:.1f} s after the kill of the gateway", end="")
    friend.expect_none("online-status", QUIET_S)
    back.settle()
    sides.cluster.start_gateway(sides.nodes[0])
    connect(ann, sides.one)
    friend.expect("online-status", where={"userId": ann.id, "status": "online"})


def test_a_gateway_that_was_taken_for_dead_comes_back_with_its_sockets(
    start_sides: StartSides, connect: Connect
) -> None:
    sides = start_sides()
    ann, ben, eve = (new_user(sides.other) for _ in range(3))
    befriend(ann, ben)
    befriend(eve, ben)
    friend = connect(ben, sides.other)
    stays, goes = connect(ann, sides.one), connect(eve, sides.one)
    for _ in range(2):
        friend.expect("online-status", where={"status": "online"})
    sides.nodes[0].process.pause()
    moved = connect(eve, sides.other)
    assert friend.expect("online-status", 15)["data"] == {"userId": ann.id, "status": "offline"}
    sides.nodes[0].process.go_on()
    assert friend.expect("online-status", 10)["data"] == {"userId": ann.id, "status": "online"}
    assert goes.expect_close(10) == 4409
    moved.settle()
    stays.settle()
    say(friend, single(ben, ann))
    stays.expect("new-message")
    friend.expect_none("online-status", QUIET_S)


def test_many_writers_on_both_gateways_leave_no_gap(sides: Sides) -> None:
    guests = [new_guest((sides.one, sides.other)[index % 2]) for index in range(10)]
    world_id = guests[0].api.world_id()
    seq_ids: list[int] = []
    lock = threading.Lock()

    def write(guest: User) -> None:
        with Socket(guest.api.server, guest.token) as socket:
            for number in range(30):
                data = say(socket, world_id, f"{guest.id} {number}")
                with lock:
                    seq_ids.append(data["seqId"])

    at_once([lambda guest=guest: write(guest) for guest in guests])  # type: ignore[misc]
    first = min(seq_ids)
    assert sorted(seq_ids) == list(range(first, first + 300))


def test_who_is_connected_misses_nothing_from_then_on(sides: Sides, connect: Connect) -> None:
    ann, ben = new_user(sides.one), new_user(sides.other)
    chat = single(ann, ben)
    writer = new_guest(sides.one)
    world_id = writer.api.world_id()
    done = threading.Event()

    def write() -> None:  # so that there is always something in front of a connection that wants to count
        with Socket(sides.one, writer.token) as socket:
            while not done.is_set():
                for _ in range(10):
                    socket.send("send-message", text_message(world_id))
                for _ in range(10):
                    socket.expect("message-ack")

    writing = threading.Thread(target=write)
    writing.start()
    try:
        with Socket(sides.one, ann.token) as sender:
            for number in range(30):
                with Socket((sides.one, sides.other)[number % 2], ben.token) as listener:
                    seq_id = say(sender, chat, f"number {number}")["seqId"]
                    assert listener.expect("new-message", where={"conversationId": chat})["data"]["seqId"] == seq_id
    finally:
        done.set()
        writing.join()
