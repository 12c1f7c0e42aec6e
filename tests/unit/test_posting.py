"""Posting a batch of drafts: who may, what is a repeat, which seqId each gets, and who is told."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from generated.errors import ClientMsgIdConflict, ConversationNotFound, Forbidden
from gochat.actor import Actor
from gochat.bus import BusEvent, MessagePosted
from gochat.commit import Committer
from gochat.services.posting import Posted, find_latest, post_drafts
from models import conversations, members
from models.ids import message_id
from models.store import Store
from models.tables import WORLD_ID, Message
from tests.unit.databases import Database, traced
from tests.unit.people import draft, make_groups, make_users, post_batch, write

HOT_PATH_STATEMENTS = 6


@pytest.fixture
def people(committer: Committer) -> list[Actor]:
    return make_users(committer, 4)


@pytest.fixture
def groups(committer: Committer, people: list[Actor]) -> list[str]:
    """Two groups: of the first two people, and of the first three."""
    return make_groups(committer, [people[:2], people[:3]])


def stored(database: Database, conversation_id: str) -> list[tuple[Any, ...]]:
    """Returns (seqId, content) of what another process would read, in order of seqId."""
    query = "SELECT seq_id, content FROM messages WHERE conversation_id = ? ORDER BY seq_id"
    return database.read(query, conversation_id)


def kinds(outcomes: list[Any]) -> list[Any]:
    """Returns the seqId of each message that was posted, and the class of each error."""
    return [outcome.seq_id if isinstance(outcome, Posted) else type(outcome) for outcome in outcomes]


def posted_events(events: list[BusEvent]) -> list[MessagePosted]:
    return [event for event in events if isinstance(event, MessagePosted)]


def test_seq_ids_follow_the_order_of_the_drafts_in_each_conversation(
    database: Database, committer: Committer, people: list[Actor], groups: list[str]
) -> None:
    first, second = groups
    order = [first, second, WORLD_ID, first, first, WORLD_ID, second]
    outcomes = post_batch(committer, [draft(people[0], id_, content=str(n)) for n, id_ in enumerate(order)])
    assert kinds(outcomes) == [1, 1, 1, 2, 3, 2, 2]
    assert stored(database, first) == [(1, "0"), (2, "3"), (3, "4")]
    assert stored(database, second) == [(1, "1"), (2, "6")]
    assert stored(database, WORLD_ID) == [(1, "2"), (2, "5")]
    assert outcomes[0].message_id == message_id(first, 1)


def test_the_next_batch_goes_on_where_the_last_one_ended(
    database: Database, committer: Committer, people: list[Actor], groups: list[str]
) -> None:
    for number in range(5):
        post_batch(committer, [draft(people[number % 2], groups[0], content=str(number)) for _ in range(number)])
    assert [seq_id for seq_id, _ in stored(database, groups[0])] == list(range(1, 11))


def test_refused_drafts_take_no_seq_id(
    database: Database, committer: Committer, people: list[Actor], groups: list[str], published: list[BusEvent]
) -> None:
    stranger = people[3]
    drafts = [
        draft(people[0], groups[0], "a"),
        draft(stranger, groups[0], "refused"),
        draft(people[1], groups[0], "b"),
        draft(people[0], "no-such-conversation", "refused"),
        draft(people[0], groups[0], "c"),
    ]
    assert kinds(post_batch(committer, drafts)) == [1, Forbidden, 2, ConversationNotFound, 3]
    assert stored(database, groups[0]) == [(1, "a"), (2, "b"), (3, "c")]
    write(committer, lambda: None)
    assert [event.frame.data.content for event in posted_events(published)] == ["a", "b", "c"]


def test_drafts_without_an_id_of_the_client_are_never_repeats(
    database: Database, committer: Committer, people: list[Actor], groups: list[str]
) -> None:
    same = draft(people[0], groups[0], "again")
    assert kinds(post_batch(committer, [same, same])) == [1, 2]
    assert kinds(post_batch(committer, [same])) == [3]
    assert len(stored(database, groups[0])) == 3


def test_a_repeat_gives_the_first_answer_and_is_not_pushed_again(
    database: Database, committer: Committer, people: list[Actor], groups: list[str], published: list[BusEvent]
) -> None:
    send = draft(people[0], groups[0], "once", client_msg_id="m")
    first, repeat = post_batch(committer, [send, send])
    (later,) = post_batch(committer, [send])
    assert first == repeat == later
    write(committer, lambda: None)
    assert len(posted_events(published)) == 1
    assert stored(database, groups[0]) == [(1, "once")]


def test_another_body_under_the_same_id_is_a_conflict(
    database: Database, committer: Committer, people: list[Actor], groups: list[str]
) -> None:
    send = draft(people[0], groups[0], "one", client_msg_id="m")
    others = [
        structs.replace(send, content="other"),
        structs.replace(send, message_type=2),
        structs.replace(send, conversation_id=groups[1]),
    ]
    assert kinds(post_batch(committer, [send, *others, send])) == [1, *[ClientMsgIdConflict] * 3, 1]
    assert kinds(post_batch(committer, [*others, send])) == [*[ClientMsgIdConflict] * 3, 1]
    assert stored(database, groups[0]) == [(1, "one")]
    assert stored(database, groups[1]) == []


def test_ids_of_one_client_mean_nothing_to_another(
    committer: Committer, people: list[Actor], groups: list[str]
) -> None:
    drafts = [draft(person, groups[0], "mine", client_msg_id="m") for person in people[:2]]
    assert kinds(post_batch(committer, drafts)) == [1, 2]


def test_a_refused_send_does_not_use_its_id_up(committer: Committer, people: list[Actor], groups: list[str]) -> None:
    refused = draft(people[0], "no-such-conversation", "x", client_msg_id="m")
    sent = draft(people[0], groups[0], "y", client_msg_id="m")
    assert kinds(post_batch(committer, [refused, sent])) == [ConversationNotFound, 1]


def test_a_repeat_is_answered_even_after_leaving_and_after_the_group_is_gone(
    committer: Committer, people: list[Actor], groups: list[str]
) -> None:
    send = draft(people[1], groups[0], "before", client_msg_id="m")
    first = post_batch(committer, [send])
    write(committer, lambda: members.delete_member(groups[0], people[1].user_id))
    assert post_batch(committer, [send]) == first
    write(committer, lambda: conversations.update_conversation(groups[0], dissolved_at=1))
    assert post_batch(committer, [send]) == first
    assert kinds(post_batch(committer, [structs.replace(send, client_msg_id="n")])) == [ConversationNotFound]


def test_where_it_may_not_go_comes_before_a_conflict(
    committer: Committer, people: list[Actor], groups: list[str]
) -> None:
    post_batch(committer, [draft(people[3], WORLD_ID, "x", client_msg_id="m")])
    drafts = [draft(people[3], id_, "y", client_msg_id="m") for id_ in ("nowhere", groups[0], WORLD_ID)]
    assert kinds(post_batch(committer, drafts)) == [ConversationNotFound, Forbidden, ClientMsgIdConflict]


def test_recipients_are_the_members_as_of_the_commit(
    committer: Committer, people: list[Actor], groups: list[str], published: list[BusEvent]
) -> None:
    leaver = people[2]
    send = draft(people[0], groups[1])
    outcomes: list[Any] = []
    committer.submit(post_drafts, send, outcomes.append)
    committer.submit_function(lambda transaction: members.delete_member(groups[1], leaver.user_id), outcomes.append)
    committer.submit(post_drafts, send, outcomes.append)
    committer.submit(post_drafts, draft(leaver, groups[1]), outcomes.append)
    committer.submit(post_drafts, draft(leaver, WORLD_ID), outcomes.append)
    assert committer.close(timeout_s=5.0)
    assert [type(outcome) for outcome in outcomes] == [Posted, type(None), Posted, Forbidden, Posted]
    everybody = {person.user_id for person in people[:3]}
    recipients = [event.recipients for event in posted_events(published)]
    assert [None if told is None else set(told) for told in recipients] == [
        everybody,
        everybody - {leaver.user_id},
        None,
    ]


def test_an_event_says_who_sent_what_over_which_connection(
    committer: Committer, people: list[Actor], groups: list[str], published: list[BusEvent]
) -> None:
    send = draft(people[0], groups[0], "text", client_msg_id="m")
    over_socket, over_http = post_batch(
        committer, [structs.replace(send, origin="connection-1"), draft(people[0], groups[0])]
    )
    write(committer, lambda: None)
    first, second = posted_events(published)
    assert (first.origin, second.origin) == ("connection-1", None)
    data = first.frame.data
    assert (data.id, data.seq_id, data.created_at) == (
        over_socket.message_id,
        over_socket.seq_id,
        over_socket.created_at,
    )
    assert (data.conversation_id, data.content, data.message_type) == (groups[0], "text", 1)
    assert (data.sender.id, data.sender.username) == (people[0].user_id, people[0].username)
    assert second.frame.data.id == over_http.message_id


def test_a_batch_takes_six_statements_however_many_drafts_there_are(
    store: Store, committer: Committer, people: list[Actor], groups: list[str]
) -> None:
    for count in (1, 10, 1000):
        with traced(store) as trace:
            drafts = [draft(people[n % 2], groups[n % 2], "x", client_msg_id=f"{count}-{n}") for n in range(count)]
            assert all(isinstance(outcome, Posted) for outcome in post_batch(committer, drafts))
        assert len(trace.statements) == HOT_PATH_STATEMENTS


def test_the_last_message_of_each_conversation_is_told_again_as_it_was(
    committer: Committer, people: list[Actor], groups: list[str], published: list[BusEvent]
) -> None:
    assert find_latest() == []
    order = [*groups, WORLD_ID, groups[0], WORLD_ID]
    post_batch(committer, [draft(people[0], id_, content=str(n)) for n, id_ in enumerate(order)])
    told = {event.frame.data.conversation_id: event for event in posted_events(published)}  # of each, the last one
    again = {event.frame.data.conversation_id: event for event in find_latest()}
    assert again.keys() == told.keys() == {*groups, WORLD_ID}
    for conversation_id, event in again.items():
        assert event.again
        assert event.frame == told[conversation_id].frame
        assert set(event.recipients or ()) == set(told[conversation_id].recipients or ())
        assert (event.recipients is None) == (conversation_id == WORLD_ID)


def test_what_is_told_again_is_of_the_last_minute_with_a_message(
    committer: Committer, people: list[Actor], groups: list[str]
) -> None:
    post_batch(committer, [draft(people[0], id_) for id_ in (*groups, WORLD_ID)])
    old = [groups[0], WORLD_ID]
    write(
        committer,
        lambda: Message.update(created_at=Message.created_at - 61).where(Message.conversation_id << old).execute(),
    )
    assert [event.frame.data.conversation_id for event in find_latest()] == [groups[1]]
