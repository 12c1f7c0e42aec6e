"""Turns rows into the shapes of the contract; the one place where a column becomes a wire field."""

from __future__ import annotations

from typing import Any, TypeVar

from msgspec import UNSET, UnsetType

from generated import responses
from models.conversations import ConversationRow
from models.ids import message_id
from models.tables import GROUP, SINGLE, Conversation, FriendRequest, Friendship, Membership, Message, User

T = TypeVar("T")


def _optional(value: T | None) -> T | UnsetType:
    """An absent optional is left out, never null."""
    return UNSET if value is None else value


def user_view(user: User) -> responses.User:
    """Return an account as others see it."""
    return responses.User(
        id=user.id,
        username=user.username,
        avatar_url=_optional(user.avatar_url),
        is_guest=user.is_guest,
        status=user.status,
        created_at=user.created_at,
        updated_at=user.updated_at,
    )


def message_view(message: Message, sender: User | None) -> responses.Message:
    """Return a stored message."""
    return responses.Message(
        id=message_id(message.conversation_id, message.seq_id),
        conversation_id=message.conversation_id,
        sender_id=message.sender_id,
        sender=UNSET if sender is None else user_view(sender),
        message_type=message.message_type,
        content=message.content,
        seq_id=message.seq_id,
        client_msg_id=_optional(message.client_msg_id),
        deleted=False,
        created_at=message.created_at,
        updated_at=message.created_at,
    )


def member_view(membership: Membership, user: User | None = None) -> responses.ConversationMember:
    """Return a membership, with the account where it is at hand."""
    return responses.ConversationMember(
        user_id=membership.user_id,
        conversation_id=membership.conversation_id,
        role=membership.role,
        muted=False,
        joined_at=membership.joined_at,
        updated_at=membership.updated_at,
        user=UNSET if user is None else user_view(user),
    )


def conversation_view(row: ConversationRow) -> responses.Conversation:
    """Return a conversation as the user of `row.membership` sees it."""
    return responses.Conversation(**_conversation_fields(row))


def details_view(row: ConversationRow, members: list[Membership] | None) -> responses.ConversationDetails:
    """Return a conversation with its members; None leaves them out (the world chat)."""
    return responses.ConversationDetails(
        **_conversation_fields(row),
        members=UNSET if members is None else [member_view(m, m.user) for m in members],
    )


def _conversation_fields(row: ConversationRow) -> dict[str, Any]:
    conversation: Conversation = row.conversation
    single = conversation.type == SINGLE
    return {
        "id": conversation.id,
        "type": conversation.type,
        "peer": UNSET if row.peer is None else user_view(row.peer),
        "name": UNSET if single else _optional(conversation.name),
        "avatar_url": _optional(conversation.avatar_url),
        "description": UNSET if single else _optional(conversation.description),
        "owner_id": _optional(conversation.owner_id) if conversation.type == GROUP else UNSET,
        "member_count": conversation.member_count,
        "last_message": UNSET if row.last_message is None else message_view(*row.last_message),
        "unread_count": row.unread_count,
        "updated_at": conversation.updated_at,
        "my_membership": member_view(row.membership),
    }


def friend_view(friendship: Friendship, friend: User) -> responses.Friend:
    """Return a friendship as its user sees it."""
    return responses.Friend(
        user_id=friendship.user_id,
        friend_id=friendship.friend_id,
        status=friendship.status,
        created_at=friendship.created_at,
        updated_at=friendship.updated_at,
        friend=user_view(friend),
    )


def request_view(request: FriendRequest, users: dict[str, User]) -> responses.FriendRequest:
    """Return a friend request with both accounts; `users` holds them by id."""
    return responses.FriendRequest(
        id=request.id,
        requester_id=request.requester_id,
        target_id=request.target_id,
        status=request.status,
        message=_optional(request.message),
        created_at=request.created_at,
        updated_at=request.updated_at,
        requester=user_view(users[request.requester_id]),
        target=user_view(users[request.target_id]),
    )
