"""A finding: what is wrong at one place, the check that tells whether it still is, and the trace that shows it again.

Between the judges, which make findings, and the report, which wants violations.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.contract.judge import ABSENT
from conformance.contract.socket import Message
from conformance.generic.shot import Shot
from conformance.stage import Run
from conformance.trace import Step, Trace
from conformance.violation import Violation

LOGIN_TOKEN = "${login#/data/accessToken}"
"""What stands in a trace for a credential, unless the run says otherwise: the answer of its step `login`."""

WITHIN_S = 5.0
"""How long a repeated trace waits for what should come."""

GOT_CHARS = 200


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule broken at one place; see `conformance.violation.Violation`.

    Attributes:
        check: Of the trace: what should have been.
        shot: The frame that showed it, None when that is not known.
        certain: It stands even where sending the same frame again, alone, does not show it.
    """

    rule: str
    subject: str
    pointer: str
    expected: str
    got: str
    check: Step
    detail: str = ""
    shot: Shot | None = field(default=None, compare=False)
    certain: bool = True

    @property
    def key(self) -> tuple[str, str, str, str]:
        """The same for the same thing found twice."""
        return (self.rule, self.subject, self.pointer, self.detail)


@dataclass(frozen=True, slots=True)
class Opening:
    """How a trace logs in: steps, and the query of its `connect` steps."""

    steps: tuple[Step, ...]
    query: Mapping[str, str]

    @staticmethod
    def read(run: Run, credentials: Mapping[str, str]) -> Opening:
        """Return that of a run; `credentials` are query parameters that open its channel now.

        A run that has `login_steps` has the trace log in by itself; elsewhere the credentials stand in it as they are.
        """
        steps, query = tuple(run.login_steps), run.login_query
        if query is None:
            query = dict.fromkeys(credentials, LOGIN_TOKEN) if steps else credentials
        return Opening(steps, dict(query))


def violation_of(
    finding: Finding, steps: Sequence[Step], opening: Opening, log: Sequence[Step] = (), reproduced: bool | None = None
) -> Violation:
    """Return the violation for a finding.

    Args:
        steps: What is to be repeated after the login, `connect` included.
        log: What went over the wire when it was seen.
    """
    trace = Trace((*opening.steps, *steps), finding.check, finding.rule, finding.expected)
    return Violation(
        rule=finding.rule,
        subject=finding.subject,
        pointer=finding.pointer,
        expected=finding.expected,
        got=finding.got,
        detail=finding.detail,
        trace=trace,
        reproduced=reproduced,
        log=tuple(dict(entry) for entry in log),
    )


def steps_of(shots: Iterable[Shot], opening: Opening, socket: str = "s1") -> list[Step]:
    """Return the steps that open a connection and send these frames on it."""
    steps: list[Step] = [{"step": "connect", "socket": socket, "query": dict(opening.query)}]
    for shot in shots:
        step: Step = {"step": "send", "socket": socket}
        if shot.frame is ABSENT:
            step["text"] = plain(shot.text)
        else:
            step["json"] = plain(shot.frame)
        steps.append(step)
    return steps


def plain(value: Any) -> Any:
    """Return a value such that nothing in it is taken for a reference when the trace is repeated."""
    if isinstance(value, str):
        return value.replace("${", "${$}{")
    if isinstance(value, dict):
        return {name: plain(inner) for name, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def shown(value: Any) -> str:
    """Return a value for people, on one line and not too long."""
    text = " ".join(str(value).split())
    return text if len(text) <= GOT_CHARS else f"{text[:GOT_CHARS]}…"


def contract_pointer(pointer: str) -> str:
    """Return a place of the AsyncAPI document as violations name it."""
    return f"asyncapi{pointer}"


def nested(pointer: str, value: Any) -> Any:
    """Return an object that has `value` at an RFC 6901 pointer; an index becomes a list of one only at 0."""
    for part in reversed(pointer.split("/")[1:]):
        value = {part.replace("~1", "/").replace("~0", "~"): value}
    return value


def merged(*parts: Any) -> Any:
    """Return objects made into one, deeply."""
    whole: dict[str, Any] = {}
    for part in parts:
        for name, value in part.items():
            both = isinstance(value, dict) and isinstance(whole.get(name), dict)
            whole[name] = merged(whole[name], value) if both else value
    return whole


def subset_of(message: Message, tag: str | None, *parts: Any) -> Any:
    """Return the members by which a check knows a frame: its name where a member tells it, and more."""
    return merged(nested(tag, message.name) if tag is not None else {}, *parts)
