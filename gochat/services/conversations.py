"""Conversations: listing, opening single chats and groups, showing and editing them."""

from __future__ import annotations

import time
from collections.abc import Sequence

from generated import responses
from gochat.actor import Actor
from gochat.commit import Committer, Transaction
from gochat.services.access import find_targets, open_conversation, open_group
from gochat.services.accounts import refuse_guest
from gochat.services.views import conversation_view, details_view
from gochat.violation import invalid
from models import conversations, members
from models.ids import new_id, pair_key
from models.store import Store
from models.tables import ADMIN, GROUP, MEMBER, OWNER, SINGLE, WORLD, Conversation

MAX_GROUP_MEMBERS = 500


class Conversations:
    """Everything about conversations but who is in them and what is said."""

    def __init__(self, store: Store, committer: Committer) -> None:
        self._store = store
        self._committer = committer

    def list_page(
        self, actor: Actor, *, page: int, size: int, conversation_type: int | None
    ) -> responses.ConversationList:
        """Return a page of the actor's conversations, newest first. `page` starts at 1."""
        with self._store.snapshot():
            rows = conversations.list_rows(
                actor.user_id, conversation_type=conversation_type, offset=(page - 1) * size, limit=size + 1
            )
        return responses.ConversationList(
            conversations=[conversation_view(row) for row in rows[:size]], has_more=len(rows) > size
        )

    def show(self, actor: Actor, conversation_id: str) -> responses.ConversationDetails:
        """Return one conversation with its members, who are left out for the world chat.

        Raises:
            ConversationNotFound, Forbidden: see `open_conversation`.
        """
        with self._store.snapshot():
            conversation, _ = open_conversation(actor, conversation_id)
            row = conversations.list_rows(actor.user_id, conversation_id=conversation_id)[0]
            listed = None if conversation.type == WORLD else members.list_members(conversation_id)
        return details_view(row, listed)

    def create(
        self,
        actor: Actor,
        conversation_type: int,
        member_ids: Sequence[str],
        *,
        name: str | None,
        description: str | None,
    ) -> tuple[responses.Conversation, bool]:
        """Open a single chat (type 1, name and description are ignored) or make a group; say whether it is new.

        Raises:
            InvalidRequest: a group without a name; otherwise see `open_single` and `create_group`.
        """
        if conversation_type == SINGLE:
            return self.open_single(actor, member_ids)
        if name is None:
            raise invalid("/name", "required")
        return self.create_group(actor, member_ids, name=name, description=description), True

    def open_single(self, actor: Actor, member_ids: Sequence[str]) -> tuple[responses.Conversation, bool]:
        """Return the single chat with the one other user named, and whether it was made now.

        Raises:
            InvalidRequest: not exactly one other once oneself and duplicates are dropped.
            Forbidden: the actor or the other is a guest.
            UserNotFound: there is no such user.
        """
        others = _others(actor, member_ids)
        if len(others) != 1:
            raise invalid("/members")
        refuse_guest(actor)

        def write(transaction: Transaction) -> tuple[str, bool]:
            find_targets(others)
            return open_single_chat(actor.user_id, others[0], int(time.time()))

        conversation_id, made = self._committer.run(write)
        return self._view(actor, conversation_id), made

    def create_group(
        self, actor: Actor, member_ids: Sequence[str], *, name: str, description: str | None
    ) -> responses.Conversation:
        """Make a group that the actor owns; the others join as members, in the order given.

        Raises:
            InvalidRequest: over 500 members.
            Forbidden: the actor or somebody named is a guest.
            UserNotFound: somebody named is unknown; nothing is made.
        """
        others = _others(actor, member_ids)
        if len(others) + 1 > MAX_GROUP_MEMBERS:
            raise invalid("/members")
        refuse_guest(actor)

        def write(transaction: Transaction) -> str:
            find_targets(others)
            now = int(time.time())
            conversation = conversations.insert_conversation(
                id=new_id(),
                type=GROUP,
                name=name,
                description=description,
                owner_id=actor.user_id,
                member_count=1 + len(others),
                created_at=now,
                updated_at=now,
            )
            roles = [(actor.user_id, OWNER), *((user_id, MEMBER) for user_id in others)]
            members.insert_members(conversation.id, roles, read_seq=0, now=now)
            return str(conversation.id)

        return self._view(actor, self._committer.run(write))

    def edit(
        self,
        actor: Actor,
        conversation_id: str,
        *,
        name: str | None,
        avatar_url: str | None,
        description: str | None,
    ) -> responses.Conversation:
        """Change what is given (None leaves a field as it is); an edit moves `updatedAt`.

        Raises:
            ConversationNotFound: it is not there.
            Forbidden: no member, no admin, or no group.
        """

        def write(transaction: Transaction) -> None:
            conversation, _ = open_group(actor, conversation_id, role=ADMIN)
            given = {"name": name, "avatar_url": avatar_url, "description": description}
            changes = {column: value for column, value in given.items() if value is not None}
            updated_at = max(int(time.time()), conversation.updated_at)
            conversations.update_conversation(conversation_id, **changes, updated_at=updated_at)

        self._committer.run(write)
        return self._view(actor, conversation_id)

    def _view(self, actor: Actor, conversation_id: str) -> responses.Conversation:
        with self._store.snapshot():
            open_conversation(actor, conversation_id)  # somebody may have removed the actor since the commit
            return conversation_view(conversations.list_rows(actor.user_id, conversation_id=conversation_id)[0])


def open_single_chat(user_id: str, other_id: str, now: int) -> tuple[str, bool]:
    """Find or make the single chat of two users; must run in a write. Returns its id and whether it is new."""
    key = pair_key(user_id, other_id)
    existing: Conversation | None = conversations.find_single(key)
    if existing is not None:
        return str(existing.id), False
    conversation = conversations.insert_conversation(
        id=new_id(), type=SINGLE, pair_key=key, member_count=2, created_at=now, updated_at=now
    )
    members.insert_members(conversation.id, [(user_id, MEMBER), (other_id, MEMBER)], read_seq=0, now=now)
    return str(conversation.id), True


def _others(actor: Actor, member_ids: Sequence[str]) -> list[str]:
    """Drop oneself and duplicates; the order stays."""
    return [user_id for user_id in dict.fromkeys(member_ids) if user_id != actor.user_id]
