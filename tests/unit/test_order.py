"""Text is compared by its code points, whatever the database would do of its own."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from gochat.commit import Committer
from models import accounts, conversations, friends, members
from models.tables import ADMIN, GROUP, FriendRequest, Membership
from tests.unit.databases import DICTIONARY, KINDS, Database
from tests.unit.people import write

pytestmark = pytest.mark.parametrize("database", [*KINDS, DICTIONARY], indirect=True)

NAMES = ["".join(letters) for letters in product("aBz9_-", repeat=3)]

IDS = ["B", "A", "b", "a", "_", "-", "9", "ab", "aB", "a-b", "a_b", "Ab", "\u00e9", "z"]

ME = "me"


def insert_users(ids: list[str], *, names: list[str] | None = None) -> None:
    for id_, name in zip(ids, names or ids, strict=True):
        accounts.insert_user(
            id=id_, username=name, username_key=name.lower(), is_guest=False, created_at=0, updated_at=0
        )


def insert_groups(ids: list[str]) -> None:
    for id_ in ids:
        conversations.insert_conversation(id=id_, type=GROUP, created_at=0, updated_at=0)
        members.insert_members(id_, [(ME, ADMIN)], read_seq=0, now=0)


def test_where_no_order_is_said_a_dictionary_has_another(database: Database, request: pytest.FixtureRequest) -> None:
    rows = database.read("SELECT letter FROM (SELECT 'b' AS letter UNION SELECT 'B' UNION SELECT 'a') AS t ORDER BY 1")
    expected = "abB" if request.node.callspec.params["database"] == DICTIONARY else "Bab"
    assert "".join(letter for (letter,) in rows) == expected, "or the other tests would notice nothing"


def test_a_search_finds_all_names_with_a_prefix_in_order(committer: Committer) -> None:
    write(committer, lambda: insert_users(NAMES, names=NAMES))
    keys = sorted(name.lower() for name in NAMES)
    for prefix in ["".join(letters) for length in (1, 2, 3) for letters in product("aBz9_-", repeat=length)]:
        expected = [key for key in keys if key.startswith(prefix.lower())]
        assert [user.username_key for user in accounts.search_users(prefix, len(NAMES))] == expected


def test_conversations_of_one_second_are_in_the_order_of_their_ids(committer: Committer) -> None:
    write(committer, lambda: insert_groups(IDS))
    assert [row.conversation.id for row in conversations.list_rows(ME, limit=100)] == sorted(IDS)


def test_members_of_one_moment_are_in_the_order_of_their_ids(committer: Committer) -> None:
    def insert() -> None:
        insert_users(IDS, names=[f"{number:02}" for number in range(len(IDS))])
        members.insert_members("group", [(id_, ADMIN) for id_ in IDS], read_seq=0, now=0)
        Membership.update(join_order=1).execute()

    write(committer, insert)
    assert [member.user_id for member in members.list_members("group")] == sorted(IDS)
    heir = members.find_successor("group")
    assert heir is not None
    assert heir.user_id == min(IDS)


def test_friends_are_in_the_order_of_their_names(committer: Committer) -> None:
    names = list({id_.lower(): id_ for id_ in IDS}.values())

    def insert() -> None:
        insert_users(names)
        for name in names:
            friends.insert_friendship(ME, name, 0)

    write(committer, insert)
    listed = [friendship.friend.username_key for friendship in friends.list_friends(ME)]
    assert listed == sorted(name.lower() for name in names)


def test_requests_of_one_second_are_in_the_reverse_order_of_their_ids(committer: Committer) -> None:
    def insert() -> None:
        for id_ in IDS:
            columns: dict[str, Any] = {"requester_id": id_, "target_id": ME, "pair_key": id_}
            FriendRequest.insert(id=id_, created_at=0, updated_at=0, **columns).execute()

    write(committer, insert)
    listed = [request.id for request in friends.list_requests(ME, received=True, status=None)]
    assert listed == sorted(IDS, reverse=True)
