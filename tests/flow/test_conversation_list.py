"""The list of conversations: newest first, in pages, with what is unread and what was said last."""

from __future__ import annotations

import time

import pytest

from tests.harness.api import (
    ROLE_ADMIN,
    TYPE_GROUP,
    TYPE_SINGLE,
    TYPE_WORLD,
    Api,
    Json,
    User,
    befriend,
    expect_invalid,
    expect_ok,
    group,
    new_user,
    single,
)
from tests.harness.server import GoChatServer


@pytest.fixture
def ann(server: GoChatServer) -> User:
    """Somebody with an empty list, but for the world chat."""
    return new_user(server)


def _listed(api: Api, **query: object) -> list[Json]:
    conversations: list[Json] = expect_ok(api.list_conversations(**query))["conversations"]
    return conversations


def _ids(api: Api, **query: object) -> list[str]:
    return [conversation["id"] for conversation in _listed(api, **query)]


def test_a_new_user_has_the_world_chat_only(ann: User) -> None:
    page = expect_ok(ann.api.list_conversations())
    assert [conversation["type"] for conversation in page["conversations"]] == [TYPE_WORLD]
    assert page["hasMore"] is False


def test_it_shows_ones_own_conversations_only(ann: User, alice: User, bob: User) -> None:
    hidden = group(alice, bob)
    seen = group(alice, ann)
    assert _ids(ann.api, type=TYPE_GROUP) == [seen]
    assert hidden not in _ids(ann.api, size=100)


def test_a_message_brings_a_conversation_to_the_top(ann: User, alice: User) -> None:
    first = group(ann, alice, name="first")
    time.sleep(1.1)  # the order is by whole seconds
    second = group(ann, alice, name="second")
    assert _ids(ann.api, type=TYPE_GROUP) == [second, first]
    time.sleep(1.1)
    alice.api.say(first, "up again")
    assert _ids(ann.api, type=TYPE_GROUP) == [first, second]
    assert _ids(alice.api, type=TYPE_GROUP, size=2) == [first, second]


def test_an_edit_brings_a_conversation_to_the_top_and_membership_does_not(ann: User, alice: User) -> None:
    first, second = group(ann, name="first"), group(ann, name="second")
    time.sleep(1.1)
    expect_ok(ann.api.update_conversation(first, {"description": "edited"}))
    assert _ids(ann.api, type=TYPE_GROUP) == [first, second]
    time.sleep(1.1)
    expect_ok(ann.api.add_members(second, {"members": [alice.id]}), 201)
    expect_ok(ann.api.update_member(second, alice.id, {"role": ROLE_ADMIN}))
    assert _ids(ann.api, type=TYPE_GROUP) == [first, second]


def test_reading_does_not_move_a_conversation(ann: User, alice: User) -> None:
    first, second = group(ann, alice, name="first"), group(ann, alice, name="second")
    alice.api.say(first)
    time.sleep(1.1)
    alice.api.say(second)
    time.sleep(1.1)
    expect_ok(ann.api.mark_read(first, {"seqId": 1}))
    assert _ids(ann.api, type=TYPE_GROUP) == [second, first]


def test_within_a_second_the_order_is_by_id(ann: User) -> None:
    for number in range(12):
        group(ann, name=f"group {number}")
    listed = _listed(ann.api, size=100)
    assert len(listed) == 13
    assert listed == sorted(listed, key=lambda conversation: (-conversation["updatedAt"], conversation["id"]))


def test_pages_partition_the_list(ann: User) -> None:
    for number in range(22):
        group(ann, name=f"group {number}")
    everything = _ids(ann.api, size=100)
    assert len(everything) == 23
    default = expect_ok(ann.api.list_conversations())
    assert [conversation["id"] for conversation in default["conversations"]] == everything[:20]
    assert default["hasMore"] is True
    rest = expect_ok(ann.api.list_conversations(page=2))
    assert [conversation["id"] for conversation in rest["conversations"]] == everything[20:]
    assert rest["hasMore"] is False
    by_five: list[str] = []
    for page in range(1, 6):
        answer = expect_ok(ann.api.list_conversations(page=page, size=5))
        by_five += [conversation["id"] for conversation in answer["conversations"]]
        assert answer["hasMore"] is (page < 5)
    assert by_five == everything
    exact = expect_ok(ann.api.list_conversations(page=1, size=23))
    assert exact["hasMore"] is False


