"""mark-read over the socket moves the read pointer forward, and says something only when it fails."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.harness.api import User, expect_ok, group, single
from tests.harness.frames import say, wait_until
from tests.harness.socket import Socket

OpenSocket = Callable[..., Socket]


@pytest.fixture
def talk(alice: User, bob: User) -> str:
    """A group in which alice has sent five messages, of which bob has read none."""
    group_id = group(alice, bob)
    for number in range(5):
        alice.api.say(group_id, f"message {number}")
    return group_id


def _unread(user: User, conversation_id: str) -> int:
    return int(expect_ok(user.api.get_conversation(conversation_id))["unreadCount"])


def _mark(socket: Socket, conversation_id: str, seq_id: int) -> None:
    """Marks, and holds that there is no answer before the answer to the next frame."""
    socket.send("mark-read", {"conversationId": conversation_id, "seqId": seq_id})
    socket.settle()
    assert socket.drain() == []


def _expect_unread(user: User, conversation_id: str, count: int) -> None:
    wait_until(lambda: _unread(user, conversation_id) == count, f"{count} unread")
    assert user.api.conversation_in_list(conversation_id)["unreadCount"] == count


def test_marking_has_no_answer_and_leaves_what_is_above(bob: User, talk: str, open_socket: OpenSocket) -> None:
    bobs = open_socket(bob)
    assert _unread(bob, talk) == 5
    _mark(bobs, talk, 2)
    _expect_unread(bob, talk, 3)
    _mark(bobs, talk, 5)
    _expect_unread(bob, talk, 0)
    bobs.expect_none("error", 0.2)
    assert bobs.drain() == []


def test_marking_backwards_has_no_effect(bob: User, talk: str, open_socket: OpenSocket) -> None:
    bobs = open_socket(bob)
    _mark(bobs, talk, 4)
    _expect_unread(bob, talk, 1)
    _mark(bobs, talk, 1)
    _mark(bobs, talk, 4)
    assert _unread(bob, talk) == 1


@pytest.mark.parametrize("seq_id", [6, 1000, 2**31, 2**53 - 1])
def test_marking_past_the_end_is_clamped(
    alice: User, bob: User, talk: str, open_socket: OpenSocket, seq_id: int
) -> None:
    bobs = open_socket(bob)
    _mark(bobs, talk, seq_id)
    _expect_unread(bob, talk, 0)
    alice.api.say(talk, "one more")
    bobs.expect("new-message")
    assert _unread(bob, talk) == 1


def test_marking_an_empty_conversation_reads_nothing_ahead(alice: User, bob: User, open_socket: OpenSocket) -> None:
    group_id = group(alice, bob)
    bobs = open_socket(bob)
    _mark(bobs, group_id, 10)
    alice.api.say(group_id)
    assert _unread(bob, group_id) == 1


def test_a_mark_sent_after_a_push_covers_it(alice: User, bob: User, open_socket: OpenSocket) -> None:
    group_id = group(alice, bob)
    alices, bobs = open_socket(alice), open_socket(bob)
    for number in range(1, 21):
        alices.send("send-message", {**_message(group_id, number)})
        push = bobs.expect("new-message")["data"]
        bobs.send("mark-read", {"conversationId": group_id, "seqId": push["seqId"]})
    _expect_unread(bob, group_id, 0)


def _message(group_id: str, number: int) -> dict[str, object]:
    return {
        "conversationId": group_id,
        "content": f"message {number}",
        "messageType": 1,
        "client_msg_id": f"{group_id[-30:]}-{number}",
    }


def test_sending_over_the_socket_does_not_move_the_pointer(
    alice: User, bob: User, talk: str, open_socket: OpenSocket
) -> None:
    bobs = open_socket(bob)
    assert say(bobs, talk, "my answer")["seqId"] == 6
    assert _unread(bob, talk) == 5
    assert _unread(alice, talk) == 1


def test_reading_is_nobody_elses(alice: User, bob: User, carol: User, open_socket: OpenSocket) -> None:
    group_id = group(alice, bob, carol)
    alice.api.say(group_id)
    carols, bobs = open_socket(carol), open_socket(bob)
    _mark(bobs, group_id, 1)
    _expect_unread(bob, group_id, 0)
    assert _unread(carol, group_id) == 1
    carols.settle()
    assert carols.drain() == []


def test_the_two_edges_share_the_pointer(bob: User, talk: str, open_socket: OpenSocket) -> None:
    bobs = open_socket(bob)
    _mark(bobs, talk, 3)
    _expect_unread(bob, talk, 2)
    assert expect_ok(bob.api.mark_read(talk, {"seqId": 2})) == {"unreadCount": 2}
    assert expect_ok(bob.api.mark_read(talk, {"seqId": 4})) == {"unreadCount": 1}
    _mark(bobs, talk, 3)
    assert _unread(bob, talk) == 1


def test_a_guest_marks_the_world_chat(alice: User, guest: User, open_socket: OpenSocket) -> None:
    world_id = guest.api.world_id()
    guests = open_socket(guest)
    seq_id = alice.api.say(world_id, "hello, world")["seqId"]
    guests.expect("new-message", where={"conversationId": world_id})
    _mark(guests, world_id, seq_id)
    wait_until(lambda: guest.api.conversation_in_list(world_id)["unreadCount"] == 0, "all is read")


def test_marking_an_unknown_conversation_fails(bob: User, open_socket: OpenSocket) -> None:
    bobs = open_socket(bob)
    bobs.send("mark-read", {"conversationId": "no-such-conversation", "seqId": 1})
    error = bobs.expect("error")["data"]
    assert (error["code"], error["details"]) == ("CONVERSATION_NOT_FOUND", {})
    bobs.settle()


def test_only_members_mark(
    alice: User, bob: User, carol: User, guest: User, talk: str, open_socket: OpenSocket
) -> None:
    chat_id = single(alice, bob)
    for outsider in (carol, guest):
        socket = open_socket(outsider)
        for conversation_id in (talk, chat_id):
            socket.send("mark-read", {"conversationId": conversation_id, "seqId": 1})
            error = socket.expect("error")["data"]
            assert (error["code"], error["details"]) == ("FORBIDDEN", {})
        socket.settle()


def test_who_was_removed_marks_no_more(alice: User, bob: User, talk: str, open_socket: OpenSocket) -> None:
    bobs = open_socket(bob)
    _mark(bobs, talk, 1)
    expect_ok(alice.api.remove_member(talk, bob.id))
    bobs.send("mark-read", {"conversationId": talk, "seqId": 2})
    assert bobs.expect("error")["data"]["code"] == "FORBIDDEN"


def test_a_failed_mark_does_not_hold_up_the_next(bob: User, talk: str, open_socket: OpenSocket) -> None:
    bobs = open_socket(bob)
    for conversation_id in ("no-such-conversation", talk, "no-such-conversation"):
        bobs.send("mark-read", {"conversationId": conversation_id, "seqId": 5})
    for _ in range(2):
        assert bobs.expect("error")["data"]["code"] == "CONVERSATION_NOT_FOUND"
    _expect_unread(bob, talk, 0)
