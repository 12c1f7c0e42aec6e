"""Rate limits: token buckets in memory, one a key.

A restart forgives everybody; that is the price of not writing to storage for each attempt.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from generated.errors import RateLimited

PURGE_EVERY_S = 60.0

ROUNDING = 1e-6
"""Tokens: a wait of exactly retryAfterMs must do, whatever floating point makes of the clock."""


class RateLimit:
    """Allows `rate_per_s` events a second for each key, and `burst` at once after a pause.

    Args:
        rate_per_s: 0 switches the limit off.
    """

    def __init__(self, rate_per_s: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._rate = rate_per_s
        self._burst = max(burst, 1.0)
        self._clock = clock
        self._buckets: dict[str, tuple[float, float]] = {}  # key -> (tokens, time)
        self._purge_at = clock() + PURGE_EVERY_S

    def take(self, key: str) -> None:
        """Count one event of `key`.

        Raises:
            RateLimited: the limit is reached; details.retryAfterMs says when one more is allowed.
        """
        if self._rate <= 0:
            return
        tokens = self._refill(key)
        if tokens < 1.0 - ROUNDING:
            retry_after_ms = max(1, math.ceil((1.0 - ROUNDING - tokens) / self._rate * 1000))
            raise RateLimited(details={"retryAfterMs": retry_after_ms})
        self._buckets[key] = (max(tokens - 1.0, 0.0), self._clock())

    def give_back(self, key: str) -> None:
        """Undo one `take` of `key`."""
        if self._rate > 0:
            self._buckets[key] = (min(self._burst, self._refill(key) + 1.0), self._clock())

    def _refill(self, key: str) -> float:
        now = self._clock()
        if now >= self._purge_at:
            self._purge(now)
        tokens, then = self._buckets.get(key, (self._burst, now))
        return min(self._burst, tokens + (now - then) * self._rate)

    def _purge(self, now: float) -> None:
        """Forget full buckets, so that memory follows the keys that are active."""
        self._purge_at = now + PURGE_EVERY_S
        full_after_s = self._burst / self._rate
        self._buckets = {key: value for key, value in self._buckets.items() if now - value[1] < full_after_s}
