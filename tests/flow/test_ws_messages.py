"""A message sent over the socket is stored, acknowledged, and pushed once to everybody else it is for."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

import pytest
from websockets.exceptions import ConnectionClosed

from tests.harness.api import (
    FILE,
    IMAGE,
    TEXT,
    Json,
    User,
    at_once,
    expect_error,
    expect_ok,
    group,
    new_guest,
    new_user,
    single,
)
from tests.harness.frames import (
    pushes_up_to,
    read_text,
    say,
    send_acked,
    send_refused,
    text_message,
    wait_until,
)
from tests.harness.server import GoChatServer
from tests.harness.socket import OP_TEXT, RawSocket, Socket, encode_frame

OpenSocket = Callable[..., Socket]

QUIET_S = 0.3  # long enough for a push that should not come to come


def _body(data: Json) -> Json:
    """The same message as a body of the HTTP edge."""
    return {name: value for name, value in data.items() if name != "conversationId"}


def _post(user: User, data: Json) -> Json:
    """Sends the message over HTTP and returns it as stored."""
    return expect_ok(user.api.send_message(data["conversationId"], _body(data)), 201)


def _expect_no_push(socket: Socket, conversation_id: str) -> None:
    socket.expect_none("new-message", QUIET_S, where={"conversationId": conversation_id})


# The acknowledgement


def test_a_sent_message_is_acknowledged_with_what_it_became(alice: User, bob: User, open_socket: OpenSocket) -> None:
    group_id = group(alice, bob)
    socket = open_socket(alice)
    before = int(time.time())
    data = text_message(group_id, "你好")
    socket.send("send-message", data)
    frame = socket.expect("message-ack")
    ack = frame["data"]
    assert ack["client_msg_id"] == data["client_msg_id"]
    assert ack["status"] == "success"
    assert ack["seqId"] == 1
    assert before - 1 <= ack["createdAt"] <= time.time() + 1
    assert before - 1 <= frame["timestamp"] <= time.time() + 1
    (stored,) = bob.api.history(group_id)
    assert stored["id"] == ack["messageId"]
    assert stored["senderId"] == alice.id
    assert (stored["messageType"], stored["content"]) == (TEXT, "你好")
    assert (stored["seqId"], stored["createdAt"]) == (ack["seqId"], ack["createdAt"])


def test_a_frame_may_carry_the_clients_clock(alice: User, open_socket: OpenSocket) -> None:
    socket = open_socket(alice)
    data = text_message(group(alice))
    socket.send("send-message", data, timestamp=1)
    ack = socket.expect("message-ack")["data"]
    assert ack["createdAt"] > 1_700_000_000, "the time of a message is the server's"


def test_an_acknowledged_message_is_in_the_history_at_once(alice: User, open_socket: OpenSocket) -> None:
    group_id = group(alice)
    socket = open_socket(alice)
    for number in range(1, 11):
        ack = say(socket, group_id, f"message {number}")
        newest = alice.api.history(group_id, limit=1)[0]
        assert (newest["id"], newest["seqId"]) == (ack["messageId"], number)


def test_a_pushed_message_is_in_the_history_at_once(alice: User, bob: User, open_socket: OpenSocket) -> None:
    group_id = group(alice, bob)
    alices, bobs = open_socket(alice), open_socket(bob)
    for number in range(1, 11):
        alices.send("send-message", text_message(group_id, f"message {number}"))
        push = bobs.expect("new-message", where={"conversationId": group_id})["data"]
        assert bob.api.history(group_id, limit=1)[0]["id"] == push["id"]


def test_two_hundred_sends_in_a_row_are_all_acknowledged_in_order(
    alice: User, bob: User, open_socket: OpenSocket
) -> None:
    group_id = group(alice, bob)
    alices, bobs = open_socket(alice), open_socket(bob)
    sent = [text_message(group_id, f"message {number}") for number in range(200)]
    for data in sent:
        alices.send("send-message", data)
    acks = [alices.expect("message-ack")["data"] for _ in sent]
    assert [ack["client_msg_id"] for ack in acks] == [data["client_msg_id"] for data in sent]
    assert [ack["seqId"] for ack in acks] == list(range(1, 201))
    pushes = pushes_up_to(bobs, group_id, 200)
    assert [push["id"] for push in pushes] == [ack["messageId"] for ack in acks]
    assert [push["content"] for push in pushes] == [data["content"] for data in sent]


def test_frames_right_behind_the_handshake_are_not_lost(server: GoChatServer, alice: User) -> None:
    group_id = group(alice)
    sent = [text_message(group_id, f"early {number}") for number in range(3)]
    frames = [{"type": "send-message", "data": data} for data in sent] + [{"type": "ping"}]
    early = b"".join(encode_frame(OP_TEXT, json.dumps(frame).encode()) for frame in frames)
    with RawSocket(server, alice.token, right_behind=early) as raw:
        assert raw.status == 101
        answers = [read_text(raw) for _ in frames]
    acks = [answer["data"] for answer in answers if answer["type"] == "message-ack"]
    assert [ack["client_msg_id"] for ack in acks] == [data["client_msg_id"] for data in sent]
    assert [ack["seqId"] for ack in acks] == [1, 2, 3]
    assert "pong" in {answer["type"] for answer in answers}


@pytest.mark.parametrize(
    ("message_type", "content"),
    [
        (TEXT, "x"),
        (TEXT, " \n\t\r\n "),
        (TEXT, '<script>alert(1)</script> & "quotes" \\ / \u2028'),
        (TEXT, "🙂👩‍👩‍👧‍👦é\u202e\u200b\ufeff"),
        (TEXT, "\x01\x1f\x7f\uffff\U0010ffff"),
        (IMAGE, "https://example.org/picture.png"),
        (FILE, '{"name":"report.pdf","url":"https://example.org/report.pdf"}'),
    ],
    ids=lambda value: repr(value)[:12] if isinstance(value, str) else str(value),
)
@pytest.mark.parametrize("escaped", [False, True], ids=["utf8", "escaped"])
def test_content_arrives_to_the_code_point(
    alice: User, bob: User, open_socket: OpenSocket, message_type: int, content: str, escaped: bool
) -> None:
    chat_id = single(alice, bob)
    alices, bobs = open_socket(alice), open_socket(bob)
    data = text_message(chat_id, content, messageType=message_type)
    alices.send_raw(json.dumps({"type": "send-message", "data": data}, ensure_ascii=escaped))
    seq_id = alices.expect("message-ack")["data"]["seqId"]
    push = bobs.expect("new-message", where={"seqId": seq_id})["data"]
    assert (push["messageType"], push["content"]) == (message_type, content)
    stored = bob.api.history(chat_id, limit=1)[0]
    assert (stored["messageType"], stored["content"]) == (message_type, content)


# The push


def test_a_push_tells_who_said_what(alice: User, bob: User, open_socket: OpenSocket) -> None:
    group_id = group(alice, bob)
    alices, bobs = open_socket(alice), open_socket(bob)
    data = text_message(group_id, "https://example.org/cat.png", messageType=IMAGE)
    ack = send_acked(alices, data)
    push = bobs.expect("new-message")["data"]
    assert push["id"] == ack["messageId"]
    assert push["conversationId"] == group_id
    assert (push["sender"]["id"], push["sender"]["username"]) == (alice.id, alice.username)
    assert (push["messageType"], push["content"]) == (IMAGE, data["content"])
    assert (push["seqId"], push["createdAt"]) == (ack["seqId"], ack["createdAt"])


def test_a_push_shows_the_senders_picture_once_there_is_one(
    server: GoChatServer, bob: User, open_socket: OpenSocket
) -> None:
    sender = new_user(server)
    group_id = group(sender, bob)
    senders, bobs = open_socket(sender), open_socket(bob)
    say(senders, group_id)
    assert "avatarUrl" not in bobs.expect("new-message")["data"]["sender"]
    expect_ok(sender.api.update_profile({"avatarUrl": "https://example.org/new.png"}))
    say(senders, group_id)
    assert bobs.expect("new-message")["data"]["sender"]["avatarUrl"] == "https://example.org/new.png"


def test_everybody_else_gets_a_message_once_and_the_sending_connection_does_not(
    alice: User, bob: User, carol: User, open_socket: OpenSocket
) -> None:
    group_id = group(alice, bob, carol)
    sockets = {user.id: open_socket(user) for user in (alice, bob, carol)}
    first = say(sockets[alice.id], group_id, "from alice")
    last = say(sockets[bob.id], group_id, "from bob")
    seen = {
        user_id: [push["id"] for push in pushes_up_to(socket, group_id, 2)]
        for user_id, socket in sockets.items()
        if user_id != bob.id
    }
    seen[bob.id] = [push["id"] for push in pushes_up_to(sockets[bob.id], group_id, 1)]
    assert seen == {
        alice.id: [last["messageId"]],
        bob.id: [first["messageId"]],
        carol.id: [first["messageId"], last["messageId"]],
    }
    for socket in sockets.values():
        _expect_no_push(socket, group_id)


def test_a_message_sent_over_http_reaches_the_senders_own_socket_too(
    alice: User, bob: User, open_socket: OpenSocket
) -> None:
    group_id = group(alice, bob)
    alices, bobs = open_socket(alice), open_socket(bob)
    sent = alice.api.say(group_id, "over HTTP")
    for socket in (alices, bobs):
        push = socket.expect("new-message")["data"]
        assert (push["id"], push["content"], push["seqId"]) == (sent["id"], "over HTTP", 1)
        assert push["sender"]["id"] == alice.id
        _expect_no_push(socket, group_id)


def test_a_stranger_gets_no_push(alice: User, bob: User, carol: User, open_socket: OpenSocket) -> None:
    carols = open_socket(carol)
    alices = open_socket(alice)
    say(alices, single(alice, bob))
    say(alices, group(alice, bob))
    carols.expect_none("new-message", QUIET_S)


def test_the_other_one_of_a_single_chat_gets_the_message(alice: User, bob: User, open_socket: OpenSocket) -> None:
    chat_id = single(alice, bob)
    alices, bobs = open_socket(alice), open_socket(bob)
    there = say(alices, chat_id, "how are you")
    back = say(bobs, chat_id, "fine")
    assert bobs.expect("new-message", where={"conversationId": chat_id})["data"]["id"] == there["messageId"]
    assert alices.expect("new-message", where={"conversationId": chat_id})["data"]["id"] == back["messageId"]
    assert back["seqId"] == there["seqId"] + 1


def test_a_message_in_the_world_chat_reaches_users_and_guests(
    alice: User, bob: User, guest: User, open_socket: OpenSocket
) -> None:
    world_id = alice.api.world_id()
    sockets = [open_socket(user) for user in (guest, alice, bob)]
    for index, sender in enumerate(sockets):
        ack = say(sender, world_id, "hello, world")
        for other in sockets[:index] + sockets[index + 1 :]:
            push = other.expect("new-message", where={"conversationId": world_id})["data"]
            assert push["id"] == ack["messageId"]


def test_who_connects_later_gets_no_old_messages(alice: User, bob: User, open_socket: OpenSocket) -> None:
    group_id = group(alice, bob)
    alice.api.say(group_id)
    open_socket(bob).expect_none("new-message", QUIET_S)


# Who is a member


def _removed(owner: User, member: User, group_id: str) -> None:
    expect_ok(owner.api.remove_member(group_id, member.id))


def _left(_: User, member: User, group_id: str) -> None:
    expect_ok(member.api.remove_member(group_id, member.id))


@pytest.mark.parametrize("end_membership", [_removed, _left])
def test_who_is_no_member_any_more_gets_and_sends_nothing(
    alice: User,
    bob: User,
    carol: User,
    open_socket: OpenSocket,
    end_membership: Callable[[User, User, str], None],
) -> None:
    group_id = group(alice, bob, carol)
    alices, bobs, carols = open_socket(alice), open_socket(bob), open_socket(carol)
    say(alices, group_id, "to both")
    pushes_up_to(carols, group_id, 1)
    end_membership(alice, carol, group_id)
    say(alices, group_id, "to bob")
    alice.api.say(group_id, "to bob, over HTTP")
    assert len(pushes_up_to(bobs, group_id, 3)) == 3
    _expect_no_push(carols, group_id)
    send_refused(carols, text_message(group_id), "FORBIDDEN")
    assert len(alice.api.history(group_id)) == 3


def test_a_new_member_gets_what_is_sent_from_then_on(alice: User, bob: User, open_socket: OpenSocket) -> None:
    group_id = group(alice)
    alices, bobs = open_socket(alice), open_socket(bob)
    say(alices, group_id, "before")
    expect_ok(alice.api.add_members(group_id, {"members": [bob.id]}), 201)
    say(alices, group_id, "after")
    assert [push["content"] for push in pushes_up_to(bobs, group_id, 2)] == ["after"]
    assert say(bobs, group_id, "thank you")["seqId"] == 3


def test_who_was_added_again_gets_messages_again(alice: User, bob: User, open_socket: OpenSocket) -> None:
    group_id = group(alice, bob)
    alices, bobs = open_socket(alice), open_socket(bob)
    _removed(alice, bob, group_id)
    say(alices, group_id, "while away")
    expect_ok(alice.api.add_members(group_id, {"members": [bob.id]}), 201)
    say(alices, group_id, "back again")
    assert [push["content"] for push in pushes_up_to(bobs, group_id, 2)] == ["back again"]


def test_a_new_group_needs_no_new_connection(alice: User, bob: User, open_socket: OpenSocket) -> None:
    alices, bobs = open_socket(alice), open_socket(bob)
    bobs.settle()
    group_id = group(alice, bob)
    say(alices, group_id)
    pushes_up_to(bobs, group_id, 1)


def test_pushes_follow_membership_while_it_changes_under_load(
    alice: User, bob: User, carol: User, open_socket: OpenSocket
) -> None:
    group_id = group(alice, bob)
    bobs, carols = open_socket(bob), open_socket(carol)
    stop = threading.Event()

    def keep_sending() -> int:
        sent = 0
        while not stop.is_set():
            sent = say(bobs, group_id)["seqId"]
        return sent

    def last_stored() -> int:
        newest = alice.api.history(group_id, limit=1)
        return int(newest[0]["seqId"]) if newest else 0

    def wait_for_more_than(seq_id: int) -> None:
        wait_until(lambda: last_stored() > seq_id + 3, "a few messages more")

    certain: set[int] = set()  # stored while carol was a member
    forbidden: set[int] = set()  # stored while she was none
    with ThreadPoolExecutor(max_workers=1) as pool:
        sending = pool.submit(keep_sending)
        try:
            out_since = 0
            for _ in range(8):
                wait_for_more_than(out_since)
                forbidden.update(range(out_since + 1, last_stored() + 1))
                expect_ok(alice.api.add_members(group_id, {"members": [carol.id]}), 201)
                in_since = last_stored()
                wait_for_more_than(in_since)
                certain.update(range(in_since + 1, last_stored() + 1))
                expect_ok(alice.api.remove_member(group_id, carol.id))
                out_since = last_stored()
        finally:
            stop.set()
        total = sending.result(10)
    carols.settle()
    time.sleep(QUIET_S)  # whatever should not come has come now
    seen = [frame["data"]["seqId"] for frame in carols.drain() if frame["type"] == "new-message"]
    assert seen == sorted(set(seen)), "in order, and none twice"
    assert certain <= set(seen), f"missed as a member: {certain - set(seen)}"
    assert not forbidden & set(seen), f"got as no member: {forbidden & set(seen)}"
    assert max(seen) <= total


# Order


def test_pushes_come_in_the_order_of_their_numbers_from_many_senders_over_both_edges(
    server: GoChatServer, alice: User, bob: User, carol: User, open_socket: OpenSocket
) -> None:
    each = 20
    over_ws, over_http = [alice, bob, carol], [new_user(server) for _ in range(3)]
    group_id = group(alice, bob, carol, *over_http)
    senders, witnesses = [open_socket(user) for user in over_ws], [open_socket(user) for user in over_http]

    def send_over_ws(socket: Socket) -> list[int]:
        for number in range(each):
            socket.send("send-message", text_message(group_id, f"ws {number}"))
        return [socket.expect("message-ack", 20)["data"]["seqId"] for _ in range(each)]

    def send_over_http(user: User) -> list[int]:
        return [user.api.say(group_id, f"http {number}")["seqId"] for number in range(each)]

    acked = at_once(
        [partial(send_over_ws, socket) for socket in senders] + [partial(send_over_http, user) for user in over_http]
    )
    everything = list(range(1, each * len(acked) + 1))
    assert sorted(seq_id for seq_ids in acked for seq_id in seq_ids) == everything
    assert all(seq_ids == sorted(seq_ids) for seq_ids in acked), "each sender's messages keep their order"

    for socket in witnesses:
        assert [push["seqId"] for push in pushes_up_to(socket, group_id, everything[-1])] == everything
    for socket, own in zip(senders, acked, strict=False):
        others = [seq_id for seq_id in everything if seq_id not in own]
        assert [push["seqId"] for push in pushes_up_to(socket, group_id, others[-1])] == others
    for socket in (*senders, *witnesses):
        _expect_no_push(socket, group_id)
    stored = alice.api.history(group_id, after=0, limit=100)
    stored += alice.api.history(group_id, after=100, limit=100)
    assert [message["seqId"] for message in stored] == everything


# Once, however often it is sent


def test_a_repeat_on_the_same_connection_is_acknowledged_alike_and_not_pushed_again(
    alice: User, bob: User, open_socket: OpenSocket
) -> None:
    group_id = group(alice, bob)
    alices, bobs = open_socket(alice), open_socket(bob)
    data = text_message(group_id, "once")
    first = send_acked(alices, data)
    assert send_acked(alices, data) == first
    say(alices, group_id, "the end")
    assert [push["content"] for push in pushes_up_to(bobs, group_id, 2)] == ["once", "the end"]
    _expect_no_push(bobs, group_id)


def test_a_repeat_on_another_connection_is_acknowledged_alike_and_not_pushed_again(
    alice: User, bob: User, open_socket: OpenSocket
) -> None:
    group_id = group(alice, bob)
    bobs = open_socket(bob)
    data = text_message(group_id, "once")
    first = send_acked(open_socket(alice), data)
    again = open_socket(alice)
    assert send_acked(again, data) == first
    say(again, group_id, "the end")
    assert [push["content"] for push in pushes_up_to(bobs, group_id, 2)] == ["once", "the end"]
    _expect_no_push(bobs, group_id)
    _expect_no_push(again, group_id)


def test_replacing_the_connection_under_load_loses_and_doubles_nothing(
    alice: User, bob: User, open_socket: OpenSocket
) -> None:
    group_id = group(alice, bob)
    older, bobs = open_socket(alice), open_socket(bob)
    sent = [text_message(group_id, f"message {number}") for number in range(600)]

    def send_all() -> None:
        with suppress(ConnectionClosed):
            for data in sent:
                older.send("send-message", data)

    sender = threading.Thread(target=send_all)
    sender.start()
    acks = [older.expect("message-ack")["data"]]
    newer = open_socket(alice)
    assert older.expect_close() == 4409
    sender.join(10)
    acks += [frame["data"] for frame in older.drain() if frame["type"] == "message-ack"]

    for data in sent:
        newer.send("send-message", data)
    final = {ack["client_msg_id"]: ack for ack in (newer.expect("message-ack")["data"] for _ in sent)}
    assert all(final[ack["client_msg_id"]] == ack for ack in acks), "what the older one was told holds"
    everything = list(range(1, len(sent) + 1))
    assert sorted(ack["seqId"] for ack in final.values()) == everything
    assert [push["seqId"] for push in pushes_up_to(bobs, group_id, len(sent))] == everything
    _expect_no_push(bobs, group_id)
    own = [frame["data"]["seqId"] for frame in newer.drain() if frame["type"] == "new-message"]
    assert own == sorted(set(own)), "what came from the older connection is pushed to the newer once"


def test_a_repeat_over_http_gets_the_answer_of_the_socket(alice: User, bob: User, open_socket: OpenSocket) -> None:
    group_id = group(alice, bob)
    alices, bobs = open_socket(alice), open_socket(bob)
    data = text_message(group_id, "once")
    ack = send_acked(alices, data)
    message = _post(alice, data)
    assert (message["id"], message["seqId"]) == (ack["messageId"], ack["seqId"])
    assert message["createdAt"] == ack["createdAt"]
    assert message["clientMsgId"] == data["client_msg_id"]
    assert len(pushes_up_to(bobs, group_id, 1)) == 1
    _expect_no_push(bobs, group_id)
    _expect_no_push(alices, group_id)


def test_a_repeat_over_the_socket_gets_the_answer_of_http(alice: User, bob: User, open_socket: OpenSocket) -> None:
    group_id = group(alice, bob)
    alices, bobs = open_socket(alice), open_socket(bob)
    data = text_message(group_id, "once")
    message = _post(alice, data)
    ack = send_acked(alices, data)
    assert (ack["messageId"], ack["seqId"]) == (message["id"], message["seqId"])
    assert ack["createdAt"] == message["createdAt"]
    for socket in (alices, bobs):
        assert len(pushes_up_to(socket, group_id, 1)) == 1
        _expect_no_push(socket, group_id)


def test_repeats_that_overtake_each_other_store_one_message(alice: User, bob: User, open_socket: OpenSocket) -> None:
    group_id = group(alice, bob)
    alices, bobs = open_socket(alice), open_socket(bob)
    data = text_message(group_id, "once")

    def repeat_over_ws() -> set[tuple[str, int]]:
        for _ in range(20):
            alices.send("send-message", data)
        acks = [alices.expect("message-ack")["data"] for _ in range(20)]
        return {(ack["messageId"], ack["seqId"]) for ack in acks}

    def repeat_over_http() -> set[tuple[str, int]]:
        messages = [_post(alice, data) for _ in range(5)]
        return {(message["id"], message["seqId"]) for message in messages}

    results = at_once([repeat_over_ws, repeat_over_http, repeat_over_http])
    assert len(set().union(*results)) == 1
    assert len(alice.api.history(group_id)) == 1
    assert len(pushes_up_to(bobs, group_id, 1)) == 1
    _expect_no_push(bobs, group_id)


def test_a_repeat_is_acknowledged_after_leaving(alice: User, bob: User, open_socket: OpenSocket) -> None:
    group_id = group(alice, bob)
    bobs = open_socket(bob)
    data = text_message(group_id, "my last words")
    ack = send_acked(bobs, data)
    _left(alice, bob, group_id)
    assert send_acked(bobs, data) == ack
    send_refused(bobs, text_message(group_id), "FORBIDDEN")


def test_a_repeat_is_acknowledged_after_the_group_is_gone(alice: User, open_socket: OpenSocket) -> None:
    group_id = group(alice)
    alices = open_socket(alice)
    data = text_message(group_id, "last one out")
    ack = send_acked(alices, data)
    _left(alice, alice, group_id)
    assert send_acked(alices, data) == ack
    send_refused(alices, text_message(group_id), "CONVERSATION_NOT_FOUND")


def test_a_clients_id_is_its_own_senders_only(alice: User, bob: User, open_socket: OpenSocket) -> None:
    group_id = group(alice, bob)
    data = text_message(group_id, "the same words")
    ours = send_acked(open_socket(alice), data)
    theirs = send_acked(open_socket(bob), data)
    assert [ours["seqId"], theirs["seqId"]] == [1, 2]


@pytest.mark.parametrize("client_msg_id", ["x", " ", "编号-🙂", "🙂" * 64, '"\\/\n', "0" * 64])
def test_a_clients_id_comes_back_as_it_was(server: GoChatServer, open_socket: OpenSocket, client_msg_id: str) -> None:
    newcomer = new_guest(server)  # of whom no test has used an id
    world_id = newcomer.api.world_id()
    ack = send_acked(open_socket(newcomer), text_message(world_id, client_msg_id=client_msg_id))
    assert ack["client_msg_id"] == client_msg_id
    stored = newcomer.api.history(world_id, limit=1)[0]
    assert (stored["id"], stored["clientMsgId"]) == (ack["messageId"], client_msg_id)


# The same id for something else


@pytest.mark.parametrize("change", ["conversationId", "messageType", "content"])
@pytest.mark.parametrize("first_over", ["ws", "http"])
def test_another_message_under_a_used_id_is_a_conflict(
    alice: User, bob: User, open_socket: OpenSocket, change: str, first_over: str
) -> None:
    group_id = group(alice, bob)
    other = {"conversationId": group(alice), "messageType": IMAGE, "content": "something else"}
    alices, bobs = open_socket(alice), open_socket(bob)
    data = text_message(group_id, "the first")
    if first_over == "ws":
        send_acked(alices, data)
    else:
        _post(alice, data)
    changed = {**data, change: other[change]}
    send_refused(alices, changed, "CLIENT_MSG_ID_CONFLICT")
    refused = alice.api.send_message(changed["conversationId"], _body(changed))
    expect_error(refused, "CLIENT_MSG_ID_CONFLICT")
    assert say(alices, group_id, "the second")["seqId"] == 2, "a refused message takes no number"
    assert [push["content"] for push in pushes_up_to(bobs, group_id, 2)] == ["the first", "the second"]
    assert alice.api.history(str(other["conversationId"])) == []


def test_an_escaped_spelling_of_the_same_content_is_the_same_message(alice: User, open_socket: OpenSocket) -> None:
    alices = open_socket(alice)
    data = text_message(group(alice), "你好 🙂 /")
    first = send_acked(alices, data)
    alices.send_raw(json.dumps({"type": "send-message", "data": data}, ensure_ascii=True).replace("/", "\\/"))
    assert alices.expect("message-ack")["data"] == first


# What is refused


def test_a_message_to_an_unknown_conversation_is_refused(alice: User, open_socket: OpenSocket) -> None:
    alices = open_socket(alice)
    error = send_refused(alices, text_message("no-such-conversation"), "CONVERSATION_NOT_FOUND")
    assert set(error["details"]) == {"client_msg_id"}
    alices.settle()


def test_a_message_to_a_conversation_of_others_is_refused(
    alice: User, bob: User, carol: User, guest: User, open_socket: OpenSocket
) -> None:
    chat_id, group_id = single(alice, bob), group(alice, bob)
    alices = open_socket(alice)
    for outsider in (carol, guest):
        socket = open_socket(outsider)
        for conversation_id in (chat_id, group_id):
            error = send_refused(socket, text_message(conversation_id), "FORBIDDEN")
            assert set(error["details"]) == {"client_msg_id"}
        socket.settle()
    assert alice.api.history(group_id) == []
    _expect_no_push(alices, group_id)


def test_the_conversation_is_judged_before_the_conflict(alice: User, bob: User, open_socket: OpenSocket) -> None:
    alices = open_socket(alice)
    data = text_message(group(alice))
    send_acked(alices, data)
    send_refused(alices, {**data, "conversationId": "no-such-conversation"}, "CONVERSATION_NOT_FOUND")
    send_refused(alices, {**data, "conversationId": group(bob)}, "FORBIDDEN")


def test_a_refused_id_is_free_for_another_message(alice: User, open_socket: OpenSocket) -> None:
    alices = open_socket(alice)
    group_id = group(alice)
    data = text_message(group_id)
    send_refused(alices, {**data, "conversationId": "no-such-conversation"}, "CONVERSATION_NOT_FOUND")
    send_refused(alices, {**data, "content": "x" * 4001}, "MESSAGE_TOO_LARGE")
    assert send_acked(alices, data)["seqId"] == 1


def test_a_refused_message_does_not_hold_up_the_others(alice: User, open_socket: OpenSocket) -> None:
    alices = open_socket(alice)
    group_id = group(alice)
    good = [text_message(group_id, f"message {number}") for number in range(10)]
    bad = [text_message("no-such-conversation") for _ in good]
    for good_one, bad_one in zip(good, bad, strict=True):
        alices.send("send-message", bad_one)
        alices.send("send-message", good_one)
    acks = [alices.expect("message-ack")["data"] for _ in good]
    errors = [alices.expect("error")["data"] for _ in bad]
    assert [ack["client_msg_id"] for ack in acks] == [data["client_msg_id"] for data in good]
    assert [ack["seqId"] for ack in acks] == list(range(1, 11))
    assert {error["details"]["client_msg_id"] for error in errors} == {data["client_msg_id"] for data in bad}
    assert {error["code"] for error in errors} == {"CONVERSATION_NOT_FOUND"}
