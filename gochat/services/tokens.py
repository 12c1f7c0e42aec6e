"""Access tokens (JWT) and refresh tokens (opaque): making and reading them. Storage knows who is revoked."""

from __future__ import annotations

import hashlib
import math
import secrets
import time
from dataclasses import dataclass

import jwt

ALGORITHM = "HS256"
"""The one algorithm, never taken from a token's header (RFC 8725, section 3.1)."""


REMEMBERED_TOKENS = 10_000
"""Verifying a signature takes 50 us, remembering one token some 600 bytes."""


@dataclass(frozen=True, slots=True)
class Claims:
    """What a valid access token says. Times are Unix seconds."""

    user_id: str
    login_id: str
    expires_at: int


class AccessTokens:
    """Signs and reads access tokens."""

    def __init__(self, secret: bytes, ttl_s: int) -> None:
        self._secret = secret
        self.ttl_s = ttl_s
        self._verified: dict[str, Claims] = {}

    def issue(self, user_id: str, login_id: str, now: int) -> str:
        """Return a signed token for one login of a user."""
        claims = {
            "sub": user_id,
            "sid": login_id,
            "jti": secrets.token_hex(8),
            "iat": now,
            "exp": math.ceil(time.time() + self.ttl_s),  # whole seconds; rounded down it would die early
        }
        return jwt.encode(claims, self._secret, algorithm=ALGORITHM)

    def read(self, token: str) -> Claims | None:
        """Return the claims of a token that we signed and that has not expired, else None.

        A token that was verified once is remembered, by all of its text; the clock is asked each time.
        """
        claims = self._verified.get(token)
        if claims is None:
            claims = self._verify(token)
            if claims is None:
                return None
            if len(self._verified) >= REMEMBERED_TOKENS:
                self._verified.clear()
            self._verified[token] = claims
        return claims if claims.expires_at > time.time() else None

    def _verify(self, token: str) -> Claims | None:
        try:
            claims = jwt.decode(
                token,
                self._secret,
                algorithms=[ALGORITHM],
                options={"require": ["sub", "sid", "jti", "iat", "exp"]},
            )
        except (jwt.InvalidTokenError, UnicodeError, ValueError):
            return None
        user_id, login_id, expires_at = claims["sub"], claims["sid"], claims["exp"]
        if not isinstance(user_id, str) or not isinstance(login_id, str) or not isinstance(expires_at, int):
            return None
        return Claims(user_id, login_id, expires_at)


def new_refresh_token() -> str:
    """Return a refresh token: 256 random bits."""
    return secrets.token_urlsafe(32)


def refresh_token_hash(token: str) -> str:
    """Return what is stored of a refresh token; it is random, so a plain hash does."""
    return hashlib.sha256(token.encode()).hexdigest()
