"""Queries about conversations as such: finding, listing, making, changing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from peewee import JOIN, fn

from models.tables import SINGLE, Conversation, Membership, Message, User


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """A conversation as one user sees it.

    Attributes:
        peer: The other user of a single chat.
        last_message: The newest message with its sender, or None.
        own_unread: Messages of the user above his read pointer.
    """

    conversation: Conversation
    membership: Membership
    peer: User | None
    last_message: tuple[Message, User] | None
    own_unread: int

    @property
    def unread_count(self) -> int:
        """Messages above the read pointer sent by others; needs no scan, because seqIds have no gaps."""
        return int(self.conversation.last_seq - self.membership.read_seq - self.own_unread)


def find_conversation(conversation_id: str) -> Conversation | None:
    """Return a conversation that is not dissolved, or None."""
    return Conversation.get_or_none(Conversation.id == conversation_id, Conversation.dissolved_at.is_null())


def find_single(pair_key: str) -> Conversation | None:
    """Return the single chat of a pair, or None."""
    return Conversation.get_or_none(Conversation.pair_key == pair_key)


def insert_conversation(**columns: Any) -> Conversation:
    """Store a new conversation and return it."""
    return Conversation.create(**columns)


def update_conversation(conversation_id: str, **columns: Any) -> None:
    """Change columns of a conversation."""
    Conversation.update(**columns).where(Conversation.id == conversation_id).execute()


def change_member_count(conversation_id: str, difference: int) -> None:
    """Add `difference` to the number of members."""
    Conversation.update(member_count=Conversation.member_count + difference).where(
        Conversation.id == conversation_id
    ).execute()


def list_rows(
    user_id: str,
    *,
    conversation_id: str | None = None,
    conversation_type: int | None = None,
    offset: int = 0,
    limit: int = 1,
) -> list[ConversationRow]:
    """Return a user's conversations, newest first, ids ascending within a second; four queries at any length.

    Args:
        conversation_id: Only this one.
        conversation_type: Only this type.
    """
    query = (
        Membership.select(Membership, Conversation)
        .join(Conversation, JOIN.INNER, on=(Conversation.id == Membership.conversation_id), attr="conversation")
        .where(Membership.user_id == user_id, Conversation.dissolved_at.is_null())
        .order_by(Conversation.updated_at.desc(), Conversation.id)
        .offset(offset)
        .limit(limit)
    )
    if conversation_id is not None:
        query = query.where(Conversation.id == conversation_id)
    if conversation_type is not None:
        query = query.where(Conversation.type == conversation_type)
    memberships = list(query)
    conversations = {m.conversation.id: m.conversation for m in memberships}
    peers = _peers(user_id, [c.id for c in conversations.values() if c.type == SINGLE])
    last_messages = _last_messages([c.id for c in conversations.values() if c.last_seq])
    own_unread = _own_unread(user_id, [m.conversation_id for m in memberships if m.read_seq < m.conversation.last_seq])
    return [
        ConversationRow(
            conversation=m.conversation,
            membership=m,
            peer=peers.get(m.conversation_id),
            last_message=last_messages.get(m.conversation_id),
            own_unread=own_unread.get(m.conversation_id, 0),
        )
        for m in memberships
    ]


def _peers(user_id: str, conversation_ids: list[str]) -> dict[str, User]:
    if not conversation_ids:
        return {}
    query = (
        User.select(User, Membership.conversation_id)
        .join(Membership, JOIN.INNER, on=(Membership.user_id == User.id), attr="membership")
        .where(Membership.conversation_id.in_(conversation_ids), Membership.user_id != user_id)
    )
    return {user.membership.conversation_id: user for user in query}


def _last_messages(conversation_ids: list[str]) -> dict[str, tuple[Message, User]]:
    if not conversation_ids:
        return {}
    query = (
        Message.select(Message, User)
        .join(
            Conversation,
            JOIN.INNER,
            on=((Conversation.id == Message.conversation_id) & (Conversation.last_seq == Message.seq_id)),
        )
        .switch(Message)
        .join(User, JOIN.INNER, on=(User.id == Message.sender_id), attr="sender")
        .where(Conversation.id.in_(conversation_ids))
    )
    return {message.conversation_id: (message, message.sender) for message in query}


def _own_unread(user_id: str, conversation_ids: list[str]) -> dict[str, int]:
    if not conversation_ids:
        return {}
    query = (
        Membership.select(Membership.conversation_id, fn.COUNT(Message.seq_id))
        .join(
            Message,
            JOIN.INNER,
            on=(
                (Message.conversation_id == Membership.conversation_id)
                & (Message.sender_id == Membership.user_id)
                & (Message.seq_id > Membership.read_seq)
            ),
        )
        .where(Membership.user_id == user_id, Membership.conversation_id.in_(conversation_ids))
        .group_by(Membership.conversation_id)
        .tuples()
    )
    return dict(list(query))
