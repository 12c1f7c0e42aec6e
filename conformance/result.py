"""The result of a run, as the reports read it. Data only."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from conformance.coverage import Coverage, Matrix
from conformance.violation import Violation


@dataclass(frozen=True, slots=True)
class Stage:
    """One part of the run: contract, http, generic, chat.

    Attributes:
        name: As in `conformance.rules.LAYERS`.
        seconds: How long it took.
        summary: One line of figures: "24 rules, 1,204 cases".
        skipped: Why it did not run; "" when it did.
        failure: Why it broke off, by a defect of the kit; what it found before counts, but it proves nothing.
    """

    name: str
    seconds: float
    summary: str
    skipped: str = ""
    failure: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """Everything that a run found.

    Attributes:
        url: The server's base URL.
        contracts: Where each contract came from: {"openapi": ..., "asyncapi": ...}.
        titles: info.title and info.version of each, for the head of the report.
        started_at: Unix seconds.
        seconds: Wall time.
        violations: Merged; new ones first, then those that the baseline knows.
        known: Keys of the violations that are in the baseline.
        matrices: Declared beside seen, by kind.
        states: The connection's states and transitions, declared and seen, for the diagram: see `conformance.report`.
    """

    url: str
    profile: str
    seed: int
    budget_s: float
    contracts: dict[str, str]
    titles: dict[str, str]
    started_at: float
    seconds: float
    stages: tuple[Stage, ...]
    violations: tuple[Violation, ...]
    coverage: Coverage
    matrices: tuple[Matrix, ...]
    known: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()
    states: dict[str, Any] = field(default_factory=dict)

    @property
    def new(self) -> tuple[Violation, ...]:
        """The violations that are not in the baseline."""
        return tuple(violation for violation in self.violations if violation.key not in self.known)
