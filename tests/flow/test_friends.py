"""Two users become friends by a request that the other one accepts, which opens their single chat."""

from __future__ import annotations

from functools import partial

import pytest

from tests.harness.api import (
    TYPE_SINGLE,
    User,
    ask_to_be_friends,
    at_once,
    befriend,
    expect_error,
    expect_invalid,
    expect_ok,
    new_user,
    single,
)
from tests.harness.server import GoChatServer

PENDING, ACCEPTED, REJECTED = 0, 1, 2
ACCEPT, REJECT = {"action": "accept"}, {"action": "reject"}


@pytest.fixture
def ann(server: GoChatServer) -> User:
    """Somebody without friends."""
    return new_user(server)


@pytest.fixture
def ben(server: GoChatServer) -> User:
    """Somebody else without friends."""
    return new_user(server)


def _request_ids(user: User, **query: object) -> list[str]:
    requests = expect_ok(user.api.list_friend_requests(**query))["requests"]
    return [request["id"] for request in requests]


def _friend_ids(user: User) -> list[str]:
    friends = expect_ok(user.api.list_friends())["friends"]
    assert all(friend["userId"] == user.id for friend in friends)
    return [friend["friendId"] for friend in friends]


def test_a_request_is_pending_between_two(ann: User, ben: User) -> None:
    answer = ann.api.create_friend_request({"targetUserId": ben.id, "message": "it is me"})
    request = expect_ok(answer, 201)
    assert (request["requesterId"], request["targetId"]) == (ann.id, ben.id)
    assert request["status"] == PENDING
    assert request["message"] == "it is me"


def test_a_request_needs_no_message(ann: User, ben: User) -> None:
    request = expect_ok(ann.api.create_friend_request({"targetUserId": ben.id}), 201)
    assert request.get("message", "") == ""


@pytest.mark.parametrize("message", ["", "m" * 200, "你" * 200])
def test_a_message_within_the_bounds_is_kept(ann: User, ben: User, message: str) -> None:
    expect_ok(ann.api.create_friend_request({"targetUserId": ben.id, "message": message}), 201)
    received = expect_ok(ben.api.list_friend_requests())["requests"]
    assert received[0].get("message", "") == message


def test_a_request_is_not_yet_a_friendship(ann: User, ben: User) -> None:
    ask_to_be_friends(ann, ben)
    assert _friend_ids(ann) == _friend_ids(ben) == []


def test_accepting_makes_both_friends(ann: User, ben: User) -> None:
    request_id = ask_to_be_friends(ann, ben)
    accepted = expect_ok(ben.api.update_friend_request(request_id, ACCEPT))
    assert (accepted["id"], accepted["status"]) == (request_id, ACCEPTED)
    assert _friend_ids(ann) == [ben.id]
    assert _friend_ids(ben) == [ann.id]
    friend = expect_ok(ann.api.list_friends())["friends"][0]
    assert friend["status"] == 1
    if "friend" in friend:  # an optional member of the shape
        assert friend["friend"]["username"] == ben.username


def test_accepting_opens_the_single_chat(ann: User, ben: User) -> None:
    befriend(ann, ben)
    chats = expect_ok(ben.api.list_conversations(type=TYPE_SINGLE))["conversations"]
    assert [chat["peer"]["id"] for chat in chats] == [ann.id]
    again = ann.api.create_conversation({"type": TYPE_SINGLE, "members": [ben.id]})
    assert expect_ok(again, 200)["id"] == chats[0]["id"]


def test_accepting_keeps_the_single_chat_that_is_there(ann: User, ben: User) -> None:
    chat_id = single(ann, ben)
    ann.api.say(chat_id, "before we were friends")
    befriend(ann, ben)
    chats = expect_ok(ben.api.list_conversations(type=TYPE_SINGLE))["conversations"]
    assert [chat["id"] for chat in chats] == [chat_id]
    assert ben.api.history(chat_id)[0]["content"] == "before we were friends"


