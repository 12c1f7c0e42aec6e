"""Rate limits: token buckets, one a key, in memory or shared.

In memory a restart forgives everybody; that is the price of not writing to storage for each attempt.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from generated.errors import RateLimited
from models import buckets

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
            raise _limited(tokens, self._rate)
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


class SharedRateLimit(RateLimit):
    """A `RateLimit` over all processes that share a database, for what is rare enough to write each attempt.

    Args:
        name: Keeps its keys apart from those of other limits.
    """

    def __init__(self, name: str, rate_per_s: float, burst: float) -> None:
        super().__init__(rate_per_s, burst)
        self._prefix = f"{name}:"

    def take(self, key: str) -> None:
        if self._rate <= 0:
            return
        now = self._clock()
        if now >= self._purge_at:
            self._purge_at = now + PURGE_EVERY_S
            buckets.purge(self._prefix, self._burst / self._rate)
        tokens = buckets.take(self._prefix + key, rate_per_s=self._rate, burst=self._burst, rounding=ROUNDING)
        if tokens is not None:
            raise _limited(tokens, self._rate)

    def give_back(self, key: str) -> None:
        if self._rate > 0:
            buckets.give_back(self._prefix + key, burst=self._burst)


LimitMaker = Callable[[str, float, float], RateLimit]
"""Makes a limit from a name, events a second and the burst."""


def local_limit(name: str, rate_per_s: float, burst: float) -> RateLimit:
    """Return a limit of this process; as `SharedRateLimit`, for a process that is the only one."""
    return RateLimit(rate_per_s, burst)


def _limited(tokens: float, rate_per_s: float) -> RateLimited:
    retry_after_ms = max(1, math.ceil((1.0 - ROUNDING - tokens) / rate_per_s * 1000))
    return RateLimited(details={"retryAfterMs": retry_after_ms})
