"""What the model says of a conversation: its id, who may do what in it, how it changes, and how each user sees it.

Operations on groups, friends and lists share it: a conversation is the same in whatever answer it stands. Sends
nothing.
"""

from __future__ import annotations

from typing import Any

from conformance.chat.model import GROUP, OWNER, SINGLE, Conversation, Member, Model
from conformance.chat.operation import Findings, first
from conformance.contract.judge import ABSENT
from conformance.contract.socket import value_at
from conformance.wire.http import Answer

NOWHERE = "no-such-conversation"
NOBODY = "no-such-user"


def id_of(model: Model, label: str) -> str:
    """Return the id of a user's label; what is no label of ours stands for an id that does not exist."""
    return model.people[label].id if label in model.people else NOBODY


def conversation_id(model: Model, label: str) -> str:
    """Return the id of a conversation's label; `nowhere` stands for an id that does not exist."""
    return NOWHERE if label == "nowhere" else model.conversations[label].id


def role_error(group: Conversation | None, user: str, *, least: int) -> tuple[int, str] | None:
    """Return the error of who may not do something to a group, in the declared order; None where he may."""
    mine = group.members.get(user) if group is not None else None
    return first(
        (group is None or group.is_gone, 404, "CONVERSATION_NOT_FOUND"),
        (group is not None and group.type != GROUP, 403, "FORBIDDEN"),
        (mine is None or mine.role < least, 403, "FORBIDDEN"),
    )


def named_error(model: Model, user: str, named: tuple[str, ...]) -> tuple[int, str] | None:
    """Return the error of naming users: by a guest, somebody who does not exist, a guest; in this order."""
    return first(
        (user in model.people and model.people[user].is_guest, 403, "FORBIDDEN"),
        (any(name not in model.people for name in named), 404, "USER_NOT_FOUND"),
        (any(name in model.people and model.people[name].is_guest for name in named), 403, "FORBIDDEN"),
    )


def remove(group: Conversation, user: str) -> None:
    """Take a member out; an owner is followed by the oldest admin, else the oldest member, else the group is gone."""
    gone = group.members.pop(user)
    if not group.members:
        group.is_gone = True
    elif gone.role == OWNER:
        heirs = sorted(group.members.values(), key=lambda member: (-member.role, member.order))
        heirs[0].role = OWNER


def add_single(model: Model, one: str, other: str, identity: str) -> Conversation:
    """Take over that two users have a single chat, which `one` opened."""
    label = "-".join(("single", *sorted((one, other))))
    chat = Conversation(label, identity, SINGLE)
    chat.join(one)
    chat.join(other)
    model.conversations[label] = chat
    return chat


def member_view(model: Model, conversation: Conversation, member: Member) -> dict[str, Any]:
    """Return what a `ConversationMember` has to be."""
    return {
        "userId": model.people[member.user].id,
        "conversationId": conversation.id,
        "role": member.role,
    }


def conversation_view(model: Model, conversation: Conversation, user: str) -> dict[str, Any]:
    """Return what a `Conversation` has to be for a user, as far as we know it; `ABSENT` for what must not be there."""
    shown: dict[str, Any] = {"id": conversation.id, "type": conversation.type}
    if conversation.is_shared:
        return shown
    shown["memberCount"] = len(conversation.members)
    if conversation.type == SINGLE:
        others = [member for member in conversation.members if member != user]
        shown["peer"] = model.public(others[0])
        shown["name"] = ABSENT
    else:
        owner = conversation.owner
        shown["name"] = conversation.name
        shown["ownerId"] = model.people[owner].id if owner else ABSENT
        if conversation.description is not None:
            shown["description"] = conversation.description
    if conversation.avatar is not None:
        shown["avatarUrl"] = conversation.avatar
    if user in conversation.members:
        shown["unreadCount"] = conversation.unread(user)
        shown["myMembership"] = member_view(model, conversation, conversation.members[user])
    if conversation.messages:
        shown["lastMessage"] = model.wire_message(conversation, conversation.messages[-1])
    else:
        shown["lastMessage"] = ABSENT
    return shown


def judge_conversation(
    model: Model, conversation: Conversation, user: str, answer: Answer, pointer: str, found: Findings
) -> None:
    """Ask for a conversation as a user sees it, at a place in an answer; messages and edits alone move `updatedAt`."""
    view = conversation_view(model, conversation, user)
    if "unreadCount" in view:
        found.value(answer, f"{pointer}/unreadCount", view.pop("unreadCount"), rule="unread-exact")
    found.value(answer, pointer, view)
    updated_at = value_at(answer.body, f"{pointer}/updatedAt")
    if conversation.is_shared or not isinstance(updated_at, int):
        return
    least = conversation.updated_at or 0
    if conversation.is_moved and conversation.messages:
        least = max(least, conversation.messages[-1].created_at - 1)
    is_right = updated_at >= least if conversation.is_moved or not least else updated_at == least
    wanted = f"at least {least}, moved by the last message or edit" if conversation.is_moved else f"{least}, as before"
    found.that(is_right, "list-order", answer, f"{pointer}/updatedAt", wanted, updated_at)
    conversation.updated_at, conversation.is_moved = updated_at, False
