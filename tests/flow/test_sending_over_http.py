"""A message sent over HTTP is stored once, in order, and answered the same however often it is sent."""

from __future__ import annotations

import secrets
import time
from functools import partial

import pytest

from tests.harness.api import (
    FILE,
    IMAGE,
    TEXT,
    Json,
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

MAX_CONTENT = 4000


def _text(content: str = "hello", **more: object) -> Json:
    return {"messageType": TEXT, "content": content, **more}


def _fresh_id() -> str:
    return f"c-{secrets.token_hex(8)}"


def test_a_sent_message_is_returned_as_stored(alice: User, bob: User) -> None:
    group_id = group(alice, bob)
    before = int(time.time())
    client_id = _fresh_id()
    message = expect_ok(alice.api.send_message(group_id, _text("你好", client_msg_id=client_id)), 201)
    assert message["conversationId"] == group_id
    assert message["senderId"] == alice.id
    assert message["messageType"] == TEXT
    assert message["content"] == "你好"
    assert message["seqId"] == 1
    assert message["clientMsgId"] == client_id
    assert before - 1 <= message["createdAt"] <= time.time() + 1
    stored = bob.api.history(group_id)[0]
    for field in ("id", "senderId", "messageType", "content", "seqId", "createdAt"):
        assert stored[field] == message[field]


def test_a_client_id_is_optional(alice: User) -> None:
    message = expect_ok(alice.api.send_message(group(alice), _text()), 201)
    assert "clientMsgId" not in message


def test_without_a_client_id_the_same_text_is_another_message(alice: User) -> None:
    group_id = group(alice)
    assert alice.api.say(group_id, "twice")["id"] != alice.api.say(group_id, "twice")["id"]
    assert len(alice.api.history(group_id)) == 2


def test_numbers_go_up_by_one_in_each_conversation(alice: User, bob: User) -> None:
    one, other = group(alice, bob), group(alice, bob)
    assert [alice.api.say(one)["seqId"], bob.api.say(one)["seqId"]] == [1, 2]
    assert alice.api.say(other)["seqId"] == 1
    assert alice.api.say(one)["seqId"] == 3


def test_a_refused_message_takes_no_number(alice: User, bob: User) -> None:
    group_id = group(alice)
    client_id = _fresh_id()
    alice.api.say(group_id, "one", client_msg_id=client_id)
    expect_error(alice.api.send_message(group_id, _text("x" * 4001)), "MESSAGE_TOO_LARGE")
    expect_error(alice.api.send_message(group_id, _text("y", client_msg_id=client_id)), "CLIENT_MSG_ID_CONFLICT")
    expect_error(bob.api.send_message(group_id, _text()), "FORBIDDEN")
    alice.api.say(group_id, "one", client_msg_id=client_id)
    assert alice.api.say(group_id, "two")["seqId"] == 2


@pytest.mark.parametrize(
    ("message_type", "content"),
    [
        (TEXT, "plain"),
        (IMAGE, "https://example.org/picture.png"),
        (FILE, '{"name":"report.pdf","url":"https://example.org/report.pdf"}'),
    ],
)
def test_the_three_types_are_stored_as_they_are(alice: User, message_type: int, content: str) -> None:
    group_id = group(alice)
    expect_ok(alice.api.send_message(group_id, {"messageType": message_type, "content": content}), 201)
    stored = alice.api.history(group_id)[0]
    assert (stored["messageType"], stored["content"]) == (message_type, content)


@pytest.mark.parametrize(
    "content",
    [
        "x",
        " ",
        "\n\ttabs and lines\r\n",
        '<script>alert(1)</script> & "quotes" \'--; \\',
        "🙂👩‍👩‍👧‍👦é",
        "\u202eright to left\u200b",
        "\x01\x1f\x7f\uffff",
        "{}",
        "null",
        "a" * MAX_CONTENT,
        "汉" * MAX_CONTENT,
        "🙂" * MAX_CONTENT,
    ],
    ids=lambda content: f"{len(content)} {content[:6]!a}",
)
def test_content_comes_back_to_the_code_point(alice: User, content: str) -> None:
    group_id = group(alice)
    assert alice.api.say(group_id, content)["content"] == content
    assert alice.api.history(group_id)[0]["content"] == content


@pytest.mark.parametrize("character", ["a", "汉", "🙂"])
def test_content_over_4000_code_points_is_too_large(alice: User, character: str) -> None:
    answer = alice.api.send_message(group(alice), _text(character * (MAX_CONTENT + 1)))
    expect_error(answer, "MESSAGE_TOO_LARGE")


def test_content_is_too_large_before_the_conversation_is_looked_for(alice: User) -> None:
    expect_error(alice.api.send_message("no-such-group", _text("x" * 4001)), "MESSAGE_TOO_LARGE")


def test_content_that_breaks_more_than_its_length_is_invalid(alice: User) -> None:
    answer = alice.api.send_message("any-group", _text("x" * 4001 + "\x00"))
    assert expect_error(answer, "INVALID_REQUEST")["details"]["errors"]


@pytest.mark.parametrize(
    ("change", "pointer", "rule"),
    [
        ({"content": ""}, "/content", "minLength"),
        ({"content": "nul\x00nul"}, "/content", "unicode"),
        ({"content": None}, "/content", "type"),
        ({"content": {"text": "x"}}, "/content", "type"),
        ({"messageType": 0}, "/messageType", "enum"),
        ({"messageType": 4}, "/messageType", "enum"),
        ({"messageType": -1}, "/messageType", "enum"),
        ({"messageType": "1"}, "/messageType", "type"),
        ({"messageType": 1.5}, "/messageType", ("type", "enum")),
        ({"messageType": True}, "/messageType", "type"),
        ({"messageType": None}, "/messageType", "type"),
        ({"client_msg_id": ""}, "/client_msg_id", "minLength"),
        ({"client_msg_id": "i" * 65}, "/client_msg_id", "maxLength"),
        ({"client_msg_id": "nul\x00"}, "/client_msg_id", "unicode"),
        ({"client_msg_id": 7}, "/client_msg_id", "type"),
        ({"client_msg_id": None}, "/client_msg_id", "type"),
        ({"clientMsgId": "camel"}, "/clientMsgId", "additionalProperties"),
        ({"conversationId": "x"}, "/conversationId", "additionalProperties"),
    ],
    ids=str,
)
def test_sending_is_held_to_its_bounds(
    alice: User, change: dict[str, object], pointer: str, rule: str | tuple[str, ...]
) -> None:
    expect_invalid(alice.api.send_message("any-group", {**_text(), **change}), pointer, rule)


@pytest.mark.parametrize("missing", ["content", "messageType"])
def test_sending_names_what_is_missing(alice: User, missing: str) -> None:
    body = _text()
    del body[missing]
    expect_invalid(alice.api.send_message("any-group", body), f"/{missing}", "required")


def test_a_client_id_may_be_any_text_of_64_characters(alice: User) -> None:
    group_id = group(alice)
    client_id = "编号🙂 /%\"'" + secrets.token_hex(8)
    client_id += "x" * (64 - len(client_id))
    first = alice.api.say(group_id, "x", client_msg_id=client_id)
    assert first["clientMsgId"] == client_id
    assert alice.api.say(group_id, "x", client_msg_id=client_id)["id"] == first["id"]


def test_sending_to_an_unknown_conversation_is_not_found(alice: User) -> None:
    expect_error(alice.api.send_message("no-such-group", _text()), "CONVERSATION_NOT_FOUND")


def test_an_outsider_may_not_send(alice: User, bob: User) -> None:
    group_id = group(alice)
    expect_error(bob.api.send_message(group_id, _text()), "FORBIDDEN")
    assert alice.api.history(group_id) == []


# Sent again


def test_the_same_body_again_gives_the_first_answer(alice: User) -> None:
    group_id = group(alice)
    body = _text("once", client_msg_id=_fresh_id())
    first = alice.api.send_message(group_id, body)
    alice.api.say(group_id, "in between")
    again = alice.api.send_message(group_id, body)
    assert expect_ok(again, 201) == expect_ok(first, 201)
    assert [message["content"] for message in alice.api.history(group_id)] == ["in between", "once"]


@pytest.mark.parametrize("change", [{"content": "other"}, {"messageType": IMAGE}, {"content": "once "}], ids=str)
def test_another_body_under_the_same_id_is_a_conflict(alice: User, change: dict[str, object]) -> None:
    group_id = group(alice)
    body = _text("once", client_msg_id=_fresh_id())
    expect_ok(alice.api.send_message(group_id, body), 201)
    expect_error(alice.api.send_message(group_id, {**body, **change}), "CLIENT_MSG_ID_CONFLICT")
    expect_ok(alice.api.send_message(group_id, body), 201)
    assert len(alice.api.history(group_id)) == 1


def test_the_same_id_in_another_conversation_is_a_conflict(alice: User) -> None:
    one, other = group(alice), group(alice)
    body = _text("once", client_msg_id=_fresh_id())
    expect_ok(alice.api.send_message(one, body), 201)
    expect_error(alice.api.send_message(other, body), "CLIENT_MSG_ID_CONFLICT")
    assert alice.api.history(other) == []


def test_two_senders_may_use_the_same_id(alice: User, bob: User) -> None:
    group_id = group(alice, bob)
    body = _text("same", client_msg_id=_fresh_id())
    first = expect_ok(alice.api.send_message(group_id, body), 201)
    second = expect_ok(bob.api.send_message(group_id, body), 201)
    assert (first["seqId"], second["seqId"]) == (1, 2)
    assert first["id"] != second["id"]


def test_ids_differ_by_case(alice: User) -> None:
    group_id = group(alice)
    client_id = "case-" + _fresh_id()
    first = alice.api.say(group_id, "x", client_msg_id=client_id)
    assert alice.api.say(group_id, "y", client_msg_id=client_id.upper())["id"] != first["id"]


def test_a_refused_send_does_not_use_up_its_id(alice: User, bob: User) -> None:
    group_id = group(alice)
    body = _text("later", client_msg_id=_fresh_id())
    expect_error(bob.api.send_message(group_id, body), "FORBIDDEN")
    expect_ok(alice.api.add_members(group_id, {"members": [bob.id]}), 201)
    assert expect_ok(bob.api.send_message(group_id, body), 201)["seqId"] == 1


def test_a_repeat_is_answered_after_leaving(alice: User, bob: User) -> None:
    group_id = group(alice, bob)
    body = _text("once", client_msg_id=_fresh_id())
    first = expect_ok(bob.api.send_message(group_id, body), 201)
    expect_ok(bob.api.remove_member(group_id, bob.id))
    assert expect_ok(bob.api.send_message(group_id, body), 201) == first
    fresh = _text("once", client_msg_id=_fresh_id())
    expect_error(bob.api.send_message(group_id, fresh), "FORBIDDEN")
    assert len(alice.api.history(group_id)) == 1


def test_a_repeat_is_answered_after_the_group_is_gone(alice: User) -> None:
    group_id = group(alice)
    body = _text("once", client_msg_id=_fresh_id())
    first = expect_ok(alice.api.send_message(group_id, body), 201)
    expect_ok(alice.api.remove_member(group_id, alice.id))
    assert expect_ok(alice.api.send_message(group_id, body), 201) == first
    fresh = _text("once", client_msg_id=_fresh_id())
    expect_error(alice.api.send_message(group_id, fresh), "CONVERSATION_NOT_FOUND")


# At once


def test_repeats_at_once_are_one_message(alice: User) -> None:
    group_id = group(alice)
    body = _text("once", client_msg_id=_fresh_id())
    answers = at_once([partial(alice.api.send_message, group_id, body)] * 8)
    messages = [expect_ok(answer, 201) for answer in answers]
    assert all(message == messages[0] for message in messages)
    assert len(alice.api.history(group_id)) == 1


def test_different_bodies_at_once_under_one_id_are_one_message(alice: User) -> None:
    group_id = group(alice)
    client_id = _fresh_id()
    bodies = [_text(f"version {number}", client_msg_id=client_id) for number in range(6)]
    answers = at_once([partial(alice.api.send_message, group_id, body) for body in bodies])
    assert sorted(answer.status_code for answer in answers) == [201] + [409] * 5
    winner = next(answer.json()["data"] for answer in answers if answer.status_code == 201)
    assert [message["content"] for message in alice.api.history(group_id)] == [winner["content"]]


def test_ten_sends_at_once_are_numbered_one_to_ten(alice: User, bob: User) -> None:
    group_id = group(alice, bob)
    sends = [partial((alice if number % 2 else bob).api.say, group_id, f"message {number}") for number in range(10)]
    messages = at_once(sends)
    assert sorted(message["seqId"] for message in messages) == list(range(1, 11))
    stored = {message["seqId"]: message["content"] for message in alice.api.history(group_id)}
    assert stored == {message["seqId"]: message["content"] for message in messages}


def test_sends_to_many_conversations_at_once_are_numbered_in_each(server: GoChatServer, alice: User) -> None:
    ann = new_user(server)
    conversations = [group(alice, ann), group(alice, ann), single(alice, ann)]
    sends = [
        partial(user.api.say, conversation, f"by {user.username}")
        for conversation in conversations
        for user in (alice, ann, alice, ann)
    ]
    at_once(sends)
    for conversation in conversations:
        assert [message["seqId"] for message in alice.api.history(conversation)] == [4, 3, 2, 1]
