"""Who is acting: the one thing about a caller that services get to know."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Actor:
    """An authenticated user, under one login.

    Attributes:
        expires_at: When the access token ends, Unix seconds.
    """

    user_id: str
    login_id: str
    username: str
    is_guest: bool
    expires_at: int
