"""Posting held to a model of a few lines: any batches of drafts, with people who come and go between them."""

from __future__ import annotations

from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from generated.errors import ClientMsgIdConflict, ConversationNotFound, Forbidden
from gochat.bus import BusEvent, MessagePosted
from gochat.commit import Committer
from gochat.services.posting import Draft, Posted
from models import conversations, members
from models.ids import message_id
from models.tables import MEMBER, WORLD_ID
from tests.unit.databases import Database
from tests.unit.people import make_groups, make_users, post_batch, write

EXAMPLES = {"sqlite": 60, "postgres": 30}
"""By kind of database: on PostgreSQL each takes twice as long."""


class Send(NamedTuple):
    """A draft with small numbers for people and conversations (0-2 groups, 3 the world chat, 4 unknown)."""

    sender: int
    conversation: int
    message_type: Any
    content: str
    client_msg_id: str | None
    origin: str | None


class Change(NamedTuple):
    """Somebody joins or leaves a group, which the last one dissolves; or (person is None) the group is dissolved."""

    person: int | None
    group: int
    joins: bool


people = st.integers(0, 3)
sends = st.builds(
    Send,
    people,
    st.integers(0, 4),
    st.sampled_from([1, 2]),
    st.sampled_from(["a", "b"]),
    st.sampled_from([None, "x", "y", "z"]),
    st.sampled_from([None, "connection"]),
)
changes = st.builds(Change, st.none() | people, st.integers(0, 2), st.booleans())
steps = st.lists(st.lists(sends, min_size=1, max_size=12) | changes, min_size=1, max_size=6)


class Model:
    """What posting must do, one draft at a time."""

    def __init__(self, conversation_ids: list[str], group_members: list[set[str]], world_seq: int) -> None:
        self.members = dict(zip(conversation_ids, group_members, strict=True))  # of groups that are not dissolved
        self.last_seq = dict.fromkeys(conversation_ids, 0) | {WORLD_ID: world_seq}
        self.sent: dict[tuple[str, str], tuple[tuple[str, int, str], int]] = {}
        self.rows: list[tuple[str, int, str, str | None, int, str]] = []
        self.told: list[tuple[str, frozenset[str] | None, str | None]] = []

    def post(self, draft: Draft) -> Any:
        """Returns the public id of the message, or the class of the error."""
        where, body = draft.conversation_id, (draft.conversation_id, draft.message_type, draft.content)
        key = None if draft.client_msg_id is None else (draft.sender_id, draft.client_msg_id)
        earlier = None if key is None else self.sent.get(key)
        if earlier is not None and earlier[0] == body:
            return message_id(where, earlier[1])
        if where != WORLD_ID and where not in self.members:
            return ConversationNotFound
        if where != WORLD_ID and draft.sender_id not in self.members[where]:
            return Forbidden
        if earlier is not None:
            return ClientMsgIdConflict
        self.last_seq[where] += 1
        seq_id = self.last_seq[where]
        if key is not None:
            self.sent[key] = (body, seq_id)
        self.rows.append((where, seq_id, draft.sender_id, draft.client_msg_id, draft.message_type, draft.content))
        recipients = None if where == WORLD_ID else frozenset(self.members[where])
        self.told.append((message_id(where, seq_id), recipients, draft.origin))
        return message_id(where, seq_id)


def outcome_of(outcome: Any) -> Any:
    return outcome.message_id if isinstance(outcome, Posted) else type(outcome)


def told_by(event: BusEvent) -> tuple[str, frozenset[str] | None, str | None]:
    assert isinstance(event, MessagePosted)
    return event.frame.data.id, None if event.recipients is None else frozenset(event.recipients), event.origin


def test_any_batches_end_as_the_model_says(database: Database, committer: Committer, published: list[BusEvent]) -> None:
    @settings(max_examples=EXAMPLES[database.kind], deadline=None)
    @given(steps)
    def run(steps: list[Any]) -> None:
        actors = make_users(committer, 4)
        users = [actor.user_id for actor in actors]
        group_ids = make_groups(committer, [actors[:1], actors[:2], actors[1:4]])
        places = [*group_ids, WORLD_ID, "unknown"]
        world = conversations.find_conversation(WORLD_ID)
        assert world is not None
        model = Model(group_ids, [set(users[:1]), set(users[:2]), set(users[1:4])], world.last_seq)
        published.clear()

        for step in steps:
            if isinstance(step, Change):
                apply(step, users, group_ids, model)
                continue
            drafts = [Draft(users[s.sender], places[s.conversation], *s[2:]) for s in step]
            assert [outcome_of(o) for o in post_batch(committer, drafts)] == [model.post(d) for d in drafts]

        write(committer, lambda: None)  # its answer comes after the events of all batches before
        assert [told_by(event) for event in published] == model.told
        assert stored(users) == sorted(model.rows)
        for id_, last_seq in model.last_seq.items():
            assert [row[0] for row in database.read("SELECT last_seq FROM conversations WHERE id = ?", id_)] == [
                last_seq
            ]

    def apply(change: Change, users: list[str], group_ids: list[str], model: Model) -> None:
        group = group_ids[change.group]
        user_id = None if change.person is None else users[change.person]
        if user_id is None or (not change.joins and model.members.get(group) == {user_id}):
            write(committer, lambda: conversations.update_conversation(group, dissolved_at=1))
            model.members.pop(group, None)
        elif group in model.members:
            if not change.joins:
                write(committer, lambda: members.delete_member(group, user_id))
                model.members[group].discard(user_id)
            elif user_id not in model.members[group]:
                write(committer, lambda: members.insert_members(group, [(user_id, MEMBER)], read_seq=0, now=0))
                model.members[group].add(user_id)

    def stored(users: list[str]) -> list[Any]:
        columns = "conversation_id, seq_id, sender_id, client_msg_id, message_type, content"
        return sorted(database.read(f"SELECT {columns} FROM messages WHERE sender_id IN (?, ?, ?, ?)", *users))

    run()
