"""Operations of the tag `members`."""

from __future__ import annotations

from generated.requests import AddMembersRequest, UpdateMemberRequest
from generated.responses import Empty
from gochat.call import Call
from gochat.http.envelope import Reply


def list_members(call: Call, conversation_id: str, page: int, size: int, role: int | None) -> Reply:
    """List the members of a conversation."""
    return Reply(call.services.members.list_page(call.actor, conversation_id, page=page, size=size, role=role))


def add_members(call: Call, conversation_id: str, body: AddMembersRequest) -> Reply:
    """Add users to a group."""
    return Reply(call.services.members.add(call.actor, conversation_id, body.members), status=201)


def update_member(call: Call, conversation_id: str, user_id: str, body: UpdateMemberRequest) -> Reply:
    """Give a member another role."""
    return Reply(call.services.members.change_role(call.actor, conversation_id, user_id, body.role))


def remove_member(call: Call, conversation_id: str, user_id: str) -> Reply:
    """Remove a member, or leave."""
    call.services.members.remove(call.actor, conversation_id, user_id)
    return Reply(Empty())
