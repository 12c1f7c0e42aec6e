"""Admins bring people into a group and send them out; the list shows who is in, oldest first."""

from __future__ import annotations

from functools import partial

import pytest

from tests.harness.api import (
    ROLE_ADMIN,
    ROLE_MEMBER,
    ROLE_OWNER,
    Api,
    User,
    at_once,
    expect_error,
    expect_invalid,
    expect_ok,
    group,
    new_user,
    register_only,
    single,
)
from tests.harness.server import GoChatServer


@pytest.fixture(scope="module")
def dave(server: GoChatServer) -> User:
    return new_user(server)


def _ids(api: Api, group_id: str, **query: object) -> list[str]:
    return [member["userId"] for member in expect_ok(api.list_members(group_id, **query))["members"]]


def _make_admin(owner: User, group_id: str, user: User) -> None:
    expect_ok(owner.api.update_member(group_id, user.id, {"role": ROLE_ADMIN}))


# Adding


def test_the_owner_adds_members(alice: User, bob: User, carol: User) -> None:
    group_id = group(alice)
    added = expect_ok(alice.api.add_members(group_id, {"members": [bob.id, carol.id]}), 201)["members"]
    assert {member["userId"] for member in added} == {bob.id, carol.id}
    assert {member["role"] for member in added} == {ROLE_MEMBER}
    assert {member["conversationId"] for member in added} == {group_id}
    assert expect_ok(bob.api.get_conversation(group_id))["memberCount"] == 3


def test_an_admin_adds_members(alice: User, bob: User, carol: User) -> None:
    group_id = group(alice, bob)
    _make_admin(alice, group_id, bob)
    expect_ok(bob.api.add_members(group_id, {"members": [carol.id]}), 201)
    assert carol.id in _ids(alice.api, group_id)


def test_a_member_and_an_outsider_add_nobody(alice: User, bob: User, carol: User) -> None:
    group_id = group(alice, bob)
    expect_error(bob.api.add_members(group_id, {"members": [carol.id]}), "FORBIDDEN")
    expect_error(carol.api.add_members(group_id, {"members": [carol.id]}), "FORBIDDEN")
    assert _ids(alice.api, group_id) == [alice.id, bob.id]


def test_an_existing_member_is_returned_unchanged(alice: User, bob: User, carol: User) -> None:
    group_id = group(alice, bob)
    _make_admin(alice, group_id, bob)
    before = {m["userId"]: m for m in expect_ok(alice.api.list_members(group_id))["members"]}
    added = expect_ok(alice.api.add_members(group_id, {"members": [bob.id, carol.id]}), 201)["members"]
    by_id = {member["userId"]: member for member in added}
    assert set(by_id) == {bob.id, carol.id}
    assert by_id[bob.id]["role"] == ROLE_ADMIN
    assert by_id[bob.id]["joinedAt"] == before[bob.id]["joinedAt"]
    assert expect_ok(alice.api.get_conversation(group_id))["memberCount"] == 3


def test_oneself_and_duplicates_are_ignored(alice: User, bob: User) -> None:
    group_id = group(alice)
    added = expect_ok(alice.api.add_members(group_id, {"members": [bob.id, alice.id, bob.id]}), 201)
    assert [member["userId"] for member in added["members"]] == [bob.id]
    assert _ids(alice.api, group_id) == [alice.id, bob.id]


def test_with_one_unknown_id_nobody_is_added(alice: User, bob: User) -> None:
    group_id = group(alice)
    answer = alice.api.add_members(group_id, {"members": [bob.id, "no-such-user"]})
    expect_error(answer, "USER_NOT_FOUND")
    assert _ids(alice.api, group_id) == [alice.id]


@pytest.mark.parametrize(
    ("body", "pointer", "rule"),
    [
        ({}, "/members", "required"),
        ({"members": []}, "/members", "minItems"),
        ({"members": None}, "/members", "type"),
        ({"members": {"0": "x"}}, "/members", "type"),
        ({"members": [None]}, "/members/0", "type"),
        ({"members": ["x", "y" * 65]}, "/members/1", "maxLength"),
        ({"members": ["x"], "role": 2}, "/role", "additionalProperties"),
    ],
)
def test_adding_is_held_to_its_bounds(alice: User, body: object, pointer: str, rule: str) -> None:
    expect_invalid(alice.api.add_members("any-group", body), pointer, rule)


