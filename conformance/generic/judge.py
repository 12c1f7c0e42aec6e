"""The oracle: what the contract says about a frame that came, about a close, and about a whole exchange.

Pure: takes what was sent and what came, returns findings. Knows no socket, no time and no chat.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from conformance.contract.judge import ABSENT, Problem
from conformance.contract.socket import Message, value_at
from conformance.generic.checks import Checks, described, detail_of, frames
from conformance.generic.finding import WITHIN_S, Finding, contract_pointer, nested, shown, subset_of
from conformance.generic.replies import DEFECT_STATUS, Replies
from conformance.generic.shot import VALID, Expected, Shot
from conformance.generic.stock import leaves
from conformance.trace import Step
from conformance.wire.socket import ABNORMAL, Closed, Received

PROBLEMS_MAX = 3
"""Things wrong with one frame that are reported of it."""

_TYPES = re.compile(r'"(null|boolean|integer|number|string|array|object)"')


@dataclass
class Outcome:
    """What came of an exchange on one connection.

    Attributes:
        shots: As they were sent, each with its replies.
        surplus: Replies that no shot waits for.
        frames: Everything that came and is no reply, judged already.
        closed: How the server ended the connection, None when it is open.
        missing: Shots that should have had a reply by now.
        last_error: Code of the last error frame before the close.
        fault: What of the server's frames was not RFC 6455.
        binary: How many binary messages came.
    """

    shots: Sequence[Shot]
    surplus: list[Received] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    closed: Closed | None = None
    missing: list[Shot] = field(default_factory=list)
    last_error: Any = ABSENT
    fault: str = ""
    binary: int = 0
    ran_out: bool = False
    """The run ended before the exchange did: what is missing is nobody's fault."""


