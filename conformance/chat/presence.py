"""Who counts as online, when: a user stays online for the grace period after the last socket closed.

A server sees an end a little later than we make it, and its clock is not ours, so around the end of the grace there is
a time in which both answers are right. Times are of `time.monotonic`, in seconds. Knows no frames.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ONLINE, OFFLINE, UNSURE = "online", "offline", "unsure"

EARLY_S = 0.3
"""How much before the end of the grace, by our clock, a server may already say offline."""

LATE_S = 4.0
"""How much later it may still say so: a busy machine, a timer that ticks in seconds."""


@dataclass(slots=True)
class Gap:
    """A time without a socket; `end` is None while it lasts."""

    start: float
    end: float | None = None


@dataclass(slots=True)
class Presence:
    """When each user, by label, had a socket."""

    grace_s: float = 10.0
    connected: dict[str, float] = field(default_factory=dict)
    """Since when, for those who have a socket now."""
    gaps: dict[str, list[Gap]] = field(default_factory=dict)

    def connect(self, user: str, now: float) -> None:
        """Note that the user has a socket now; a second one changes nothing."""
        if user not in self.connected:
            self.connected[user] = now
            gap = self.last_gap(user)
            if gap is not None:
                gap.end = now

    def disconnect(self, user: str, now: float) -> None:
        """Note that the user's last socket has ended."""
        if self.connected.pop(user, None) is not None:
            self.gaps.setdefault(user, []).append(Gap(now))

    def last_gap(self, user: str) -> Gap | None:
        """Return the newest time without a socket, None when there was none yet."""
        gaps = self.gaps.get(user)
        return gaps[-1] if gaps else None

    def state(self, user: str, now: float) -> str:
        """Return what friends should be told of a user now: online, offline, or unsure around the end of the grace."""
        if user in self.connected:
            return ONLINE
        gap = self.last_gap(user)
        if gap is None:
            return OFFLINE
        away_s = now - gap.start
        if away_s < self.grace_s - EARLY_S:
            return ONLINE
        return OFFLINE if away_s > self.grace_s + LATE_S else UNSURE

    def may_be_offline(self, user: str, at: float) -> bool:
        """Say whether a frame that came at `at` may call the user offline."""
        gap = self.last_gap(user)
        if gap is None:
            return user not in self.connected
        end = at if gap.end is None else gap.end
        was_long = end - gap.start >= self.grace_s - EARLY_S
        return was_long and (gap.end is None or at <= gap.end + LATE_S)

    def must_be_offline(self, user: str, now: float) -> Gap | None:
        """Return the gap for which everybody must have been told by now, None when there is none."""
        gap = self.last_gap(user)
        if gap is None or gap.end is not None or now - gap.start <= self.grace_s + LATE_S:
            return None
        return gap
