"""Queries about friendships and friend requests."""

from __future__ import annotations

from typing import Any

from peewee import JOIN

from models.ids import pair_key
from models.tables import PENDING, FriendRequest, Friendship, User


def list_friends(user_id: str) -> list[Any]:
    """Return a user's friendships with the `friend`'s account, by name."""
    return list(
        Friendship.select(Friendship, User)
        .join(User, JOIN.INNER, on=(User.id == Friendship.friend_id), attr="friend")
        .where(Friendship.user_id == user_id)
        .order_by(User.username_key)
    )


def list_friend_ids(user_id: str) -> list[str]:
    """Return the ids of a user's friends."""
    return [
        friend_id
        for (friend_id,) in Friendship.select(Friendship.friend_id).where(Friendship.user_id == user_id).tuples()
    ]


def are_friends(user_id: str, friend_id: str) -> bool:
    """Say whether two users are friends."""
    return bool(Friendship.select().where(Friendship.user_id == user_id, Friendship.friend_id == friend_id).exists())


def insert_friendship(user_id: str, friend_id: str, now: int) -> None:
    """Make two users friends, in both directions."""
    rows = [
        {"user_id": a, "friend_id": b, "created_at": now, "updated_at": now}
        for a, b in ((user_id, friend_id), (friend_id, user_id))
    ]
    Friendship.insert_many(rows).execute()


def find_pending(user_id: str, other_id: str) -> FriendRequest | None:
    """Return the pending request between two users, in either direction, or None."""
    return FriendRequest.get_or_none(
        FriendRequest.pair_key == pair_key(user_id, other_id), FriendRequest.status == PENDING
    )


def find_request(request_id: str) -> FriendRequest | None:
    """Return one request, or None."""
    return FriendRequest.get_or_none(FriendRequest.id == request_id)


def list_requests(user_id: str, *, received: bool, status: int | None) -> list[FriendRequest]:
    """Return the requests that a user has received, or sent, newest first."""
    mine = FriendRequest.target_id if received else FriendRequest.requester_id
    query = FriendRequest.select().where(mine == user_id)
    if status is not None:
        query = query.where(FriendRequest.status == status)
    return list(query.order_by(FriendRequest.created_at.desc(), FriendRequest.id.desc()))


def insert_request(**columns: Any) -> FriendRequest:
    """Store a new request and return it."""
    return FriendRequest.create(pair_key=pair_key(columns["requester_id"], columns["target_id"]), **columns)


def answer_request(request_id: str, status: int, now: int) -> None:
    """Set the answer to a request."""
    FriendRequest.update(status=status, updated_at=now).where(FriendRequest.id == request_id).execute()
