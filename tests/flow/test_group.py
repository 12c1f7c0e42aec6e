"""A group is created by its owner, edited by its admins, handed over, succeeded to, and dissolved."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from tests.harness.api import (
    ROLE_ADMIN,
    ROLE_MEMBER,
    ROLE_OWNER,
    TYPE_GROUP,
    Api,
    User,
    at_once,
    expect_error,
    expect_invalid,
    expect_ok,
    group,
    new_user,
    register_only,
)
from tests.harness.server import GoChatServer

GROUP_LIMIT = 500  # members, the owner among them


@pytest.fixture(scope="module")
def dave(server: GoChatServer) -> User:
    return new_user(server)


def _roles(api: Api, group_id: str) -> dict[str, int]:
    members = expect_ok(api.list_members(group_id, size=100))["members"]
    return {member["userId"]: member["role"] for member in members}


def _set_role(actor: User, group_id: str, target: User, role: int) -> None:
    changed = expect_ok(actor.api.update_member(group_id, target.id, {"role": role}))
    assert (changed["userId"], changed["role"]) == (target.id, role)


# Creating


def test_the_creator_is_the_owner(alice: User, bob: User) -> None:
    body = {"type": TYPE_GROUP, "name": "a team", "description": "we meet on Monday", "members": [bob.id]}
    created = expect_ok(alice.api.create_conversation(body), 201)
    assert created["type"] == TYPE_GROUP
    assert created["name"] == "a team"
    assert created["description"] == "we meet on Monday"
    assert created["ownerId"] == alice.id
    assert created["memberCount"] == 2
    assert "peer" not in created
    assert _roles(bob.api, created["id"]) == {alice.id: ROLE_OWNER, bob.id: ROLE_MEMBER}


def test_an_empty_list_of_members_is_fine(alice: User) -> None:
    created = expect_ok(alice.api.create_conversation({"type": TYPE_GROUP, "name": "alone", "members": []}), 201)
    assert created["memberCount"] == 1


def test_oneself_and_duplicates_are_ignored(alice: User, bob: User) -> None:
    body = {"type": TYPE_GROUP, "name": "twice", "members": [bob.id, alice.id, bob.id]}
    created = expect_ok(alice.api.create_conversation(body), 201)
    assert created["memberCount"] == 2
    assert _roles(alice.api, created["id"]) == {alice.id: ROLE_OWNER, bob.id: ROLE_MEMBER}


def test_one_unknown_member_is_not_found_and_nothing_is_created(server: GoChatServer, bob: User) -> None:
    ann = new_user(server)
    body = {"type": TYPE_GROUP, "name": "half", "members": [bob.id, "no-such-user"]}
    expect_error(ann.api.create_conversation(body), "USER_NOT_FOUND")
    assert expect_ok(ann.api.list_conversations(type=TYPE_GROUP))["conversations"] == []


def test_the_same_group_created_twice_is_two(alice: User, bob: User) -> None:
    assert group(alice, bob, name="twins") != group(alice, bob, name="twins")


def test_members_see_the_group_in_their_lists(alice: User, bob: User) -> None:
    group_id = group(alice, bob, name="seen")
    assert bob.api.conversation_in_list(group_id)["name"] == "seen"


def test_details_show_the_members_and_ones_own_membership(alice: User, bob: User) -> None:
    group_id = group(alice, bob)
    details = expect_ok(bob.api.get_conversation(group_id))
    assert {member["userId"] for member in details["members"]} == {alice.id, bob.id}
    if "myMembership" in details:  # an optional member of the shape
        assert details["myMembership"]["userId"] == bob.id
        assert details["myMembership"]["role"] == ROLE_MEMBER


@pytest.mark.parametrize("name", ["x", "n" * 100, "群" * 100, "🙂" * 100, "  spaces  "])
def test_a_name_within_the_bounds_is_kept(alice: User, name: str) -> None:
    group_id = group(alice, name=name)
    assert expect_ok(alice.api.get_conversation(group_id))["name"] == name


def test_a_description_of_500_characters_is_kept(alice: User) -> None:
    body = {"type": TYPE_GROUP, "name": "described", "members": [], "description": "述" * 500}
    created = expect_ok(alice.api.create_conversation(body), 201)
    assert expect_ok(alice.api.get_conversation(created["id"]))["description"] == "述" * 500


@pytest.mark.parametrize(
    ("change", "pointer", "rule"),
    [
        ({"name": None}, "/name", "type"),
        ({"name": ""}, "/name", "minLength"),
        ({"name": "n" * 101}, "/name", "maxLength"),
        ({"name": "nul\x00"}, "/name", "unicode"),
        ({"description": "d" * 501}, "/description", "maxLength"),
        ({"type": 3}, "/type", "enum"),
        ({"type": 0}, "/type", "enum"),
        ({"type": "2"}, "/type", "type"),
        ({"type": True}, "/type", "type"),
        ({"members": "bob"}, "/members", "type"),
        ({"members": [5]}, "/members/0", "type"),
        ({"members": ["ok", ""]}, "/members/1", "minLength"),
        ({"members": ["i" * 65]}, "/members/0", "maxLength"),
        ({"members": ["nul\x00"]}, "/members/0", "unicode"),
        ({"ownerId": "me"}, "/ownerId", "additionalProperties"),
    ],
)
def test_creating_is_held_to_its_bounds(alice: User, change: dict[str, object], pointer: str, rule: str) -> None:
    body = {"type": TYPE_GROUP, "name": "fine", "members": [], **change}
    expect_invalid(alice.api.create_conversation(body), pointer, rule)


@pytest.mark.parametrize(("missing", "rule"), [("type", "required"), ("members", "required")])
def test_creating_names_what_is_missing(alice: User, missing: str, rule: str) -> None:
    body: dict[str, object] = {"type": TYPE_GROUP, "name": "fine", "members": []}
    del body[missing]
    expect_invalid(alice.api.create_conversation(body), f"/{missing}", rule)


def test_a_group_needs_a_name(alice: User) -> None:
    answer = alice.api.create_conversation({"type": TYPE_GROUP, "members": []})
    expect_invalid(answer, "/name", "required")


# Editing


def test_owner_and_admins_edit(alice: User, bob: User) -> None:
    group_id = group(alice, bob)
    expect_ok(alice.api.update_conversation(group_id, {"name": "by the owner"}))
    _set_role(alice, group_id, bob, ROLE_ADMIN)
    change = {"name": "by an admin", "description": "new", "avatarUrl": "https://example.org/g.png"}
    edited = expect_ok(bob.api.update_conversation(group_id, change))
    assert {name: edited[name] for name in change} == change
    seen = expect_ok(alice.api.get_conversation(group_id))
    assert {name: seen[name] for name in change} == change


def test_an_edit_leaves_what_it_does_not_name(alice: User) -> None:
    group_id = group(alice, name="stays")
    expect_ok(alice.api.update_conversation(group_id, {"description": "changes"}))
    seen = expect_ok(alice.api.get_conversation(group_id))
    assert (seen["name"], seen["description"]) == ("stays", "changes")


def test_a_description_can_be_emptied(alice: User) -> None:
    group_id = group(alice)
    expect_ok(alice.api.update_conversation(group_id, {"description": "something"}))
    expect_ok(alice.api.update_conversation(group_id, {"description": ""}))
    assert expect_ok(alice.api.get_conversation(group_id)).get("description", "") == ""


def test_a_member_may_not_edit(alice: User, bob: User) -> None:
    expect_error(bob.api.update_conversation(group(alice, bob), {"name": "mine"}), "FORBIDDEN")


def test_an_outsider_may_not_edit(alice: User, bob: User) -> None:
    expect_error(bob.api.update_conversation(group(alice), {"name": "mine"}), "FORBIDDEN")


@pytest.mark.parametrize(
    ("change", "pointer", "rule"),
    [
        ({}, "", "minProperties"),
        ({"name": ""}, "/name", "minLength"),
        ({"name": "n" * 101}, "/name", "maxLength"),
        ({"description": "d" * 501}, "/description", "maxLength"),
        ({"avatarUrl": "not an address"}, "/avatarUrl", ("pattern", "format")),
        ({"name": None}, "/name", "type"),
        ({"ownerId": "me"}, "/ownerId", "additionalProperties"),
        ({"settings": {}}, "/settings", "additionalProperties"),
    ],
)
def test_editing_is_held_to_its_bounds(
    alice: User, change: dict[str, object], pointer: str, rule: str | tuple[str, ...]
) -> None:
    expect_invalid(alice.api.update_conversation("any-group", change), pointer, rule)


# Roles


def test_only_the_owner_changes_roles(alice: User, bob: User, carol: User) -> None:
    group_id = group(alice, bob, carol)
    _set_role(alice, group_id, bob, ROLE_ADMIN)
    expect_error(bob.api.update_member(group_id, carol.id, {"role": ROLE_ADMIN}), "FORBIDDEN")
    expect_error(carol.api.update_member(group_id, carol.id, {"role": ROLE_ADMIN}), "FORBIDDEN")
    expect_error(bob.api.update_member(group_id, bob.id, {"role": ROLE_OWNER}), "FORBIDDEN")
    assert _roles(alice.api, group_id) == {
        alice.id: ROLE_OWNER,
        bob.id: ROLE_ADMIN,
        carol.id: ROLE_MEMBER,
    }


def test_an_admin_can_be_made_a_member_again(alice: User, bob: User) -> None:
    group_id = group(alice, bob)
    _set_role(alice, group_id, bob, ROLE_ADMIN)
    _set_role(alice, group_id, bob, ROLE_MEMBER)
    expect_error(bob.api.update_conversation(group_id, {"name": "mine"}), "FORBIDDEN")


@pytest.mark.parametrize("role", [ROLE_MEMBER, ROLE_ADMIN])
def test_an_owner_cannot_demote_himself(alice: User, role: int) -> None:
    group_id = group(alice)
    expect_error(alice.api.update_member(group_id, alice.id, {"role": role}), "FORBIDDEN")
    assert _roles(alice.api, group_id) == {alice.id: ROLE_OWNER}


def test_giving_the_owners_role_hands_the_group_over(alice: User, bob: User) -> None:
    group_id = group(alice, bob)
    _set_role(alice, group_id, bob, ROLE_OWNER)
    assert _roles(alice.api, group_id) == {alice.id: ROLE_ADMIN, bob.id: ROLE_OWNER}
    assert expect_ok(alice.api.get_conversation(group_id))["ownerId"] == bob.id
    expect_error(alice.api.update_member(group_id, bob.id, {"role": ROLE_MEMBER}), "FORBIDDEN")
    _set_role(bob, group_id, alice, ROLE_MEMBER)


def test_an_owner_who_gives_himself_the_owners_role_changes_nothing(alice: User, bob: User) -> None:
    group_id = group(alice, bob)
    _set_role(alice, group_id, alice, ROLE_OWNER)
    assert _roles(alice.api, group_id) == {alice.id: ROLE_OWNER, bob.id: ROLE_MEMBER}


@pytest.mark.parametrize(
    ("body", "pointer", "rule"),
    [
        ({}, "/role", "required"),
        ({"role": 0}, "/role", "enum"),
        ({"role": 4}, "/role", "enum"),
        ({"role": "2"}, "/role", "type"),
        ({"role": 1, "muted": True}, "/muted", "additionalProperties"),
    ],
)
def test_changing_a_role_is_held_to_its_bounds(alice: User, body: object, pointer: str, rule: str) -> None:
    expect_invalid(alice.api.update_member("any-group", "any-user", body), pointer, rule)


# Leaving


def test_an_owner_who_leaves_is_followed_by_the_oldest_admin(alice: User, bob: User, carol: User, dave: User) -> None:
    group_id = group(alice, bob)
    for user in (carol, dave):
        expect_ok(alice.api.add_members(group_id, {"members": [user.id]}), 201)
    _set_role(alice, group_id, dave, ROLE_ADMIN)  # made an admin first, but joined last
    _set_role(alice, group_id, carol, ROLE_ADMIN)
    expect_ok(alice.api.remove_member(group_id, alice.id))
    assert _roles(bob.api, group_id) == {
        bob.id: ROLE_MEMBER,
        carol.id: ROLE_OWNER,
        dave.id: ROLE_ADMIN,
    }
    assert expect_ok(bob.api.get_conversation(group_id))["ownerId"] == carol.id


def test_without_admins_an_owner_is_followed_by_the_oldest_member(
    alice: User, bob: User, carol: User, dave: User
) -> None:
    group_id = group(alice)
    for user in (dave, bob, carol):
        expect_ok(alice.api.add_members(group_id, {"members": [user.id]}), 201)
    expect_ok(alice.api.remove_member(group_id, alice.id))
    assert _roles(bob.api, group_id) == {dave.id: ROLE_OWNER, bob.id: ROLE_MEMBER, carol.id: ROLE_MEMBER}
    expect_ok(dave.api.update_conversation(group_id, {"name": "now mine"}))


def test_who_left_and_came_back_is_the_youngest(alice: User, bob: User, carol: User) -> None:
    group_id = group(alice, bob)
    expect_ok(alice.api.add_members(group_id, {"members": [carol.id]}), 201)
    expect_ok(bob.api.remove_member(group_id, bob.id))
    expect_ok(alice.api.add_members(group_id, {"members": [bob.id]}), 201)
    expect_ok(alice.api.remove_member(group_id, alice.id))
    assert _roles(bob.api, group_id) == {carol.id: ROLE_OWNER, bob.id: ROLE_MEMBER}


def test_the_last_one_to_leave_dissolves_the_group(alice: User, bob: User) -> None:
    group_id = group(alice, bob)
    alice.api.say(group_id)
    expect_ok(alice.api.remove_member(group_id, alice.id))
    expect_ok(bob.api.remove_member(group_id, bob.id))
    for api in (alice.api, bob.api):
        expect_error(api.get_conversation(group_id), "CONVERSATION_NOT_FOUND")
        expect_error(api.list_messages(group_id), "CONVERSATION_NOT_FOUND")
        expect_error(api.send_message(group_id, {"messageType": 1, "content": "?"}), "CONVERSATION_NOT_FOUND")
    listed = expect_ok(bob.api.list_conversations(size=100))["conversations"]
    assert group_id not in [conversation["id"] for conversation in listed]


def test_who_left_is_outside(alice: User, bob: User) -> None:
    group_id = group(alice, bob)
    alice.api.say(group_id)
    assert expect_ok(bob.api.remove_member(group_id, bob.id)) == {}
    expect_error(bob.api.get_conversation(group_id), "FORBIDDEN")
    expect_error(bob.api.list_messages(group_id), "FORBIDDEN")
    expect_error(bob.api.list_members(group_id), "FORBIDDEN")
    expect_error(bob.api.send_message(group_id, {"messageType": 1, "content": "?"}), "FORBIDDEN")
    expect_error(bob.api.mark_read(group_id, {"seqId": 1}), "FORBIDDEN")
    expect_error(bob.api.remove_member(group_id, bob.id), "FORBIDDEN")
    listed = expect_ok(bob.api.list_conversations(size=100))["conversations"]
    assert group_id not in [conversation["id"] for conversation in listed]
    assert expect_ok(alice.api.get_conversation(group_id))["memberCount"] == 1


# Errors, in their order


def test_an_unknown_group_is_not_found_before_a_role_or_an_id_is_looked_at(alice: User) -> None:
    unknown = "no-such-group"
    api = alice.api
    expect_error(api.get_conversation(unknown), "CONVERSATION_NOT_FOUND")
    expect_error(api.update_conversation(unknown, {"name": "x"}), "CONVERSATION_NOT_FOUND")
    expect_error(api.list_members(unknown), "CONVERSATION_NOT_FOUND")
    expect_error(api.add_members(unknown, {"members": ["no-such-user"]}), "CONVERSATION_NOT_FOUND")
    expect_error(api.update_member(unknown, "no-such-user", {"role": 1}), "CONVERSATION_NOT_FOUND")
    expect_error(api.remove_member(unknown, "no-such-user"), "CONVERSATION_NOT_FOUND")


def test_a_missing_role_is_reported_before_an_unknown_id(alice: User, bob: User) -> None:
    group_id = group(alice, bob)
    expect_error(bob.api.add_members(group_id, {"members": ["no-such-user"]}), "FORBIDDEN")
    expect_error(bob.api.update_member(group_id, "no-such-user", {"role": 2}), "FORBIDDEN")
    expect_error(bob.api.remove_member(group_id, "no-such-user"), "FORBIDDEN")


def test_an_unknown_id_is_reported_before_a_guest(alice: User, guest: User) -> None:
    answer = alice.api.add_members(group(alice), {"members": [guest.id, "no-such-user"]})
    expect_error(answer, "USER_NOT_FOUND")
    body = {"type": TYPE_GROUP, "name": "both", "members": [guest.id, "no-such-user"]}
    expect_error(alice.api.create_conversation(body), "USER_NOT_FOUND")


# The limit


@pytest.mark.parametrize("others", [GROUP_LIMIT, GROUP_LIMIT + 1])
def test_a_group_is_not_created_with_more_than_500_members(alice: User, others: int) -> None:
    members = [f"nobody-{number}" for number in range(others)]  # counted before they are looked for
    body = {"type": TYPE_GROUP, "name": "over", "members": members}
    expect_invalid(alice.api.create_conversation(body), "/members", "not" if others == GROUP_LIMIT else "maxItems")


def test_oneself_and_duplicates_do_not_count_for_the_limit(alice: User, bob: User) -> None:
    members = [bob.id, alice.id] * (GROUP_LIMIT // 2)
    created = alice.api.create_conversation({"type": TYPE_GROUP, "name": "over", "members": members})
    assert expect_ok(created, 201)["memberCount"] == 2


def test_a_list_of_501_is_longer_than_any_group(alice: User) -> None:
    members = [f"user-{number}" for number in range(GROUP_LIMIT + 1)]
    expect_invalid(alice.api.add_members("any-group", {"members": members}), "/members", "maxItems")


@pytest.mark.long  # 500 accounts are 500 slow password hashes: a minute
def test_a_group_has_500_members_and_no_more(server: GoChatServer, alice: User) -> None:
    with ThreadPoolExecutor(max_workers=4) as pool:
        crowd = [user_id for user_id, _ in pool.map(lambda _: register_only(server), range(GROUP_LIMIT))]
    full = {"type": TYPE_GROUP, "name": "full", "members": crowd[:-1]}
    created = expect_ok(alice.api.create_conversation(full), 201)
    assert created["memberCount"] == GROUP_LIMIT
    assert len(expect_ok(alice.api.get_conversation(created["id"]))["members"]) == GROUP_LIMIT
    expect_invalid(alice.api.add_members(created["id"], {"members": [crowd[-1]]}), "/members", "not")
    same = expect_ok(alice.api.add_members(created["id"], {"members": crowd[:1]}), 201)
    assert [member["userId"] for member in same["members"]] == crowd[:1]
    expect_ok(alice.api.remove_member(created["id"], crowd[0]))
    adds = [partial(alice.api.add_members, created["id"], {"members": [user_id]}) for user_id in crowd[::499]]
    assert sorted(answer.status_code for answer in at_once(adds)) == [201, 400]
    assert expect_ok(alice.api.get_conversation(created["id"]))["memberCount"] == GROUP_LIMIT


# At once


def test_all_members_leaving_at_once_dissolve_the_group(alice: User, bob: User, carol: User, dave: User) -> None:
    group_id = group(alice, bob, carol, dave)
    people = (alice, bob, carol, dave)
    answers = at_once([partial(user.api.remove_member, group_id, user.id) for user in people])
    assert [answer.status_code for answer in answers] == [200] * 4
    expect_error(alice.api.get_conversation(group_id), "CONVERSATION_NOT_FOUND")


def test_a_group_handed_over_twice_at_once_has_one_owner(alice: User, bob: User, carol: User) -> None:
    group_id = group(alice, bob, carol)
    gifts = [partial(alice.api.update_member, group_id, user.id, {"role": ROLE_OWNER}) for user in (bob, carol)]
    answers = at_once(gifts * 2)
    assert {answer.status_code for answer in answers} <= {200, 403}
    roles = _roles(alice.api, group_id)
    assert sorted(roles.values()) == [ROLE_MEMBER, ROLE_ADMIN, ROLE_OWNER]
    owner_id = expect_ok(alice.api.get_conversation(group_id))["ownerId"]
    assert roles[owner_id] == ROLE_OWNER
    assert roles[alice.id] == ROLE_ADMIN


def test_an_heir_who_leaves_at_the_same_time_does_not_inherit(alice: User, bob: User, carol: User) -> None:
    group_id = group(alice, bob, carol)
    at_once([partial(user.api.remove_member, group_id, user.id) for user in (alice, bob)])
    assert _roles(carol.api, group_id) == {carol.id: ROLE_OWNER}
    assert expect_ok(carol.api.get_conversation(group_id))["ownerId"] == carol.id


# What moves updatedAt


def test_an_edit_moves_updated_at_and_membership_does_not(alice: User, bob: User, carol: User) -> None:
    group_id = group(alice, bob)
    created_at = expect_ok(alice.api.get_conversation(group_id))["updatedAt"]
    time.sleep(1.1)  # updatedAt is in whole seconds
    expect_ok(alice.api.add_members(group_id, {"members": [carol.id]}), 201)
    _set_role(alice, group_id, bob, ROLE_ADMIN)
    expect_ok(alice.api.remove_member(group_id, carol.id))
    assert expect_ok(alice.api.get_conversation(group_id))["updatedAt"] == created_at
    expect_ok(alice.api.update_conversation(group_id, {"name": "edited"}))
    assert expect_ok(alice.api.get_conversation(group_id))["updatedAt"] > created_at