def test_rejecting_makes_nobody_friends(ann: User, ben: User) -> None:
    request_id = ask_to_be_friends(ann, ben)
    rejected = expect_ok(ben.api.update_friend_request(request_id, REJECT))
    assert rejected["status"] == REJECTED
    assert _friend_ids(ann) == _friend_ids(ben) == []
    assert expect_ok(ann.api.list_conversations(type=TYPE_SINGLE))["conversations"] == []


def test_after_a_rejection_one_may_ask_again(ann: User, ben: User) -> None:
    first = ask_to_be_friends(ann, ben)
    expect_ok(ben.api.update_friend_request(first, REJECT))
    second = ask_to_be_friends(ann, ben)
    assert second != first
    expect_ok(ben.api.update_friend_request(second, ACCEPT))
    assert _friend_ids(ann) == [ben.id]


def test_after_a_rejection_the_other_may_ask(ann: User, ben: User) -> None:
    first = ask_to_be_friends(ann, ben)
    expect_ok(ben.api.update_friend_request(first, REJECT))
    ask_to_be_friends(ben, ann)


# Who sees which request


def test_listing_defaults_to_received_in_any_state(ann: User, ben: User, server: GoChatServer) -> None:
    cleo, dan = new_user(server), new_user(server)
    accepted = ask_to_be_friends(ann, ben)
    expect_ok(ben.api.update_friend_request(accepted, ACCEPT))
    rejected = ask_to_be_friends(cleo, ben)
    expect_ok(ben.api.update_friend_request(rejected, REJECT))
    pending = ask_to_be_friends(dan, ben)
    assert set(_request_ids(ben)) == {accepted, rejected, pending}
    assert set(_request_ids(ben, type="received")) == {accepted, rejected, pending}
    assert _request_ids(ben, status=PENDING) == [pending]
    assert _request_ids(ben, status=ACCEPTED) == [accepted]
    assert _request_ids(ben, status=REJECTED) == [rejected]
    assert _request_ids(ben, type="sent") == []
    assert _request_ids(ann) == []
    assert _request_ids(ann, type="sent") == [accepted]
    assert _request_ids(cleo, type="sent", status=REJECTED) == [rejected]
    assert _request_ids(cleo, type="sent", status=PENDING) == []


def test_a_third_person_sees_nothing_of_it(ann: User, ben: User, carol: User) -> None:
    request_id = ask_to_be_friends(ann, ben)
    assert request_id not in _request_ids(carol) + _request_ids(carol, type="sent")


@pytest.mark.parametrize(
    ("query", "pointer", "rule"),
    [
        ({"type": "all"}, "/query/type", "enum"),
        ({"type": ""}, "/query/type", "enum"),
        ({"type": "Sent"}, "/query/type", "enum"),
        ({"status": 3}, "/query/status", "enum"),
        ({"status": -1}, "/query/status", "enum"),
        ({"status": "pending"}, "/query/status", "type"),
        ({"page": 1}, "/query/page", "additionalProperties"),
    ],
    ids=str,
)
def test_listing_is_held_to_its_bounds(
    carol: User, query: dict[str, object], pointer: str, rule: str | tuple[str, ...]
) -> None:
    expect_invalid(carol.api.list_friend_requests(**query), pointer, rule)


# What is refused


def test_a_request_to_oneself_is_invalid(carol: User) -> None:
    expect_invalid(carol.api.create_friend_request({"targetUserId": carol.id}), "/targetUserId", "not")


def test_a_request_to_an_unknown_user_is_not_found(carol: User) -> None:
    expect_error(carol.api.create_friend_request({"targetUserId": "no-such-user"}), "USER_NOT_FOUND")


def test_one_request_is_pending_in_either_direction(ann: User, ben: User) -> None:
    ask_to_be_friends(ann, ben)
    expect_error(ann.api.create_friend_request({"targetUserId": ben.id}), "CONFLICT")
    expect_error(ben.api.create_friend_request({"targetUserId": ann.id}), "CONFLICT")


def test_friends_do_not_ask_again(ann: User, ben: User) -> None:
    befriend(ann, ben)
    expect_error(ann.api.create_friend_request({"targetUserId": ben.id}), "CONFLICT")
    expect_error(ben.api.create_friend_request({"targetUserId": ann.id}), "CONFLICT")


