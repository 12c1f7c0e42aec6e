"""Operations of the tag `messages`."""

from __future__ import annotations

from generated.requests import MarkReadRequest, SendMessageRequest
from gochat.call import Call
from gochat.http.envelope import Reply
from gochat.optional import given


def list_messages(call: Call, conversation_id: str, cursor: int | None, after: int | None, limit: int) -> Reply:
    """Show a page of history."""
    return Reply(call.services.messages.history(call.actor, conversation_id, cursor=cursor, after=after, limit=limit))


def send_message(call: Call, conversation_id: str, body: SendMessageRequest) -> Reply:
    """Store and push a message; a repeat is answered as the first was."""
    message = call.services.messages.post(
        call.actor, conversation_id, body.message_type, body.content, given(body.client_msg_id)
    )
    return Reply(message, status=201)


def mark_read(call: Call, conversation_id: str, body: MarkReadRequest) -> Reply:
    """Move the caller's read pointer."""
    return Reply(call.services.messages.mark_read(call.actor, conversation_id, body.seq_id))
