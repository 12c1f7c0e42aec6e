"""Moving a batch of read pointers: as one mark after the other would, in a handful of statements."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from generated.errors import ConversationNotFound, Forbidden
from gochat.actor import Actor
from gochat.commit import Committer
from gochat.services.reading import Mark, move_pointers
from models import conversations
from models.store import Store
from models.tables import WORLD_ID
from tests.unit.databases import Database, traced
from tests.unit.people import draft, make_groups, make_users, post_batch, submit_all, write

STATEMENTS = 4
MAX_SAFE_INTEGER = 2**53 - 1

EXAMPLES = {"sqlite": 60, "postgres": 30}
"""By kind of database: on PostgreSQL each takes twice as long."""

senders = st.lists(st.integers(0, 2), max_size=12)
marks = st.tuples(st.integers(0, 3), st.integers(0, 2), st.integers(1, 14) | st.just(MAX_SAFE_INTEGER), st.booleans())
"""(person, conversation, seqId, is counted); the fourth person is in no group, the third conversation is not there."""


@pytest.fixture
def people(committer: Committer) -> list[Actor]:
    return make_users(committer, 4)


def read_seq(database: Database, user: Actor, conversation_id: str) -> int:
    query = "SELECT read_seq FROM memberships WHERE conversation_id = ? AND user_id = ?"
    ((value,),) = database.read(query, conversation_id, user.user_id)
    return int(value)


def test_a_batch_does_what_one_mark_after_the_other_would(
    database: Database, committer: Committer, people: list[Actor]
) -> None:
    @settings(max_examples=EXAMPLES[database.kind], deadline=None)
    @given(st.lists(senders, min_size=2, max_size=2), st.lists(marks, min_size=1, max_size=20))
    def check(sent: list[list[int]], batch: list[tuple[int, int, int, bool]]) -> None:
        ids = [*make_groups(committer, [people[:3]] * 2), "no-such-conversation"]
        for conversation_id, order in zip(ids, sent, strict=False):
            post_batch(committer, [draft(people[sender], conversation_id) for sender in order])
        pointers = dict.fromkeys(itertools.product(range(3), range(2)), 0)

        def expected(person: int, group: int, seq_id: int, is_counted: bool) -> Any:
            if group == 2:
                return ConversationNotFound
            if person == 3:
                return Forbidden
            pointer = max(pointers[person, group], min(seq_id, len(sent[group])))
            pointers[person, group] = pointer
            return sum(sender != person for sender in sent[group][pointer:]) if is_counted else None

        wanted = [expected(*mark) for mark in batch]
        outcomes = submit_all(
            committer,
            move_pointers,
            [
                Mark(people[person].user_id, ids[group], seq_id, is_counted)
                for person, group, seq_id, is_counted in batch
            ],
        )
        assert [type(each) if isinstance(each, Exception) else each for each in outcomes] == wanted
        found = {(person, group): read_seq(database, people[person], ids[group]) for person, group in pointers}
        assert found == pointers

    check()


def test_a_dissolved_conversation_is_not_there(committer: Committer, people: list[Actor]) -> None:
    gone, kept = make_groups(committer, [people, people])
    post_batch(committer, [draft(people[0], id_) for id_ in (gone, kept)])
    write(committer, lambda: conversations.update_conversation(gone, dissolved_at=1))
    batch = [Mark(people[1].user_id, id_, 1, is_counted=True) for id_ in (gone, kept)]
    first, second = submit_all(committer, move_pointers, batch)
    assert isinstance(first, ConversationNotFound)
    assert second == 0


@pytest.mark.parametrize("count", [1, 20, 256])
def test_a_batch_takes_as_many_statements_at_any_length(
    store: Store, committer: Committer, people: list[Actor], count: int
) -> None:
    groups = [WORLD_ID, *make_groups(committer, [people[:2], people[:3]])]
    post_batch(committer, [draft(people[n % 2], groups[n % 3]) for n in range(3 * count)])
    batch = [Mark(people[n % 2].user_id, groups[n % 3], n // 3 + 1, is_counted=True) for n in range(count)]
    with traced(store) as trace:
        assert all(isinstance(outcome, int) for outcome in submit_all(committer, move_pointers, batch))
    assert len(trace.statements) == STATEMENTS
