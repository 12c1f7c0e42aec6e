"""Operations of the tag `auth`."""

from __future__ import annotations

from generated.requests import GuestRequest, LoginRequest, RefreshRequest, RegisterRequest
from generated.responses import Empty
from gochat.call import Call
from gochat.http.envelope import Reply


def register(call: Call, body: RegisterRequest) -> Reply:
    """Make an account."""
    return Reply(call.services.accounts.register(body.username, body.password, call.address), status=201)


def login(call: Call, body: LoginRequest) -> Reply:
    """Start a login with name and password."""
    return Reply(call.services.accounts.log_in(body.username, body.password, call.address))


def guest_login(call: Call, body: GuestRequest | None = None) -> Reply:
    """Start a login as a new guest."""
    return Reply(call.services.accounts.enter_as_guest(call.address), status=201)


def logout(call: Call) -> Reply:
    """End the caller's login."""
    call.services.accounts.log_out(call.actor)
    return Reply(Empty())


def refresh_session(call: Call, body: RefreshRequest) -> Reply:
    """Exchange a refresh token for new tokens."""
    return Reply(call.services.accounts.refresh(body.refresh_token))
