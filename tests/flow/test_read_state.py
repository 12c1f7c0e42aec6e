"""A reader's pointer moves forward only; unread is what others sent above it."""

from __future__ import annotations

from functools import partial

import pytest

from tests.harness.api import (
    User,
    at_once,
    expect_error,
    expect_invalid,
    expect_ok,
    group,
    new_user,
    single,
)
from tests.harness.server import GoChatServer


def _unread(user: User, conversation_id: str) -> int:
    count = user.api.conversation_in_list(conversation_id)["unreadCount"]
    assert expect_ok(user.api.get_conversation(conversation_id))["unreadCount"] == count
    return int(count)


def _mark(user: User, conversation_id: str, seq_id: int) -> int:
    return int(expect_ok(user.api.mark_read(conversation_id, {"seqId": seq_id}))["unreadCount"])


@pytest.fixture
def ann(server: GoChatServer) -> User:
    """A reader with a short list."""
    return new_user(server)


@pytest.fixture
def talk(alice: User, ann: User) -> str:
    """A group in which alice has sent five messages."""
    group_id = group(alice, ann)
    for number in range(5):
        alice.api.say(group_id, f"message {number}")
    return group_id


def test_marking_leaves_what_is_above(ann: User, talk: str) -> None:
    assert _unread(ann, talk) == 5
    assert _mark(ann, talk, 2) == 3
    assert _unread(ann, talk) == 3
    assert _mark(ann, talk, 5) == 0
    assert _unread(ann, talk) == 0


def test_marking_backwards_is_a_success_without_effect(ann: User, talk: str) -> None:
    _mark(ann, talk, 4)
    assert _mark(ann, talk, 1) == 1
    assert _mark(ann, talk, 4) == 1
    assert _unread(ann, talk) == 1


@pytest.mark.parametrize("seq_id", [6, 1000, 2**31, 2**53 - 1])
def test_marking_past_the_end_is_clamped(alice: User, ann: User, talk: str, seq_id: int) -> None:
    assert _mark(ann, talk, seq_id) == 0
    alice.api.say(talk, "one more")
    assert _unread(ann, talk) == 1
    assert _mark(ann, talk, 6) == 0


def test_marking_an_empty_conversation_reads_nothing_ahead(alice: User, ann: User) -> None:
    chat_id = single(alice, ann)
    assert _mark(ann, chat_id, 10) == 0
    alice.api.say(chat_id)
    assert _unread(ann, chat_id) == 1


def test_ones_own_messages_are_never_unread(alice: User, talk: str) -> None:
    assert _unread(alice, talk) == 0
    assert _mark(alice, talk, 1) == 0


def test_sending_does_not_move_the_pointer(alice: User, ann: User, talk: str) -> None:
    ann.api.say(talk, "my answer")
    assert _unread(ann, talk) == 5
    assert _unread(alice, talk) == 1
    assert _mark(ann, talk, 3) == 2


def test_own_messages_between_those_of_others_do_not_count(alice: User, ann: User) -> None:
    group_id = group(alice, ann)
    for user in (alice, ann, alice, ann, ann, alice):
        user.api.say(group_id)
    assert _unread(ann, group_id) == 3
    assert _unread(alice, group_id) == 3
    assert _mark(ann, group_id, 2) == 2
    assert _mark(alice, group_id, 2) == 2
    assert _mark(alice, group_id, 4) == 1


def test_readers_do_not_share_a_pointer(alice: User, ann: User, bob: User) -> None:
    group_id = group(alice, ann, bob)
    alice.api.say(group_id)
    _mark(ann, group_id, 1)
    assert _unread(bob, group_id) == 1


def test_a_new_members_pointer_is_the_last_message_at_joining(alice: User, bob: User, talk: str) -> None:
    expect_ok(alice.api.add_members(talk, {"members": [bob.id]}), 201)
    assert _unread(bob, talk) == 0
    alice.api.say(talk, "after joining")
    assert _unread(bob, talk) == 1


def test_who_comes_back_has_nothing_unread(alice: User, ann: User, talk: str) -> None:
    expect_ok(alice.api.remove_member(talk, ann.id))
    alice.api.say(talk, "while away")
    expect_ok(alice.api.add_members(talk, {"members": [ann.id]}), 201)
    assert _unread(ann, talk) == 0
    alice.api.say(talk, "back again")
    assert _unread(ann, talk) == 1


def test_adding_a_member_again_does_not_move_the_pointer(alice: User, ann: User, talk: str) -> None:
    _mark(ann, talk, 2)
    expect_ok(alice.api.add_members(talk, {"members": [ann.id]}), 201)
    assert _unread(ann, talk) == 3


def test_a_new_account_has_nothing_unread_in_the_world_chat(server: GoChatServer, alice: User) -> None:
    world_id = alice.api.world_id()
    alice.api.say(world_id, "before")
    newcomer = new_user(server)
    assert newcomer.api.conversation_in_list(world_id)["unreadCount"] == 0
    alice.api.say(world_id, "after")
    assert newcomer.api.conversation_in_list(world_id)["unreadCount"] >= 1


def test_marks_at_once_end_at_the_highest(ann: User, talk: str) -> None:
    at_once([partial(_mark, ann, talk, seq_id) for seq_id in (1, 4, 2, 3, 4, 1)])
    assert _unread(ann, talk) == 1


def test_only_members_mark(bob: User, talk: str) -> None:
    expect_error(bob.api.mark_read(talk, {"seqId": 1}), "FORBIDDEN")


def test_an_unknown_conversation_is_not_found(bob: User) -> None:
    expect_error(bob.api.mark_read("no-such-group", {"seqId": 1}), "CONVERSATION_NOT_FOUND")


@pytest.mark.parametrize(
    ("body", "pointer", "rule"),
    [
        ({}, "/seqId", "required"),
        ({"seqId": 0}, "/seqId", "minimum"),
        ({"seqId": -1}, "/seqId", "minimum"),
        ({"seqId": "1"}, "/seqId", "type"),
        ({"seqId": 1.5}, "/seqId", "type"),
        ({"seqId": True}, "/seqId", "type"),
        ({"seqId": None}, "/seqId", "type"),
        ({"seqId": 1, "conversationId": "x"}, "/conversationId", "additionalProperties"),
    ],
    ids=str,
)
def test_marking_is_held_to_its_bounds(bob: User, body: object, pointer: str, rule: str) -> None:
    expect_invalid(bob.api.mark_read("any-group", body), pointer, rule)
