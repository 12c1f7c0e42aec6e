"""Queries about who is in a conversation, in which role, and how far they have read."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from peewee import JOIN

from models.sql import places, run_sql
from models.tables import ADMIN, MEMBER, Membership, User


def find_membership(conversation_id: str, user_id: str) -> Membership | None:
    """Return a user's membership, or None."""
    return Membership.get_or_none(Membership.conversation_id == conversation_id, Membership.user_id == user_id)


def find_memberships(conversation_id: str, user_ids: Iterable[str]) -> dict[str, Membership]:
    """Return the memberships of these users, by user id; users that are no members are left out."""
    query = Membership.select().where(
        Membership.conversation_id == conversation_id, Membership.user_id.in_(list(user_ids))
    )
    return {membership.user_id: membership for membership in query}


def list_members(
    conversation_id: str, *, role: int | None = None, offset: int = 0, limit: int | None = None
) -> list[Any]:
    """Return memberships with their `user`, by joining, oldest first."""
    query = (
        Membership.select(Membership, User)
        .join(User, JOIN.INNER, on=(User.id == Membership.user_id), attr="user")
        .where(Membership.conversation_id == conversation_id)
        .order_by(Membership.join_order, Membership.user_id)
        .offset(offset)
    )
    if role is not None:
        query = query.where(Membership.role == role)
    return list(query if limit is None else query.limit(limit))


def insert_members(conversation_id: str, user_roles: Iterable[tuple[str, int]], *, read_seq: int, now: int) -> None:
    """Add users in this order; `read_seq` is the last seqId, since older history does not count as unread."""
    order = time.time_ns()
    rows = [
        {
            "conversation_id": conversation_id,
            "user_id": user_id,
            "role": role,
            "read_seq": read_seq,
            "joined_at": now,
            "join_order": order + index,
            "updated_at": now,
        }
        for index, (user_id, role) in enumerate(user_roles)
    ]
    if rows:
        Membership.insert_many(rows).execute()


def delete_member(conversation_id: str, user_id: str) -> None:
    """Remove one membership."""
    Membership.delete().where(Membership.conversation_id == conversation_id, Membership.user_id == user_id).execute()


def update_role(conversation_id: str, user_id: str, role: int, now: int) -> None:
    """Give a member another role."""
    Membership.update(role=role, updated_at=now).where(
        Membership.conversation_id == conversation_id, Membership.user_id == user_id
    ).execute()


def find_read_seqs(keys: Sequence[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """Return the read pointer of each (conversation id, user id) that is a membership, by key."""
    rows = run_sql(
        f"WITH wanted (conversation, reader) AS (VALUES {places(len(keys), 2)})"
        " SELECT conversation_id, user_id, read_seq FROM wanted CROSS JOIN memberships"
        " WHERE conversation_id = wanted.conversation AND user_id = wanted.reader",
        [value for key in keys for value in key],
    )
    return {(conversation_id, user_id): read_seq for conversation_id, user_id, read_seq in rows}


def update_read_seqs(pointers: dict[tuple[str, str], int], now: int) -> None:
    """Set the read pointer of each (conversation id, user id)."""
    run_sql(
        f"WITH moved (conversation, reader, seq) AS (VALUES {places(len(pointers), 3)})"
        " UPDATE memberships SET read_seq = moved.seq, updated_at = ? FROM moved"
        " WHERE conversation_id = moved.conversation AND user_id = moved.reader",
        [*(value for key, seq_id in pointers.items() for value in (*key, seq_id)), now],
    )


def find_successor(conversation_id: str) -> Membership | None:
    """Return who follows an owner that has left: the oldest admin, else the oldest member, else None."""
    for role in (ADMIN, MEMBER):
        heir = (
            Membership.select()
            .where(Membership.conversation_id == conversation_id, Membership.role == role)
            .order_by(Membership.join_order, Membership.user_id)
            .first()
        )
        if heir is not None:
            return heir
    return None
