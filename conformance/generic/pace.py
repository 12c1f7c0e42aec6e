"""Keeps a connection's operations below what the server takes: no more valid frames a second than a busy client sends,
and a pause after each error that says to come back later.

Counts, and knows no socket. Time is passed in.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

VALID_PER_S = 25.0
"""Of one operation on one connection; what is sent may be pushed to everybody else."""

BURST = 24.0

PAUSE_S = 2.5
"""After a refusal at least; GoChat counts refusals without a pause of 2 s as abuse."""

SLOW_PER_S = 2.0
"""Of an operation that was refused, until the end of the run."""


@dataclass
class _Budget:
    per_s: float = VALID_PER_S
    burst: float = BURST
    left: float = BURST
    at: float = 0.0
    not_before: float = 0.0


@dataclass
class Pace:
    """The budgets of one connection's operations, by key."""

    _budgets: dict[str, _Budget] = field(default_factory=dict)

    def allow(self, operation: str, wanted: int, now: float) -> int:
        """Return how many frames of an operation may go out now, at most `wanted`, and count them as sent."""
        budget = self._budgets.setdefault(operation, _Budget(at=now))
        if now < budget.not_before:
            return 0
        budget.left = min(budget.burst, budget.left + (now - budget.at) * budget.per_s)
        budget.at = now
        taken = min(wanted, int(budget.left))
        budget.left -= taken
        return taken

    def refused(self, operation: str, after_s: float, now: float) -> None:
        """Note that the server wants to be left alone with an operation for a time."""
        budget = self._budgets.setdefault(operation, _Budget(at=now))
        budget.per_s, budget.burst, budget.left = SLOW_PER_S, 4.0, 0.0
        budget.not_before = max(budget.not_before, now + max(PAUSE_S, after_s))
        budget.at = budget.not_before


def hint_s(value: Any) -> float:
    """Return how long an error frame asks to wait: its greatest whole number by a name in `Ms` or `_ms`, else 0."""
    found = 0.0
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in members:
        if isinstance(inner, dict | list):
            found = max(found, hint_s(inner))
        elif isinstance(name, str) and name.endswith(("Ms", "_ms")) and type(inner) is int:
            found = max(found, inner / 1000)
    return found