def test_a_new_member_sees_all_older_history(alice: User, bob: User) -> None:
    group_id = group(alice)
    for content in ("one", "two", "three"):
        alice.api.say(group_id, content)
    expect_ok(alice.api.add_members(group_id, {"members": [bob.id]}), 201)
    assert [message["content"] for message in bob.api.history(group_id)] == ["three", "two", "one"]


def test_the_same_person_added_at_once_is_added_once(alice: User, bob: User, carol: User) -> None:
    group_id = group(alice, bob)
    _make_admin(alice, group_id, bob)
    body = {"members": [carol.id]}
    adds = [partial(user.api.add_members, group_id, body) for user in (alice, bob)] * 3
    assert {answer.status_code for answer in at_once(adds)} == {201}
    assert _ids(alice.api, group_id) == [alice.id, bob.id, carol.id]
    assert expect_ok(alice.api.get_conversation(group_id))["memberCount"] == 3


# Removing

OWNER, ADMIN, OTHER_ADMIN, MEMBER, OTHER_MEMBER = "owner", "admin", "other admin", "member", "other member"


@pytest.mark.parametrize(
    ("actor", "target", "code"),
    [
        (OWNER, ADMIN, None),
        (OWNER, MEMBER, None),
        (ADMIN, MEMBER, None),
        (ADMIN, OTHER_ADMIN, "FORBIDDEN"),
        (ADMIN, OWNER, "FORBIDDEN"),
        (ADMIN, ADMIN, None),
        (MEMBER, OTHER_MEMBER, "FORBIDDEN"),
        (MEMBER, ADMIN, "FORBIDDEN"),
        (MEMBER, OWNER, "FORBIDDEN"),
        (MEMBER, MEMBER, None),
    ],
)
def test_who_removes_whom(
    server: GoChatServer,
    alice: User,
    bob: User,
    carol: User,
    dave: User,
    actor: str,
    target: str,
    code: str | None,
) -> None:
    people = {OWNER: alice, ADMIN: bob, OTHER_ADMIN: carol, MEMBER: dave}
    if OTHER_MEMBER in (actor, target):
        people[OTHER_MEMBER] = new_user(server)
    group_id = group(alice, *(user for role, user in people.items() if role != OWNER))
    _make_admin(alice, group_id, bob)
    _make_admin(alice, group_id, carol)
    answer = people[actor].api.remove_member(group_id, people[target].id)
    left = set(_ids(alice.api, group_id))
    if code is None:
        assert expect_ok(answer) == {}
        assert people[target].id not in left
        expect_error(people[target].api.list_messages(group_id), "FORBIDDEN")
    else:
        expect_error(answer, code)
        assert people[target].id in left


def test_removing_somebody_who_is_not_in_the_group_is_not_found(alice: User, bob: User) -> None:
    group_id = group(alice)
    expect_error(alice.api.remove_member(group_id, bob.id), "USER_NOT_FOUND")
    expect_error(alice.api.remove_member(group_id, "no-such-user"), "USER_NOT_FOUND")


def test_changing_the_role_of_somebody_who_is_not_in_the_group_is_not_found(alice: User, bob: User) -> None:
    group_id = group(alice)
    expect_error(alice.api.update_member(group_id, bob.id, {"role": ROLE_ADMIN}), "USER_NOT_FOUND")
    expect_error(alice.api.update_member(group_id, "no-such-user", {"role": ROLE_OWNER}), "USER_NOT_FOUND")


def test_somebody_removed_comes_back_as_a_member(alice: User, bob: User) -> None:
    group_id = group(alice, bob)
    _make_admin(alice, group_id, bob)
    expect_ok(alice.api.remove_member(group_id, bob.id))
    added = expect_ok(alice.api.add_members(group_id, {"members": [bob.id]}), 201)["members"]
    assert added[0]["role"] == ROLE_MEMBER


def test_removed_twice_at_once_somebody_leaves_once(alice: User, bob: User) -> None:
    group_id = group(alice, bob)
    answers = at_once([partial(alice.api.remove_member, group_id, bob.id)] * 4)
    assert sorted(answer.status_code for answer in answers) == [200, 404, 404, 404]
    assert expect_ok(alice.api.get_conversation(group_id))["memberCount"] == 1


