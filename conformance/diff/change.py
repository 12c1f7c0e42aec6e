"""What the comparison yields: one `Change` for each thing that differs, at each place where it is used.

Data only. Which change has which severity is decided in `rules.py` and `schema_rules.py`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """How bad a change is for a client that was written against the old version."""

    BREAKING = "breaking"  # a client that keeps to the old contract fails
    RISKY = "risky"  # a client that keeps to the old contract works, unless it relied on more than it should
    SAFE = "safe"  # no client notices
    DOCS = "docs"  # only words changed

    @property
    def rank(self) -> int:
        """Return 0 for the worst, so that sorting puts it first."""
        return list(Severity).index(self)


class Direction(StrEnum):
    """Who sends what changed."""

    TO_SERVER = "client-to-server"
    TO_CLIENT = "server-to-client"
    BOTH = "both"

    @property
    def opposite(self) -> Direction:
        """Return the way back."""
        return {Direction.TO_SERVER: Direction.TO_CLIENT, Direction.TO_CLIENT: Direction.TO_SERVER}.get(self, self)


class Side(StrEnum):
    """The version that a pointer points into: the new one, or the old one for what is gone."""

    OLD = "old"
    NEW = "new"


@dataclass(frozen=True)
class Change:
    """One difference at one place of use.

    `pointer` is an RFC 6901 pointer into `file` of the version `side`; `file` is relative to where the document
    stands, so that a schema of another file is named there. `place` says where within `subject` (an operationId or
    a frame's wire type) the change is met: `request body /content`.
    """

    severity: Severity
    document: str  # openapi, asyncapi, or both
    file: str
    pointer: str
    side: Side
    direction: Direction
    subject: str
    place: str
    rule: str
    text: str

    @property
    def key(self) -> str:
        """Return the name under which this change can be accepted; stable while the documents move around it."""
        return ":".join(part for part in (self.rule, self.subject, self.place) if part).replace(" ", "-")
