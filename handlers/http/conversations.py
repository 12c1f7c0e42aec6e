"""Operations of the tag `conversations`."""

from __future__ import annotations

from generated.requests import CreateConversationRequest, UpdateConversationRequest
from gochat.call import Call
from gochat.http.envelope import Reply
from gochat.optional import given


def list_conversations(call: Call, page: int, size: int, type: int | None) -> Reply:
    """List the caller's conversations."""
    return Reply(call.services.conversations.list_page(call.actor, page=page, size=size, conversation_type=type))


def create_conversation(call: Call, body: CreateConversationRequest) -> Reply:
    """Open a single chat (200 when there is one already) or make a group."""
    conversation, is_new = call.services.conversations.create(
        call.actor, body.type, body.members, name=given(body.name), description=given(body.description)
    )
    return Reply(conversation, status=201 if is_new else 200)


def get_conversation(call: Call, conversation_id: str) -> Reply:
    """Show one conversation with its members."""
    return Reply(call.services.conversations.show(call.actor, conversation_id))


def update_conversation(call: Call, conversation_id: str, body: UpdateConversationRequest) -> Reply:
    """Edit a group."""
    conversation = call.services.conversations.edit(
        call.actor,
        conversation_id,
        name=given(body.name),
        avatar_url=given(body.avatar_url),
        description=given(body.description),
    )
    return Reply(conversation)
