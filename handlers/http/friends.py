"""Operations of the tag `friends`."""

from __future__ import annotations

from generated.requests import CreateFriendRequestRequest, UpdateFriendRequestRequest
from gochat.call import Call
from gochat.http.envelope import Reply
from gochat.optional import given


def list_friends(call: Call) -> Reply:
    """List the caller's friends."""
    return Reply(call.services.friends.list_friends(call.actor))


def list_friend_requests(call: Call, type: str, status: int | None) -> Reply:
    """List the requests that the caller has received or sent."""
    return Reply(call.services.friends.list_requests(call.actor, received=type == "received", status=status))


def create_friend_request(call: Call, body: CreateFriendRequestRequest) -> Reply:
    """Ask somebody to be a friend."""
    request = call.services.friends.ask(call.actor, body.target_user_id, given(body.message))
    return Reply(request, status=201)


def update_friend_request(call: Call, request_id: str, body: UpdateFriendRequestRequest) -> Reply:
    """Accept or reject a request."""
    return Reply(call.services.friends.answer(call.actor, request_id, accept=body.action == "accept"))
