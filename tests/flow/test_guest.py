"""A guest comes without an account, talks in the world chat, and gets no further."""

from __future__ import annotations

from collections.abc import Callable

import httpx
import pytest

from tests.harness.api import (
    TYPE_GROUP,
    TYPE_SINGLE,
    TYPE_WORLD,
    Api,
    User,
    expect_error,
    expect_invalid,
    expect_ok,
    group,
    new_guest,
)
from tests.harness.server import GoChatServer


def test_a_guest_needs_no_body(nobody: Api) -> None:
    session = expect_ok(nobody.guest_login(), 201)
    assert session["user"]["isGuest"] is True
    assert session["expiresIn"] == 3600


def test_a_guest_may_send_an_empty_object(nobody: Api) -> None:
    assert expect_ok(nobody.guest_login({}), 201)["user"]["isGuest"] is True


def test_a_guest_login_is_closed(nobody: Api) -> None:
    expect_invalid(nobody.guest_login({"username": "somebody"}), "/username", "additionalProperties")


def test_every_guest_login_is_another_user(server: GoChatServer) -> None:
    one, other = new_guest(server), new_guest(server)
    assert one.id != other.id
    assert one.username != other.username


def test_a_guest_has_a_profile(guest: User) -> None:
    profile = expect_ok(guest.api.get_profile())
    assert profile["id"] == guest.id
    assert profile["isGuest"] is True


def test_a_guest_sees_the_world_chat_only(guest: User) -> None:
    listed = expect_ok(guest.api.list_conversations())
    assert [conversation["type"] for conversation in listed["conversations"]] == [TYPE_WORLD]
    assert listed["hasMore"] is False
    assert expect_ok(guest.api.list_conversations(type=TYPE_GROUP))["conversations"] == []


def test_a_guest_talks_in_the_world_chat(guest: User, alice: User) -> None:
    world_id = guest.api.world_id()
    message = guest.api.say(world_id, "hello from a guest")
    assert message["senderId"] == guest.id
    history = alice.api.history(world_id, after=message["seqId"] - 1)
    assert history[0]["content"] == "hello from a guest"
    expect_ok(guest.api.mark_read(world_id, {"seqId": message["seqId"]}))
    expect_ok(guest.api.get_conversation(world_id))


FORBIDDEN_TO_GUESTS: dict[str, Callable[[Api, str], httpx.Response]] = {
    "updateProfile": lambda api, _: api.update_profile({"avatarUrl": "https://example.org/a.png"}),
    "searchUsers": lambda api, _: api.search_users(q="abc"),
    "createConversation single": lambda api, user_id: api.create_conversation(
        {"type": TYPE_SINGLE, "members": [user_id]}
    ),
    "createConversation group": lambda api, _: api.create_conversation(
        {"type": TYPE_GROUP, "name": "guests", "members": []}
    ),
    "listFriends": lambda api, _: api.list_friends(),
    "listFriendRequests": lambda api, _: api.list_friend_requests(),
    "createFriendRequest": lambda api, user_id: api.create_friend_request({"targetUserId": user_id}),
}


@pytest.mark.parametrize("operation", FORBIDDEN_TO_GUESTS)
def test_what_needs_an_account_is_forbidden_to_a_guest(guest: User, alice: User, operation: str) -> None:
    expect_error(FORBIDDEN_TO_GUESTS[operation](guest.api, alice.id), "FORBIDDEN")


@pytest.mark.parametrize("operation", ["createConversation single", "createFriendRequest"])
def test_a_guest_is_refused_before_the_target_is_looked_for(guest: User, operation: str) -> None:
    expect_error(FORBIDDEN_TO_GUESTS[operation](guest.api, "no-such-user"), "FORBIDDEN")


def test_a_guest_may_not_handle_a_friend_request(guest: User) -> None:
    expect_error(guest.api.update_friend_request("no-such-request", {"action": "accept"}), "FORBIDDEN")


def test_a_guest_cannot_look_into_a_group(guest: User, alice: User) -> None:
    group_id = group(alice)
    expect_error(guest.api.get_conversation(group_id), "FORBIDDEN")
    expect_error(guest.api.list_messages(group_id), "FORBIDDEN")
    expect_error(guest.api.send_message(group_id, {"messageType": 1, "content": "hi"}), "FORBIDDEN")


TARGETING: dict[str, Callable[[Api, str], httpx.Response]] = {
    "single chat": lambda api, guest_id: api.create_conversation({"type": TYPE_SINGLE, "members": [guest_id]}),
    "new group": lambda api, guest_id: api.create_conversation(
        {"type": TYPE_GROUP, "name": "with a guest", "members": [guest_id]}
    ),
    "friend request": lambda api, guest_id: api.create_friend_request({"targetUserId": guest_id}),
}


@pytest.mark.parametrize("target", TARGETING)
def test_a_guest_as_a_target_is_forbidden(alice: User, guest: User, target: str) -> None:
    expect_error(TARGETING[target](alice.api, guest.id), "FORBIDDEN")


def test_a_guest_is_not_added_to_a_group(alice: User, bob: User, guest: User) -> None:
    group_id = group(alice)
    expect_error(alice.api.add_members(group_id, {"members": [bob.id, guest.id]}), "FORBIDDEN")
    members = expect_ok(alice.api.list_members(group_id))["members"]
    assert [member["userId"] for member in members] == [alice.id]


def test_search_does_not_find_guests(alice: User, guest: User) -> None:
    assert len(guest.username) <= 50
    found = expect_ok(alice.api.search_users(q=guest.username, limit=20))["users"]
    assert guest.id not in [user["id"] for user in found]


def test_a_guests_login_can_be_refreshed_and_ended(server: GoChatServer) -> None:
    guest = new_guest(server)
    session = expect_ok(Api(server).refresh_session({"refreshToken": guest.refresh_token}))
    assert session["user"]["id"] == guest.id
    assert session["user"]["isGuest"] is True
    refreshed = Api(server, session["accessToken"])
    expect_ok(refreshed.logout())
    expect_error(refreshed.get_profile(), "AUTH_FAILED")