def test_only_the_target_answers(ann: User, ben: User, carol: User) -> None:
    request_id = ask_to_be_friends(ann, ben)
    for other in (ann, carol):
        expect_error(other.api.update_friend_request(request_id, ACCEPT), "FORBIDDEN")
        expect_error(other.api.update_friend_request(request_id, REJECT), "FORBIDDEN")
    assert _request_ids(ben, status=PENDING) == [request_id]


@pytest.mark.parametrize("first", [ACCEPT, REJECT], ids=str)
@pytest.mark.parametrize("second", [ACCEPT, REJECT], ids=str)
def test_a_request_is_answered_once(ann: User, ben: User, first: dict[str, str], second: dict[str, str]) -> None:
    request_id = ask_to_be_friends(ann, ben)
    expect_ok(ben.api.update_friend_request(request_id, first))
    expect_error(ben.api.update_friend_request(request_id, second), "CONFLICT")
    assert _friend_ids(ben) == ([ann.id] if first == ACCEPT else [])


def test_another_than_the_target_is_forbidden_even_when_it_is_answered(ann: User, ben: User) -> None:
    request_id = ask_to_be_friends(ann, ben)
    expect_ok(ben.api.update_friend_request(request_id, ACCEPT))
    expect_error(ann.api.update_friend_request(request_id, REJECT), "FORBIDDEN")


def test_an_unknown_request_is_not_found(carol: User) -> None:
    expect_error(carol.api.update_friend_request("no-such-request", ACCEPT), "REQUEST_NOT_FOUND")


@pytest.mark.parametrize(
    ("body", "pointer", "rule"),
    [
        ({}, "/targetUserId", "required"),
        ({"targetUserId": ""}, "/targetUserId", "minLength"),
        ({"targetUserId": "i" * 65}, "/targetUserId", "maxLength"),
        ({"targetUserId": 5}, "/targetUserId", "type"),
        ({"targetUserId": "x", "message": "m" * 201}, "/message", "maxLength"),
        ({"targetUserId": "x", "message": "\x00"}, "/message", "unicode"),
        ({"targetUserId": "x", "message": None}, "/message", "type"),
        ({"targetUserId": "x", "userId": "y"}, "/userId", "additionalProperties"),
    ],
    ids=str,
)
def test_asking_is_held_to_its_bounds(carol: User, body: object, pointer: str, rule: str) -> None:
    expect_invalid(carol.api.create_friend_request(body), pointer, rule)


@pytest.mark.parametrize(
    ("body", "pointer", "rule"),
    [
        ({}, "/action", "required"),
        ({"action": "block"}, "/action", "enum"),
        ({"action": "Accept"}, "/action", "enum"),
        ({"action": 1}, "/action", "type"),
        ({"action": "accept", "status": 1}, "/status", "additionalProperties"),
    ],
    ids=str,
)
def test_answering_is_held_to_its_bounds(carol: User, body: object, pointer: str, rule: str) -> None:
    expect_invalid(carol.api.update_friend_request("any-request", body), pointer, rule)


# At once


def test_asking_each_other_at_once_leaves_one_request(ann: User, ben: User) -> None:
    calls = [
        partial(ann.api.create_friend_request, {"targetUserId": ben.id}),
        partial(ben.api.create_friend_request, {"targetUserId": ann.id}),
    ]
    answers = at_once(calls * 3)
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    assert len(_request_ids(ann) + _request_ids(ben)) == 1


def test_a_request_answered_both_ways_at_once_has_one_answer(ann: User, ben: User) -> None:
    request_id = ask_to_be_friends(ann, ben)
    calls = [partial(ben.api.update_friend_request, request_id, action) for action in (ACCEPT, REJECT)]
    answers = at_once(calls * 3)
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 5
    won = next(answer.json()["data"]["status"] for answer in answers if answer.status_code == 200)
    assert _friend_ids(ben) == ([ann.id] if won == ACCEPTED else [])
    assert _friend_ids(ann) == ([ben.id] if won == ACCEPTED else [])
