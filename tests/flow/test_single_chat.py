"""Two users have one single chat, whoever creates it and however often."""

from __future__ import annotations

from functools import partial

import pytest

from tests.harness.api import (
    TYPE_SINGLE,
    User,
    at_once,
    expect_error,
    expect_invalid,
    expect_ok,
    new_user,
    single,
)
from tests.harness.server import GoChatServer


@pytest.fixture
def ann(server: GoChatServer) -> User:
    """Somebody without any single chat."""
    return new_user(server)


def test_creating_returns_the_chat_with_the_peer(ann: User, bob: User) -> None:
    chat = expect_ok(ann.api.create_conversation({"type": TYPE_SINGLE, "members": [bob.id]}), 201)
    assert chat["type"] == TYPE_SINGLE
    assert chat["memberCount"] == 2
    assert chat["peer"]["id"] == bob.id
    assert chat["peer"]["username"] == bob.username


def test_the_peer_is_the_other_one_for_each(ann: User, bob: User) -> None:
    chat_id = single(ann, bob)
    assert expect_ok(ann.api.get_conversation(chat_id))["peer"]["id"] == bob.id
    assert expect_ok(bob.api.get_conversation(chat_id))["peer"]["id"] == ann.id


def test_creating_again_returns_the_existing_chat(ann: User, bob: User) -> None:
    body = {"type": TYPE_SINGLE, "members": [bob.id]}
    first = expect_ok(ann.api.create_conversation(body), 201)
    assert expect_ok(ann.api.create_conversation(body), 200)["id"] == first["id"]


def test_the_other_one_creating_gets_the_same_chat(ann: User, bob: User) -> None:
    chat_id = single(ann, bob)
    again = bob.api.create_conversation({"type": TYPE_SINGLE, "members": [ann.id]})
    chat = expect_ok(again, 200)
    assert chat["id"] == chat_id
    assert chat["peer"]["id"] == ann.id


def test_another_pair_has_another_chat(ann: User, bob: User, carol: User) -> None:
    assert single(ann, bob) != single(ann, carol)


def test_both_see_the_chat_and_its_messages(ann: User, bob: User) -> None:
    chat_id = single(ann, bob)
    ann.api.say(chat_id, "from ann")
    bob.api.say(chat_id, "from bob")
    for user in (ann, bob):
        assert [m["content"] for m in user.api.history(chat_id)] == ["from bob", "from ann"]
        assert user.api.conversation_in_list(chat_id)["lastMessage"]["content"] == "from bob"


def test_details_show_both_members(ann: User, bob: User) -> None:
    chat = expect_ok(ann.api.get_conversation(single(ann, bob)))
    assert {member["userId"] for member in chat["members"]} == {ann.id, bob.id}
    listed = expect_ok(bob.api.list_members(chat["id"]))["members"]
    assert {member["userId"] for member in listed} == {ann.id, bob.id}


def test_oneself_and_duplicates_are_dropped(ann: User, bob: User) -> None:
    body = {"type": TYPE_SINGLE, "members": [bob.id, ann.id, bob.id, ann.id]}
    chat = expect_ok(ann.api.create_conversation(body), 201)
    assert chat["peer"]["id"] == bob.id
    assert chat["memberCount"] == 2


def test_name_and_description_are_ignored(ann: User, bob: User) -> None:
    body = {"type": TYPE_SINGLE, "members": [bob.id], "name": "us", "description": "two"}
    chat = expect_ok(ann.api.create_conversation(body), 201)
    for seen in (chat, expect_ok(bob.api.get_conversation(chat["id"]))):
        assert seen.get("name") != "us"
        assert seen.get("description") != "two"


def test_nobody_but_oneself_is_no_pair(ann: User) -> None:
    answer = ann.api.create_conversation({"type": TYPE_SINGLE, "members": [ann.id]})
    expect_invalid(answer, "/members", "not")


def test_no_members_are_no_pair(ann: User) -> None:
    answer = ann.api.create_conversation({"type": TYPE_SINGLE, "members": []})
    expect_invalid(answer, "/members", "not")


def test_two_others_are_no_pair(ann: User, bob: User, carol: User) -> None:
    answer = ann.api.create_conversation({"type": TYPE_SINGLE, "members": [bob.id, carol.id]})
    expect_invalid(answer, "/members", "not")


def test_two_others_are_refused_before_anybody_is_looked_for(ann: User) -> None:
    answer = ann.api.create_conversation({"type": TYPE_SINGLE, "members": ["nobody-1", "nobody-2"]})
    expect_invalid(answer, "/members", "not")


def test_an_unknown_user_is_not_found(ann: User) -> None:
    answer = ann.api.create_conversation({"type": TYPE_SINGLE, "members": ["no-such-user"]})
    expect_error(answer, "USER_NOT_FOUND")


def test_a_third_person_stays_outside(ann: User, bob: User, carol: User) -> None:
    chat_id = single(ann, bob)
    ann.api.say(chat_id)
    outside = carol.api
    expect_error(outside.get_conversation(chat_id), "FORBIDDEN")
    expect_error(outside.list_messages(chat_id), "FORBIDDEN")
    expect_error(outside.list_members(chat_id), "FORBIDDEN")
    expect_error(outside.send_message(chat_id, {"messageType": 1, "content": "hi"}), "FORBIDDEN")
    expect_error(outside.mark_read(chat_id, {"seqId": 1}), "FORBIDDEN")


def test_its_members_cannot_be_changed(ann: User, bob: User, carol: User) -> None:
    chat_id = single(ann, bob)
    expect_error(ann.api.add_members(chat_id, {"members": [carol.id]}), "FORBIDDEN")
    expect_error(ann.api.remove_member(chat_id, bob.id), "FORBIDDEN")
    expect_error(ann.api.remove_member(chat_id, ann.id), "FORBIDDEN")
    expect_error(ann.api.update_member(chat_id, bob.id, {"role": 2}), "FORBIDDEN")
    assert expect_ok(bob.api.get_conversation(chat_id))["memberCount"] == 2


def test_it_cannot_be_edited(ann: User, bob: User) -> None:
    expect_error(ann.api.update_conversation(single(ann, bob), {"name": "ours"}), "FORBIDDEN")


def test_strangers_need_no_friendship(ann: User, bob: User) -> None:
    message = ann.api.say(single(ann, bob), "we have not met")
    assert message["seqId"] == 1


def test_created_by_both_at_once_it_is_one(server: GoChatServer) -> None:
    one, other = new_user(server), new_user(server)
    by_one = partial(one.api.create_conversation, {"type": TYPE_SINGLE, "members": [other.id]})
    by_other = partial(other.api.create_conversation, {"type": TYPE_SINGLE, "members": [one.id]})
    answers = at_once([by_one, by_other] * 4)
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [201]
    assert len({answer.json()["data"]["id"] for answer in answers}) == 1
    assert len(expect_ok(one.api.list_conversations(type=TYPE_SINGLE))["conversations"]) == 1
