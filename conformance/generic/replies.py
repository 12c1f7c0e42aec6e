"""Judges a reply to a shot: is it one that the operation declares, is it correlated, is the refusal the declared one.

Pure, and by one contract; knows nothing of other frames.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from conformance.contract.judge import ABSENT
from conformance.contract.socket import value_at
from conformance.generic.checks import Checks, described, detail_of, frames
from conformance.generic.finding import Finding, contract_pointer, nested, shown, subset_of
from conformance.generic.shot import STRUCTURAL, VALID, Expected, Shot
from conformance.wire.socket import Received

DEFECT_STATUS = 500
"""Of a catalogue's entry: the server's own fault."""


class Replies:
    """By one contract.

    Args:
        error_code: Returns the code of an error frame, `ABSENT` for another frame.
        is_retryable: Says whether a frame only tells to come back later.
    """

    def __init__(
        self,
        expected: Expected,
        checks: Checks,
        error_code: Callable[[Received], Any],
        is_retryable: Callable[[Received], bool],
    ) -> None:
        self._expected = expected
        self._contract = expected.contract
        self._checks = checks
        self._error_code = error_code
        self._is_retryable = is_retryable

    def of_reply(self, shot: Shot, received: Received) -> list[Finding]:
        """Return what is wrong with a frame as the reply to this shot."""
        if received.message is None or received.problems:
            return []  # said already
        found = list(self._correlation_of(shot, received))
        if shot.kind == VALID:
            found += self._of_valid_reply(shot, received)
        elif self._contract.invalid is not None and not shot.is_open and not self._is_retryable(received):
            found += self._of_refusal(shot, received)
        elif self._contract.invalid is None and not shot.is_open and not self._expected.is_error(received.message):
            found.append(self.accepted(shot, f"was answered with {received.name}"))
        code = self._error_code(received)
        entry = self._contract.errors.get(code) if isinstance(code, str) else None
        if entry is not None and entry.status == DEFECT_STATUS:
            match = subset_of(received.message, self._contract.tag, self._checks.code_is(code))
            found.append(
                Finding(
                    *("server-error", shot.name, self._checks.place_of(shot)),
                    "an answer that is no defect of the server's own",
                    f"{code} for a frame that is {described(shot)}",
                    frames(match, 0, 0),
                    shot=shot,
                    detail="" if shot.kind == VALID else shot.key,
                )
            )
        return found

    def _correlation_of(self, shot: Shot, received: Received) -> Iterator[Finding]:
        message = received.message
        assert message is not None
        if shot.correlation is ABSENT or message.correlation is None or shot.kind == STRUCTURAL:
            return
        got = value_at(received.value, message.correlation)
        if got == shot.correlation or (got is ABSENT and shot.kind != VALID):
            return
        yield Finding(
            *("reply-correlated", shot.name, contract_pointer(message.pointer)),
            f"{message.name} with the correlation id of the frame that it answers",
            f"{shown(got)} instead of {shown(shot.correlation)}",
            frames(subset_of(message, self._contract.tag, nested(message.correlation, shot.correlation)), 1, None),
            detail=message.name,
            shot=shot,
            certain=False,
        )

    def _of_valid_reply(self, shot: Shot, received: Received) -> Iterator[Finding]:
        operation, invalid = shot.operation, self._contract.invalid
        assert operation is not None
        assert received.message is not None
        code = self._error_code(received)
        if received.message not in (operation.replies or ()) and operation.replies is not None:
            names = " or ".join(message.name for message in operation.replies)
            place = received.message.correlation
            known_by = nested(place, shot.correlation) if place and shot.correlation is not ABSENT else {}
            yield Finding(
                *("reply-fits", operation.key, contract_pointer(f"{operation.pointer}/reply")),
                f"the reply {names}",
                f"{received.name} {'' if code is ABSENT else code}".strip(),
                frames(subset_of(received.message, self._contract.tag, known_by), 0, 0),
                detail=received.name,
                shot=shot,
            )
        if invalid is not None and invalid.code is not None and code in (invalid.code[1], *invalid.exceptions.values()):
            blamed = next(iter(_blamed(invalid.errors, received)), None)
            place, rule = blamed if blamed is not None else ("", "")
            place = re.sub(r"/\d+(?=/|$)", "/*", place)
            yield Finding(
                *("valid-accepted", operation.key, contract_pointer(operation.pointer)),
                f"{shot.name} is taken, as it is valid by its schema",
                f"{code}" + (f" for {place or 'the whole'}: {rule}" if blamed is not None else ""),
                frames(subset_of(invalid.message, self._contract.tag, self._checks.code_is(code)), 0, 0, always=True),
                detail=f"{code} {place} {rule}".rstrip(),
                shot=shot,
            )

    def _of_refusal(self, shot: Shot, received: Received) -> Iterator[Finding]:
        invalid = self._contract.invalid
        assert invalid is not None
        if received.message is not invalid.message:
            yield self.accepted(shot, f"was answered with {received.name}")
            return
        if invalid.code is None:
            return
        code, allowed = value_at(received.value, invalid.code[0]), self._checks.refusals(shot)
        if code not in allowed:
            yield self.accepted(shot, f"was answered with {shown(code)}")
            return
        if invalid.errors is None or code != invalid.code[1]:
            return
        named = _blamed(invalid.errors, received)
        wrong = [each for each in named if not _is_blamed(shot, each)]
        if named and not wrong:
            return
        said = "; ".join(f"{place or 'the whole'}: {rule}" for place, rule in (wrong or named)) or "nothing at all"
        place, rule = shot.broken or ("", "")
        where = nested(invalid.errors, [{"pointer": place, "rule": rule}])
        yield Finding(
            *("invalid-explained", shot.name, self._checks.place_of(shot)),
            f"the refusal names {place or 'the whole'}: {rule}",
            f"it names {said}",
            frames(subset_of(invalid.message, self._contract.tag, self._checks.code_is(code), where), 1, None),
            detail=detail_of(shot),
            shot=shot,
            certain=False,
        )

    def accepted(self, shot: Shot, got: str) -> Finding:
        """Return the finding that a shot was not refused as it had to be."""
        return Finding(
            *("invalid-refused", shot.name, self._checks.place_of(shot)),
            self._checks.refusal_for_people(shot),
            f"a frame that is {described(shot)} {got}",
            self._checks.of_reply(shot),
            detail=detail_of(shot),
            shot=shot,
            certain=False,
        )

    def silent(self, shot: Shot) -> Finding:
        """Return the finding that nothing came for a shot."""
        if shot.kind == VALID:
            assert shot.operation is not None
            names = " or ".join(message.name for message in shot.operation.replies or ())
            return Finding(
                *("reply-comes", shot.operation.key, contract_pointer(f"{shot.operation.pointer}/reply")),
                f"the reply {names}",
                "nothing in time",
                self._checks.of_reply(shot),
                shot=shot,
            )
        silent = self.accepted(shot, "was not answered in time")
        return Finding(
            *(
                silent.rule,
                silent.subject,
                silent.pointer,
                silent.expected,
                silent.got,
                silent.check,
                silent.detail,
                shot,
            )
        )

    def twice(self, shot: Shot, second: Received) -> Finding:
        """Return the finding that a shot had a second reply."""
        subject = shot.operation.key if shot.kind == VALID and shot.operation is not None else shot.name
        return Finding(
            *(
                "reply-once",
                subject,
                self._checks.place_of(shot) if shot.kind == VALID else f"{self._checks.channel}/x-invalid-frames",
            ),
            "one reply to one frame",
            f"{shown(shot.replies[0].text)} and then {shown(second.text)}",
            {**self._checks.of_reply(shot), "max": 1},
            shot=shot,
        )


def _blamed(pointer: str | None, received: Received) -> list[tuple[str, str]]:
    entries = value_at(received.value, pointer) if pointer is not None else ABSENT
    if not isinstance(entries, list):
        return []
    return [(str(e.get("pointer")), str(e.get("rule"))) for e in entries if isinstance(e, dict)]


def _is_blamed(shot: Shot, named: tuple[str, str]) -> bool:
    place = named[0]
    return named in shot.blame or any(place == each or place.startswith(f"{each}/") for each in shot.vague)
