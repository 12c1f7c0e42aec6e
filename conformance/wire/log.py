"""The wire log: everything that was sent and received, in order, as a trace's steps with the values that really went.

`conformance.replay` makes a trace of it; the report draws the sequence diagram from it. One log a scenario.

Entries are the steps of `conformance.trace` with concrete values, and with these more members:

    every entry  at: seconds since the start of the log; who: the actor's name, where known; group: the number of the
                 entries that ran at the same time, absent when alone
    http         answer: {status, headers, body (parsed JSON) or text}, absent while it is under way
    frame        socket, frame (parsed) or text: a text frame that came
    closed       socket, code, reason: the server closed (1006: the TCP connection ended without a closing handshake)
"""

from __future__ import annotations

import itertools
import time
from typing import Any


class WireLog:
    """A list of entries and the ids that they are known by."""

    def __init__(self, prefix: str = "") -> None:
        """Begin an empty log; its ids begin with `prefix`, so that entries of two logs can stand in one."""
        self.entries: list[dict[str, Any]] = []
        self.group: int | None = None
        self._prefix = prefix
        self._started = time.monotonic()
        self._ids: dict[str, itertools.count[int]] = {}

    def add(self, step: str, **members: Any) -> dict[str, Any]:
        """Append an entry and return it; members that are None are left out."""
        entry: dict[str, Any] = {"step": step, "at": round(time.monotonic() - self._started, 4)}
        entry.update({name: value for name, value in members.items() if value is not None})
        if self.group is not None:
            entry["group"] = self.group
        self.entries.append(entry)
        return entry

    def new_id(self, prefix: str) -> str:
        """Return `r1`, `r2` ... for the prefix `r`."""
        return f"{self._prefix}{prefix}{next(self._ids.setdefault(prefix, itertools.count(1)))}"
