"""Puts together what people see as one change: one edit of a shared schema shows at each of its uses."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from conformance.diff.change import Change, Direction, Severity

SHOWN_USES = 4  # places of use that a person reads before he wants a number


@dataclass(frozen=True)
class Folded:
    """One edit and the changes that it makes; all share severity, rule, direction and place in the document."""

    changes: tuple[Change, ...]

    @property
    def first(self) -> Change:
        """Return the one that stands for all."""
        return self.changes[0]

    @property
    def arrow(self) -> str:
        """Return who sends what changed."""
        return {
            Direction.TO_SERVER: "client → server",
            Direction.TO_CLIENT: "server → client",
            Direction.BOTH: "both ways",
        }[self.first.direction]

    @property
    def pointer(self) -> str:
        """Return the place in the documents, as a `$ref` would name it."""
        gone = "" if self.first.side == "new" else " (old version)"
        return f"{self.first.file}#{self.first.pointer}{gone}"

    def uses(self, most: int = SHOWN_USES) -> str:
        """Return the operations and frames that it concerns; with the places in them, where these are few."""
        places = list(dict.fromkeys(_use(change) for change in self.changes))
        if len(places) <= most:
            return "; ".join(places)
        subjects = list(dict.fromkeys(change.subject for change in self.changes))
        more = len(subjects) - most
        shown = ", ".join(subjects if more <= 1 else subjects[:most]) + (f" and {more} more" if more > 1 else "")
        return f"{len(places)} places in {shown}"


def fold(changes: Iterable[Change]) -> list[Folded]:
    """Return the changes put together, in the order of the first of each."""
    groups: dict[tuple[str, ...], list[Change]] = {}
    for change in changes:
        alike = (change.severity, change.rule, change.direction, change.side, change.file, change.pointer, change.text)
        groups.setdefault(alike, []).append(change)
    return [Folded(tuple(group)) for group in groups.values()]


def count(changes: Iterable[Change]) -> dict[Severity, int]:
    """Return how many edits there are of each severity."""
    counts = dict.fromkeys(Severity, 0)
    for folded in fold(changes):
        counts[folded.first.severity] += 1
    return counts


def _use(change: Change) -> str:
    if not change.subject:
        return change.place
    return f"{change.subject}, {change.place}" if change.place else change.subject