def test_a_page_past_the_end_is_empty(ann: User) -> None:
    assert expect_ok(ann.api.list_conversations(page=1000)) == {"conversations": [], "hasMore": False}


def test_the_type_filters(ann: User, alice: User) -> None:
    chat_id, group_id = single(ann, alice), group(ann)
    assert _ids(ann.api, type=TYPE_SINGLE) == [chat_id]
    assert _ids(ann.api, type=TYPE_GROUP) == [group_id]
    assert _ids(ann.api, type=TYPE_WORLD) == [ann.api.world_id()]
    assert len(_ids(ann.api)) == 3


def test_the_type_filters_before_the_pages_are_cut(ann: User, alice: User) -> None:
    single(ann, alice)
    groups = {group(ann, name=f"group {number}") for number in range(3)}
    first = expect_ok(ann.api.list_conversations(type=TYPE_GROUP, size=2))
    second = expect_ok(ann.api.list_conversations(type=TYPE_GROUP, size=2, page=2))
    assert (first["hasMore"], second["hasMore"]) == (True, False)
    assert {c["id"] for c in first["conversations"] + second["conversations"]} == groups


def test_a_conversation_without_messages_has_no_last_one(ann: User) -> None:
    conversation = ann.api.conversation_in_list(group(ann))
    assert "lastMessage" not in conversation
    assert conversation["unreadCount"] == 0


def test_the_last_message_is_the_newest(ann: User, alice: User) -> None:
    group_id = group(ann, alice)
    for content in ("one", "two"):
        sent = alice.api.say(group_id, content)
    last = ann.api.conversation_in_list(group_id)["lastMessage"]
    assert (last["id"], last["content"], last["seqId"]) == (sent["id"], "two", 2)
    assert last["senderId"] == alice.id
    assert last["conversationId"] == group_id


def test_unread_counts_what_others_sent(ann: User, alice: User) -> None:
    group_id = group(ann, alice)
    for number in range(3):
        alice.api.say(group_id, f"message {number}")
    assert ann.api.conversation_in_list(group_id)["unreadCount"] == 3
    assert alice.api.conversation_in_list(group_id)["unreadCount"] == 0
    assert expect_ok(ann.api.get_conversation(group_id))["unreadCount"] == 3


def test_a_single_chat_shows_its_peer_and_a_group_none(ann: User, alice: User) -> None:
    chat_id, group_id = single(ann, alice), group(ann)
    assert ann.api.conversation_in_list(chat_id)["peer"]["id"] == alice.id
    assert alice.api.conversation_in_list(chat_id)["peer"]["id"] == ann.id
    assert "peer" not in ann.api.conversation_in_list(group_id)


def test_new_friends_have_their_single_chat_in_it(ann: User, server: GoChatServer) -> None:
    friend = new_user(server)
    befriend(ann, friend)
    listed = _listed(ann.api, type=TYPE_SINGLE)
    assert [conversation["peer"]["id"] for conversation in listed] == [friend.id]
    assert _ids(friend.api, type=TYPE_SINGLE) == [listed[0]["id"]]


def test_member_counts_follow_membership(ann: User, alice: User, bob: User) -> None:
    group_id = group(ann, alice)
    assert ann.api.conversation_in_list(group_id)["memberCount"] == 2
    expect_ok(ann.api.add_members(group_id, {"members": [bob.id]}), 201)
    assert bob.api.conversation_in_list(group_id)["memberCount"] == 3
    expect_ok(alice.api.remove_member(group_id, alice.id))
    assert ann.api.conversation_in_list(group_id)["memberCount"] == 2


@pytest.mark.parametrize(
    ("query", "pointer", "rule"),
    [
        ({"page": 0}, "/query/page", "minimum"),
        ({"page": "1.5"}, "/query/page", "type"),
        ({"size": 0}, "/query/size", "minimum"),
        ({"size": 101}, "/query/size", "maximum"),
        ({"size": "all"}, "/query/size", "type"),
        ({"type": 0}, "/query/type", "enum"),
        ({"type": 4}, "/query/type", "enum"),
        ({"type": "group"}, "/query/type", "type"),
        ({"Type": 1}, "/query/Type", "additionalProperties"),
        ({"limit": 10}, "/query/limit", "additionalProperties"),
    ],
)
def test_listing_is_held_to_its_bounds(
    alice: User, query: dict[str, object], pointer: str, rule: str | tuple[str, ...]
) -> None:
    expect_invalid(alice.api.list_conversations(**query), pointer, rule)