class Judge:
    """Judges by one contract."""

    def __init__(self, expected: Expected) -> None:
        self.checks = Checks(expected)
        self._expected = expected
        self._contract = expected.contract
        self._replies = Replies(expected, self.checks, self.error_code, self.is_retryable)
        self.of_reply = self._replies.of_reply

    # One frame.

    def of_frame(self, received: Received) -> list[Finding]:
        """Return what is wrong with a frame as such, whatever it answers."""
        message = received.message
        if message is None:
            return [self._undeclared(received)]
        found = [self._not_valid(message, received, problem) for problem in received.problems[:PROBLEMS_MAX]]
        code = self.error_code(received)
        if code is not ABSENT and self._contract.errors:
            entry = self._contract.errors.get(code) if isinstance(code, str) else None
            if entry is None or entry.socket == "none":
                match = subset_of(message, self._contract.tag, self.checks.code_is(code))
                found.append(
                    Finding(
                        *("error-declared", message.name, contract_pointer("#/x-error-catalogue")),
                        "a code that the catalogue has for the socket",
                        f"the code {shown(code)}",
                        frames(match, 0, 0, always=True),
                        detail=str(code),
                    )
                )
        return found

    def error_code(self, received: Received) -> Any:
        """Return the code of an error frame, `ABSENT` for any other frame and for one without a code.

        It stands where `x-invalid-frames` says, or else it is the first text that is a code of the catalogue.
        """
        if received.message is None or not self._expected.is_error(received.message):
            return ABSENT
        invalid = self._contract.invalid
        if invalid is not None and invalid.code is not None:
            return value_at(received.value, invalid.code[0])
        return next((leaf for _, _, leaf in leaves(received.value) if leaf in self._contract.errors), ABSENT)

    def is_retryable(self, received: Received) -> bool:
        """Say whether a frame is an error which tells to come back later, but for the server's own defects."""
        code = self.error_code(received)
        entry = self._contract.errors.get(code) if isinstance(code, str) else None
        return entry is not None and entry.retryable and entry.status != DEFECT_STATUS

    def _undeclared(self, received: Received) -> Finding:
        tag = self._contract.tag
        name = value_at(received.value, tag) if tag is not None else ABSENT
        match = nested(tag, name) if tag is not None and name is not ABSENT else {}
        return Finding(
            *("frame-declared", str(name) if name is not ABSENT else "no frame", f"{self.checks.channel}/messages"),
            "one of the frames that the contract has the server send",
            shown(received.text),
            frames(match, 0, 0, always=True),
        )

    def _not_valid(self, message: Message, received: Received, problem: Problem) -> Finding:
        place = re.sub(r"/\d+(?=/|$)", "/*", problem.pointer)
        check: Step = {"check": "frame-value", "socket": "s1", "pointer": problem.pointer, "always": True}
        check["match"] = subset_of(message, self._contract.tag)
        value = value_at(received.value, problem.pointer)
        types = (
            _TYPES.findall(problem.text[problem.text.rfind(" is not of type") :]) if problem.keyword == "type" else []
        )
        if problem.keyword == "required":
            check["present"] = True
        elif types:
            check["type"] = types
        else:
            check["not"] = None if value is ABSENT else value
        return Finding(
            *("frame-valid", message.name, contract_pointer(message.pointer)),
            f"{place or 'the frame'} keeps to its `{problem.keyword}`",
            shown(problem.text),
            check,
            detail=f"{place} {problem.keyword}",
        )

    # The end of a connection.

    def of_close(self, outcome: Outcome) -> list[Finding]:
        """Return what is wrong with the way in which the server ended a connection, whatever was sent on it."""
        closed = outcome.closed
        if closed is None or not closed.by_server:
            return []
        codes = self._contract.close_codes
        if closed.code == ABNORMAL:
            return [self._finding_of_close("close-clean", "a closing handshake", "the TCP connection just ended")]
        if codes and closed.code not in codes:
            return [
                self._finding_of_close(
                    "close-declared", "one of x-close-codes", f"the close code {closed.code}", str(closed.code)
                )
            ]
        tied = {e.code for e in self._contract.errors.values() if e.socket == "close" and e.close_code == closed.code}
        if tied and outcome.last_error not in tied:
            expected = f"an error frame with {' or '.join(sorted(tied))} before the close with {closed.code}"
            return [self._finding_of_close("close-announced", expected, "none", str(closed.code))]
        return []

    def of_promised_close(self, code: Any, closed: Closed | None) -> list[Finding]:
        """Return what is wrong when this close, or None, followed an error frame with a code."""
        entry = self._contract.errors.get(code) if isinstance(code, str) else None
        if entry is None or entry.socket != "close" or entry.close_code is None:
            return []
        if closed is not None and closed.code == entry.close_code:
            return []
        got = "the connection stayed open" if closed is None else f"the close code {closed.code}"
        return [self._finding_of_close("close-announced", f"the close {entry.close_code} after {code}", got, str(code))]

    def _finding_of_close(self, rule: str, expected: str, got: str, detail: str = "") -> Finding:
        check: Step = {"check": "close", "socket": "s1", "codes": [], "within_s": WITHIN_S}
        pointer = f"{self.checks.channel}/x-close-codes" if rule != "close-clean" else self.checks.channel
        return Finding(rule, self._contract.channel, pointer, expected, got, check, detail=detail)

    # A whole exchange.

    def of_exchange(self, outcome: Outcome) -> list[Finding]:
        """Return all that is wrong, the most telling first."""
        found = list(outcome.findings)
        for shot in outcome.shots:
            for received in shot.replies[:1]:
                found += self.of_reply(shot, received)
            if len(shot.replies) > 1:
                found.append(self._replies.twice(shot, shot.replies[1]))
        found += [self._surplus(outcome, received) for received in outcome.surplus[:1] if received.message is not None]
        found += self.of_close(outcome)
        if outcome.closed is not None and outcome.closed.by_server:
            found += self._ended_by(outcome)
        elif outcome.missing and not outcome.ran_out:
            found.append(self._replies.silent(outcome.missing[0]))
        if outcome.fault:
            check = {"check": "close", "socket": "s1", "codes": [], "within_s": 1.0}
            pointer, expected = self.checks.channel, "frames by RFC 6455"
            found.append(Finding("framing-kept", self._contract.channel, pointer, expected, outcome.fault, check))
        if outcome.binary:
            check = frames({}, 1, None)
            pointer, expected = f"{self.checks.channel}/messages", "text frames"
            found.append(Finding("frame-text", self._contract.channel, pointer, expected, "a binary frame", check))
        return found

    def _ended_by(self, outcome: Outcome) -> Iterator[Finding]:
        """Yield what a shot has done that is alone on its connection; of several, nobody knows which it was."""
        assert outcome.closed is not None
        if len(outcome.shots) != 1:
            return
        shot = outcome.shots[0]
        if shot.kind != VALID and self._contract.invalid is None:
            return  # the contract does not say that it stays open
        check: Step = {"check": "close", "socket": "s1", "codes": [], "within_s": WITHIN_S}
        yield Finding(
            *("valid-survives" if shot.kind == VALID else "invalid-survives", shot.name, self.checks.place_of(shot)),
            "the connection stays open",
            f"a frame that is {described(shot)} ended it with {outcome.closed.code}",
            check,
            detail="" if shot.kind == VALID else detail_of(shot),
            shot=shot,
        )

    def _surplus(self, outcome: Outcome, received: Received) -> Finding:
        assert received.message is not None
        alone = outcome.shots[0] if len(outcome.shots) == 1 else None
        if alone is not None and alone.replies:
            return self._replies.twice(alone, received)
        check = self.checks.of_reply(alone) if alone is not None else frames({}, 0, None)
        return Finding(
            *("reply-once", received.name, contract_pointer(received.message.pointer)),
            "a reply only to a frame",
            f"{shown(received.text)}, which answers nothing",
            {**check, "max": 1},
            shot=alone,
        )
