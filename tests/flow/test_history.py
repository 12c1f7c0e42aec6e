"""History goes back from the newest message, or forward from one that is known, without a gap."""

from __future__ import annotations

import threading

import pytest

from tests.harness.api import (
    Api,
    Json,
    User,
    expect_error,
    expect_invalid,
    expect_ok,
    group,
)

COUNT = 130  # more than the largest page


@pytest.fixture(scope="module")
def talk(alice: User, bob: User) -> str:
    """A group in which message n says "n", from two senders in turn."""
    group_id = group(alice, bob)
    for number in range(1, COUNT + 1):
        (alice if number % 2 else bob).api.say(group_id, str(number))
    return group_id


def _page(api: Api, group_id: str, **query: object) -> Json:
    page = expect_ok(api.list_messages(group_id, **query))
    for message in page["messages"]:
        assert message["conversationId"] == group_id
    return page


def _seqs(page: Json) -> list[int]:
    return [message["seqId"] for message in page["messages"]]


def test_it_begins_with_the_newest_fifty(alice: User, talk: str) -> None:
    page = _page(alice.api, talk)
    assert _seqs(page) == list(range(COUNT, COUNT - 50, -1))
    assert [message["content"] for message in page["messages"]] == [str(seq) for seq in _seqs(page)]
    assert page["nextCursor"] == COUNT - 49
    assert page["hasMore"] is True


def test_every_member_sees_the_same(alice: User, bob: User, talk: str) -> None:
    assert _page(alice.api, talk, limit=100)["messages"] == _page(bob.api, talk, limit=100)["messages"]


def test_a_message_has_its_sender(alice: User, bob: User, talk: str) -> None:
    two = _page(alice.api, talk, after=1, limit=1)["messages"][0]
    assert two["senderId"] == bob.id
    assert two["messageType"] == 1
    if "sender" in two:  # an optional member of the shape
        assert two["sender"]["id"] == bob.id


@pytest.mark.parametrize(
    ("query", "first", "last", "has_more"),
    [
        ({"limit": 1}, 130, 130, True),
        ({"limit": 100}, 130, 31, True),
        ({"cursor": 131, "limit": 3}, 130, 128, True),
        ({"cursor": 1000, "limit": 3}, 130, 128, True),
        ({"cursor": 130, "limit": 3}, 129, 127, True),
        ({"cursor": 51}, 50, 1, False),
        ({"cursor": 52}, 51, 2, True),
        ({"cursor": 4, "limit": 3}, 3, 1, False),
        ({"cursor": 4, "limit": 2}, 3, 2, True),
        ({"cursor": 2}, 1, 1, False),
        ({"after": 0, "limit": 3}, 1, 3, True),
        ({"after": 0}, 1, 50, True),
        ({"after": 50, "limit": 100}, 51, 130, False),
        ({"after": 30, "limit": 100}, 31, 130, False),
        ({"after": 29, "limit": 100}, 30, 129, True),
        ({"after": 127, "limit": 3}, 128, 130, False),
        ({"after": 127, "limit": 2}, 128, 129, True),
        ({"after": 129}, 130, 130, False),
    ],
    ids=str,
)
def test_a_page_is_a_slice(
    alice: User, talk: str, query: dict[str, int], first: int, last: int, has_more: bool
) -> None:
    page = _page(alice.api, talk, **query)
    step = 1 if "after" in query else -1
    assert _seqs(page) == list(range(first, last + step, step))
    assert page["nextCursor"] == last
    assert page["hasMore"] is has_more


@pytest.mark.parametrize("query", [{"cursor": 1}, {"after": 130}, {"after": 5000}], ids=str)
def test_an_empty_page_has_no_cursor(alice: User, talk: str, query: dict[str, int]) -> None:
    page = _page(alice.api, talk, **query)
    assert page["messages"] == []
    assert "nextCursor" not in page
    assert page["hasMore"] is False


def test_a_conversation_without_messages_has_an_empty_history(alice: User) -> None:
    page = _page(alice.api, group(alice))
    assert page == {"messages": [], "hasMore": False}


@pytest.mark.parametrize("limit", [1, 7, 50, 100])
def test_walking_back_meets_every_message_once(bob: User, talk: str, limit: int) -> None:
    if limit == 1:
        page = _page(bob.api, talk, cursor=6, limit=limit)
        expected = list(range(5, 0, -1))
    else:
        page = _page(bob.api, talk, limit=limit)
        expected = list(range(COUNT, 0, -1))
    met = _seqs(page)
    while page["hasMore"]:
        page = _page(bob.api, talk, limit=limit, cursor=page["nextCursor"])
        met += _seqs(page)
    assert met == expected


def test_both_directions_at_once_are_refused(alice: User, talk: str) -> None:
    expect_invalid(alice.api.list_messages(talk, cursor=5, after=5), "/query/after", "not")


def test_both_directions_are_refused_before_the_conversation_is_looked_for(alice: User) -> None:
    expect_error(alice.api.list_messages("no-such-group", cursor=5, after=5), "INVALID_REQUEST")


@pytest.mark.parametrize(
    ("query", "pointer", "rule"),
    [
        ({"cursor": 0}, "/query/cursor", "minimum"),
        ({"cursor": -5}, "/query/cursor", "minimum"),
        ({"cursor": "last"}, "/query/cursor", "type"),
        ({"after": -1}, "/query/after", "minimum"),
        ({"after": "x"}, "/query/after", "type"),
        ({"limit": 0}, "/query/limit", "minimum"),
        ({"limit": 101}, "/query/limit", "maximum"),
        ({"limit": "5.5"}, "/query/limit", "type"),
        ({"limit": "true"}, "/query/limit", "type"),
        ({"before": 5}, "/query/before", "additionalProperties"),
    ],
    ids=str,
)
def test_history_is_held_to_its_bounds(
    alice: User, query: dict[str, object], pointer: str, rule: str | tuple[str, ...]
) -> None:
    expect_invalid(alice.api.list_messages("any-group", **query), pointer, rule)


def test_an_unknown_conversation_has_no_history(alice: User) -> None:
    expect_error(alice.api.list_messages("no-such-group"), "CONVERSATION_NOT_FOUND")


def test_an_outsider_sees_no_history(carol: User, talk: str) -> None:
    expect_error(carol.api.list_messages(talk), "FORBIDDEN")


def test_history_neither_repeats_nor_skips_while_messages_arrive(alice: User, bob: User) -> None:
    group_id = group(alice, bob)
    for number in range(30):
        alice.api.say(group_id, f"before {number}")
    arriving = 60
    done = threading.Event()

    def keep_talking() -> None:
        try:
            for number in range(arriving):
                alice.api.say(group_id, f"while {number}")
        finally:
            done.set()

    talker = threading.Thread(target=keep_talking)
    talker.start()
    try:
        newer: list[int] = []
        known = 0
        while True:
            was_done = done.is_set()
            page = _page(bob.api, group_id, after=known, limit=7)
            newer += _seqs(page)
            known = page.get("nextCursor", known)
            if was_done and not page["hasMore"]:
                break
            back = _page(bob.api, group_id, limit=9)
            top, met = _seqs(back)[0], _seqs(back)
            while back["hasMore"]:
                back = _page(bob.api, group_id, limit=9, cursor=back["nextCursor"])
                met += _seqs(back)
            assert met == list(range(top, 0, -1))
    finally:
        talker.join()
    assert newer == list(range(1, 30 + arriving + 1))
