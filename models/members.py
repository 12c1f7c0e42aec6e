"""Queries about who is in a conversation, in which role, and how far they have read."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from peewee import JOIN

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


def advance_read(conversation_id: str, user_id: str, seq_id: int, now: int) -> None:
    """Move a read pointer forward to `seq_id`; never backwards."""
    Membership.update(read_seq=seq_id, updated_at=now).where(
        Membership.conversation_id == conversation_id,
        Membership.user_id == user_id,
        Membership.read_seq < seq_id,
    ).execute()


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