# Listing


@pytest.fixture(scope="module")
def joined(server: GoChatServer, alice: User) -> tuple[str, list[str]]:
    """A group of 25 and the ids of its members in the order in which they joined."""
    group_id = group(alice, name="many")
    ids = [alice.id]
    for _ in range(24):
        user_id, _ = register_only(server)
        expect_ok(alice.api.add_members(group_id, {"members": [user_id]}), 201)
        ids.append(user_id)
    expect_ok(alice.api.update_member(group_id, ids[3], {"role": ROLE_ADMIN}))
    expect_ok(alice.api.update_member(group_id, ids[20], {"role": ROLE_ADMIN}))
    return group_id, ids


def test_members_are_listed_by_joining_twenty_a_page(alice: User, joined: tuple[str, list[str]]) -> None:
    group_id, ids = joined
    first = expect_ok(alice.api.list_members(group_id))
    assert [member["userId"] for member in first["members"]] == ids[:20]
    assert first["hasMore"] is True
    second = expect_ok(alice.api.list_members(group_id, page=2))
    assert [member["userId"] for member in second["members"]] == ids[20:]
    assert second["hasMore"] is False


@pytest.mark.parametrize(
    ("page", "size", "first", "last", "has_more"),
    [
        (1, 25, 0, 25, False),
        (1, 24, 0, 24, True),
        (5, 5, 20, 25, False),
        (4, 7, 21, 25, False),
        (9, 3, 24, 25, False),
        (26, 1, 25, 25, False),
        (1, 100, 0, 25, False),
        (1000, 100, 25, 25, False),
    ],
)
def test_a_page_of_members_is_a_slice(
    alice: User, joined: tuple[str, list[str]], page: int, size: int, first: int, last: int, has_more: bool
) -> None:
    group_id, ids = joined
    answer = expect_ok(alice.api.list_members(group_id, page=page, size=size))
    assert [member["userId"] for member in answer["members"]] == ids[first:last]
    assert answer["hasMore"] is has_more


def test_members_are_filtered_by_role(alice: User, joined: tuple[str, list[str]]) -> None:
    group_id, ids = joined
    assert _ids(alice.api, group_id, role=ROLE_OWNER) == [ids[0]]
    assert _ids(alice.api, group_id, role=ROLE_ADMIN) == [ids[3], ids[20]]
    others = [user_id for index, user_id in enumerate(ids) if index not in (0, 3, 20)]
    assert _ids(alice.api, group_id, role=ROLE_MEMBER, size=100) == others
    page = expect_ok(alice.api.list_members(group_id, role=ROLE_ADMIN, size=1))
    assert page["hasMore"] is True


def test_joining_is_not_later_for_who_joined_earlier(alice: User, joined: tuple[str, list[str]]) -> None:
    group_id, _ = joined
    members = expect_ok(alice.api.list_members(group_id, size=100))["members"]
    times = [member["joinedAt"] for member in members]
    assert times == sorted(times)


@pytest.mark.parametrize(
    ("query", "pointer", "rule"),
    [
        ({"page": 0}, "/query/page", "minimum"),
        ({"page": -1}, "/query/page", "minimum"),
        ({"page": "one"}, "/query/page", "type"),
        ({"size": 0}, "/query/size", "minimum"),
        ({"size": 101}, "/query/size", "maximum"),
        ({"role": 4}, "/query/role", "enum"),
        ({"limit": 5}, "/query/limit", "additionalProperties"),
    ],
)
def test_listing_is_held_to_its_bounds(
    alice: User, query: dict[str, object], pointer: str, rule: str | tuple[str, ...]
) -> None:
    expect_invalid(alice.api.list_members("any-group", **query), pointer, rule)


def test_an_outsider_lists_nobody(alice: User, bob: User) -> None:
    expect_error(bob.api.list_members(group(alice)), "FORBIDDEN")


def test_members_of_a_single_chat_are_plain_members(alice: User, dave: User) -> None:
    chat_id = single(alice, dave)
    members = expect_ok(dave.api.list_members(chat_id))["members"]
    assert {member["userId"] for member in members} == {alice.id, dave.id}
