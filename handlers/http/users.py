"""Operations of the tag `users`."""

from __future__ import annotations

from generated.requests import UpdateProfileRequest
from gochat.call import Call
from gochat.http.envelope import Reply


def get_profile(call: Call) -> Reply:
    """Show the caller's account."""
    return Reply(call.services.accounts.profile(call.actor))


def update_profile(call: Call, body: UpdateProfileRequest) -> Reply:
    """Change the caller's avatar."""
    return Reply(call.services.accounts.set_avatar(call.actor, body.avatar_url))


def search_users(call: Call, q: str, limit: int) -> Reply:
    """Find accounts by the start of their name."""
    return Reply(call.services.accounts.search(call.actor, q, limit))
