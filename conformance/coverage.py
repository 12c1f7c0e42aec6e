"""What of the contract was exercised in a run: operations by status, frames by direction and outcome, codes, keywords.

Filled by every layer while it works; the reports set it beside what is declared. What was declared and never seen is
listed; what can't be provoked by a client is listed apart, with its reason.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Coverage:
    """Counts of what was seen. Keys are texts, so that it goes through JSON and processes.

    Attributes:
        statuses: `operationId status`.
        frames: `name direction outcome`; direction is `sent` or `received`, outcome of a sent one `valid` or `invalid`.
        errors: error codes, `CODE http` or `CODE socket`.
        closes: close codes that the server sent.
        keywords: `frame pointer keyword valid|invalid` of payload schemas that were tried.
        transitions: `from -> event -> to` of the connection's life: `open -> bad token -> closed 4401`.
        counts: totals for the summary: frames_sent, frames_received, requests, connections, examples, steps.
    """

    statuses: Counter[str] = field(default_factory=Counter)
    frames: Counter[str] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    closes: Counter[str] = field(default_factory=Counter)
    keywords: Counter[str] = field(default_factory=Counter)
    transitions: Counter[str] = field(default_factory=Counter)
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, other: Coverage) -> None:
        """Take over what another part of the run has seen."""
        for name in self.__slots__:
            getattr(self, name).update(getattr(other, name))

    def to_json(self) -> dict[str, dict[str, int]]:
        """Return it as JSON-able data, sorted."""
        return {name: dict(sorted(getattr(self, name).items())) for name in self.__slots__}

    @staticmethod
    def from_json(data: Mapping[str, Mapping[str, int]]) -> Coverage:
        """Return what `to_json` wrote."""
        return Coverage(**{name: Counter(data.get(name, {})) for name in Coverage.__slots__})


@dataclass(frozen=True, slots=True)
class Row:
    """One declared thing in the report: what it is, how often it was seen, and why it can't be, where it can't."""

    name: str
    times: int
    unreachable: str = ""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Declared beside seen, by kind. `undeclared` is what was seen and stands in no contract."""

    kind: str
    rows: tuple[Row, ...]
    undeclared: tuple[str, ...] = ()

    @property
    def reachable(self) -> tuple[Row, ...]:
        """The rows that a client can provoke."""
        return tuple(row for row in self.rows if not row.unreachable)

    @property
    def missing(self) -> tuple[Row, ...]:
        """What a client could have provoked and nothing did."""
        return tuple(row for row in self.reachable if not row.times)

    @property
    def percent(self) -> float:
        """Share of the reachable rows that were seen; 100 where there are none."""
        return 100.0 * (len(self.reachable) - len(self.missing)) / len(self.reachable) if self.reachable else 100.0

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON-able data."""
        return {
            "kind": self.kind,
            "percent": round(self.percent, 1),
            "rows": [{"name": row.name, "times": row.times, "unreachable": row.unreachable} for row in self.rows],
            "undeclared": list(self.undeclared),
        }


def matrix(kind: str, declared: Iterable[str], seen: Mapping[str, int], unreachable: Mapping[str, str]) -> Matrix:
    """Set what is declared beside what was seen.

    Args:
        declared: Names, in the order of the contract.
        unreachable: Reasons by name, for what no client can provoke in this run. Seen all the same, it counts.
    """
    names = list(declared)
    rows = tuple(Row(name, seen.get(name, 0), "" if seen.get(name, 0) else unreachable.get(name, "")) for name in names)
    return Matrix(kind, rows, tuple(sorted(set(seen) - set(names))))
