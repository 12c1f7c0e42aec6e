"""Who may see and change a conversation: the order of refusals that all services share.

First 404 of the conversation, then 403 membership, then 403 role or kind (the contract's order of errors).
"""

from __future__ import annotations

from collections.abc import Iterable

from generated.errors import ConversationNotFound, Forbidden, UserNotFound
from gochat.actor import Actor
from models import accounts, conversations, members
from models.tables import GROUP, Conversation, Membership, User


def open_conversation(actor: Actor, conversation_id: str) -> tuple[Conversation, Membership]:
    """Return a conversation and the actor's membership of it.

    Raises:
        ConversationNotFound: it is not there or dissolved.
        Forbidden: the actor is no member.
    """
    conversation = conversations.find_conversation(conversation_id)
    if conversation is None:
        raise ConversationNotFound()
    membership = members.find_membership(conversation_id, actor.user_id)
    if membership is None:
        raise Forbidden()
    return conversation, membership


def open_group(actor: Actor, conversation_id: str, *, role: int) -> tuple[Conversation, Membership]:
    """Return a group in which the actor has at least `role`.

    Raises:
        ConversationNotFound: it is not there or dissolved.
        Forbidden: the actor is no member, has a lesser role, or it is no group.
    """
    conversation, membership = open_conversation(actor, conversation_id)
    if conversation.type != GROUP or membership.role < role:
        raise Forbidden()
    return conversation, membership


def find_targets(user_ids: Iterable[str]) -> dict[str, User]:
    """Return the accounts that a request names as targets.

    Raises:
        UserNotFound: one id is unknown.
        Forbidden: one is a guest.
    """
    wanted = list(dict.fromkeys(user_ids))
    users = accounts.find_users(wanted)
    if len(users) != len(wanted):
        raise UserNotFound()
    if any(user.is_guest for user in users.values()):
        raise Forbidden()
    return users
