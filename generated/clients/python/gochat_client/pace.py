"""A token bucket: how long to wait before the next send, so that the server need not refuse it."""

from __future__ import annotations

import time
from collections.abc import Callable


class Pace:
    """Counts sends against a rate."""

    def __init__(self, per_s: float, burst: float, clock: Callable[[], float] = time.monotonic) -> None:
        """Begins with a full burst. `per_s` is the rate in the long run; 0: no limit."""
        self._per_s = per_s
        self._burst = burst
        self._clock = clock
        self._tokens = float(burst)
        self._at = clock()

    def wait_s(self) -> float:
        """Returns the seconds until a send may go; 0: now."""
        if self._per_s <= 0:
            return 0.0
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + max(now - self._at, 0.0) * self._per_s)
        self._at = now
        return 0.0 if self._tokens >= 1 - 1e-9 else (1 - self._tokens) / self._per_s

    def spend(self) -> None:
        """Counts a send."""
        self._tokens -= 1
