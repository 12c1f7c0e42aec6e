"""A violation: one place where a server, or a contract, is not what the contract says. Data, no behaviour.

Every layer of the kit makes these, and the reports, baselines and replays read them. Two findings with the same `key`
are one violation that was seen twice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from conformance.trace import Trace


@dataclass(frozen=True, slots=True)
class Violation:
    """One rule broken at one place of the contract.

    Attributes:
        rule: Id of a `conformance.rules.Rule`.
        subject: The operation, frame, code or document that is wrong: `sendMessage`, `new-message`, `4409`.
        pointer: Where the contract says otherwise: `asyncapi#/operations/sendMessage`, RFC 6901 after the `#`.
        expected: What should have been, for people, one line, without values that change from run to run.
        got: What was, for people; may hold ids and times.
        detail: Tells apart two violations of one rule at one place, stable over runs: a status, a keyword; mostly "".
        trace: Steps that show it again, None where there is nothing to repeat (a contract's own defect).
        times: How often it was seen in this run.
        reproduced: Whether the trace showed it again; None when that was not tried.
        narrative: What happened, a line a step, for people: shown beside the sequence diagram.
        log: The wire log of the run that showed it, as in `conformance.wire.log`, for the sequence diagram.
    """

    rule: str
    subject: str
    pointer: str
    expected: str
    got: str
    detail: str = ""
    trace: Trace | None = None
    times: int = 1
    reproduced: bool | None = None
    narrative: tuple[str, ...] = ()
    log: tuple[dict[str, Any], ...] = ()

    @property
    def key(self) -> str:
        """Twelve hex digits, the same in every run for the same rule, subject, pointer and detail."""
        text = "\n".join((self.rule, self.subject, self.pointer, self.detail))
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:12]

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON-able data; `from_json` is the way back."""
        return {
            "key": self.key,
            "rule": self.rule,
            "subject": self.subject,
            "pointer": self.pointer,
            "expected": self.expected,
            "got": self.got,
            "detail": self.detail,
            "times": self.times,
            "reproduced": self.reproduced,
            "narrative": list(self.narrative),
            "trace": None if self.trace is None else self.trace.to_json(),
            "log": list(self.log),
        }


def from_json(data: dict[str, Any]) -> Violation:
    """Return the violation that `Violation.to_json` wrote."""
    trace = data.get("trace")
    return Violation(
        rule=data["rule"],
        subject=data["subject"],
        pointer=data["pointer"],
        expected=data["expected"],
        got=data["got"],
        detail=data.get("detail", ""),
        trace=None if trace is None else Trace.from_json(trace),
        times=data.get("times", 1),
        reproduced=data.get("reproduced"),
        narrative=tuple(data.get("narrative", ())),
        log=tuple(data.get("log", ())),
    )


def merge(violations: Iterable[Violation]) -> list[Violation]:
    """Return one violation a key, in the order of their first appearance.

    The one with the shortest trace stands for all; a reproduced one goes before one that is not. `times` is the sum.
    """
    kept: dict[str, Violation] = {}
    for violation in violations:
        other = kept.get(violation.key)
        if other is None:
            kept[violation.key] = violation
            continue
        better = min(other, violation, key=_rank)
        kept[violation.key] = replace(better, times=other.times + violation.times)
    return list(kept.values())


def _rank(violation: Violation) -> tuple[bool, bool, int]:
    length = 0 if violation.trace is None else len(violation.trace.steps)
    return (violation.trace is None, not violation.reproduced, length)
