"""There is one world chat: everybody is in it from the start, and nobody leaves it."""

from __future__ import annotations

import pytest

from tests.harness.api import (
    TYPE_WORLD,
    User,
    expect_error,
    expect_ok,
    new_guest,
    new_user,
)
from tests.harness.server import GoChatServer


@pytest.fixture(scope="module")
def world_id(alice: User) -> str:
    return alice.api.world_id()


def test_it_is_the_same_for_everybody(server: GoChatServer, world_id: str, bob: User, guest: User) -> None:
    for user in (bob, guest, new_user(server), new_guest(server)):
        assert user.api.world_id() == world_id


def test_its_details_leave_the_members_out(alice: User, guest: User, world_id: str) -> None:
    for user in (alice, guest):
        details = expect_ok(user.api.get_conversation(world_id))
        assert details["type"] == TYPE_WORLD
        assert "members" not in details
        assert "peer" not in details


def test_its_member_count_grows_with_every_account(server: GoChatServer, alice: User, world_id: str) -> None:
    def count() -> int:
        return int(expect_ok(alice.api.get_conversation(world_id))["memberCount"])

    before = count()
    new_user(server)
    assert count() == before + 1
    new_guest(server)
    assert count() == before + 2


def test_everybody_talks_and_reads_in_it(alice: User, bob: User, guest: User, world_id: str) -> None:
    said = [user.api.say(world_id, f"I am {user.username}") for user in (alice, guest, bob)]
    seqs = [message["seqId"] for message in said]
    assert seqs == list(range(seqs[0], seqs[0] + 3))
    for user in (alice, bob, guest):
        history = user.api.history(world_id, after=seqs[0] - 1)
        assert [message["senderId"] for message in history] == [alice.id, guest.id, bob.id]


def test_a_new_account_sees_what_was_said_before(server: GoChatServer, alice: User, world_id: str) -> None:
    message = alice.api.say(world_id, "before you came")
    newcomer = new_user(server)
    assert newcomer.api.history(world_id, limit=1)[0]["id"] == message["id"]


def test_its_members_are_not_listed(alice: User, guest: User, world_id: str) -> None:
    expect_error(alice.api.list_members(world_id), "FORBIDDEN")
    expect_error(guest.api.list_members(world_id), "FORBIDDEN")


def test_nobody_leaves_it(server: GoChatServer, world_id: str) -> None:
    user = new_user(server)
    expect_error(user.api.remove_member(world_id, user.id), "FORBIDDEN")
    assert user.api.world_id() == world_id
    user.api.say(world_id, "still here")


def test_a_guest_does_not_leave_it_either(guest: User, world_id: str) -> None:
    expect_error(guest.api.remove_member(world_id, guest.id), "FORBIDDEN")


def test_nobody_changes_it(alice: User, bob: User, world_id: str) -> None:
    expect_error(alice.api.update_conversation(world_id, {"name": "mine"}), "FORBIDDEN")
    expect_error(alice.api.add_members(world_id, {"members": [bob.id]}), "FORBIDDEN")
    expect_error(alice.api.remove_member(world_id, bob.id), "FORBIDDEN")
    expect_error(alice.api.update_member(world_id, bob.id, {"role": 2}), "FORBIDDEN")
    expect_error(alice.api.update_member(world_id, alice.id, {"role": 3}), "FORBIDDEN")
