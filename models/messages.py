"""Queries about messages. Those of the send path work on a whole batch, as SQL text of one shape for SQLite
and PostgreSQL: building the same statements from peewee's expressions took longer than running them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from peewee import JOIN

from models.sql import marks, places, run_sql
from models.tables import Message, User


class LatestMessage(Struct, frozen=True):
    """The last message of a conversation, and what kind of conversation that is."""

    conversation_id: str
    conversation_type: int
    seq_id: int
    sender_id: str
    message_type: Any
    content: str
    created_at: int


class StoredSend(Struct, frozen=True):
    """What is kept of a send under its (sender, client_msg_id)."""

    conversation_id: str
    seq_id: int
    message_type: int
    content: str
    created_at: int


def list_history(conversation_id: str, *, before: int | None = None, after: int | None = None, limit: int) -> list[Any]:
    """Return messages with their `sender`: newest first, or oldest first when `after` is given."""
    query = (
        Message.select(Message, User)
        .join(User, JOIN.INNER, on=(User.id == Message.sender_id), attr="sender")
        .where(Message.conversation_id == conversation_id)
        .limit(limit)
    )
    if after is not None:
        return list(query.where(Message.seq_id > after).order_by(Message.seq_id))
    if before is not None:
        query = query.where(Message.seq_id < before)
    return list(query.order_by(Message.seq_id.desc()))


def count_own_after(pointers: Sequence[tuple[str, str, int]]) -> dict[tuple[str, str, int], int]:
    """Return how many messages a user himself has sent above a seqId, by (conversation id, user id, seqId); 0 is left
    out."""
    rows = run_sql(
        f"WITH wanted (conversation, sender, seq) AS (VALUES {places(len(pointers), 3)})"
        " SELECT wanted.conversation, wanted.sender, wanted.seq, COUNT(*) FROM wanted CROSS JOIN messages"
        " WHERE conversation_id = wanted.conversation AND sender_id = wanted.sender AND seq_id > wanted.seq"
        " GROUP BY wanted.conversation, wanted.sender, wanted.seq",
        [value for pointer in pointers for value in pointer],
    )
    return {(conversation_id, user_id, seq_id): count for conversation_id, user_id, seq_id, count in rows}


def find_sends(keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], StoredSend]:
    """Return what is stored under these (sender id, client_msg_id), by key."""
    # A CROSS JOIN fixes the order of the loops for SQLite: one index look-up a key. `(a, b) IN (VALUES ...)` scanned
    # the whole table instead.
    rows = run_sql(
        f"WITH wanted (sender, client) AS (VALUES {places(len(keys), 2)})"
        " SELECT sender_id, client_msg_id, conversation_id, seq_id, message_type, content, created_at"
        " FROM wanted CROSS JOIN messages WHERE sender_id = wanted.sender AND client_msg_id = wanted.client",
        [value for key in keys for value in key],
    )
    return {(sender_id, client_msg_id): StoredSend(*rest) for sender_id, client_msg_id, *rest in rows}


def find_conversation_types(conversation_ids: Sequence[str]) -> dict[str, int]:
    """Return the type of each conversation that is there and not dissolved, by id."""
    return dict(
        run_sql(
            f"SELECT id, type FROM conversations WHERE dissolved_at IS NULL AND id IN ({marks(len(conversation_ids))})",
            conversation_ids,
        )
    )


def find_last_seq_ids(conversation_ids: Sequence[str]) -> dict[str, int]:
    """Return the last seqId of each conversation that is there and not dissolved, by id."""
    return dict(
        run_sql(
            "SELECT id, last_seq FROM conversations"
            f" WHERE dissolved_at IS NULL AND id IN ({marks(len(conversation_ids))})",
            conversation_ids,
        )
    )


def find_member_ids(conversation_ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return the ids of the members of each conversation, by conversation id."""
    members: dict[str, list[str]] = {}
    for conversation_id, user_id in run_sql(
        f"SELECT conversation_id, user_id FROM memberships WHERE conversation_id IN ({marks(len(conversation_ids))})",
        conversation_ids,
    ):
        members.setdefault(conversation_id, []).append(user_id)
    return {conversation_id: tuple(user_ids) for conversation_id, user_ids in members.items()}


def find_senders(user_ids: Sequence[str]) -> dict[str, tuple[str, str | None]]:
    """Return (username, avatar URL or None) of each user, by id."""
    return {
        user_id: (username, avatar_url)
        for user_id, username, avatar_url in run_sql(
            f"SELECT id, username, avatar_url FROM users WHERE id IN ({marks(len(user_ids))})", user_ids
        )
    }


def list_latest(within_s: int, at_most: int) -> list[LatestMessage]:
    """Return the last messages of the conversations that changed last, those of the last `within_s` with a message.

    Reads as many conversations as are asked for, and sorts all; for the start of a process, not for a request.
    """
    return [
        LatestMessage(*row)
        for row in run_sql(
            "WITH changed (id, type, last_seq) AS (SELECT id, type, last_seq FROM conversations"
            " WHERE dissolved_at IS NULL ORDER BY updated_at DESC LIMIT ?),"
            " latest AS (SELECT changed.id, type, seq_id, sender_id, message_type, content, created_at"
            " FROM changed JOIN messages ON conversation_id = changed.id AND seq_id = last_seq)"
            " SELECT * FROM latest WHERE created_at >= (SELECT MAX(created_at) FROM latest) - ?",
            [at_most, within_s],
        )
    ]


def take_seq_ids(counts: dict[str, int], now: int) -> dict[str, int]:
    """Reserve `counts[conversation id]` seqIds in each conversation and return the last one of each.

    Inside a transaction this leaves no gap and gives no number twice, with several writers too: the row is
    locked from here to the commit.
    """
    parameters: list[Any] = [value for pair in counts.items() for value in pair]
    return dict(
        run_sql(
            f"WITH taken (id, n) AS (VALUES {places(len(counts), 2)})"
            " UPDATE conversations SET last_seq = last_seq + taken.n,"
            " updated_at = CASE WHEN updated_at < ? THEN ? ELSE updated_at END"
            " FROM taken WHERE conversations.id = taken.id RETURNING conversations.id, last_seq",
            [*parameters, now, now],
        )
    )


def insert_messages(rows: Sequence[tuple[str, int, str, str | None, int, str, int]]) -> None:
    """Store messages: (conversation_id, seq_id, sender_id, client_msg_id, message_type, content, created_at)."""
    run_sql(
        "INSERT INTO messages (conversation_id, seq_id, sender_id, client_msg_id, message_type, content, created_at)"
        f" VALUES {places(len(rows), 7)}",
        [value for row in rows for value in row],
    )
