"""What was expected: the checks at the end of a trace, and what the contract says of refusals.

Looked up in the contract only; knows nothing of what came.
"""

from __future__ import annotations

from typing import Any

from conformance.contract.judge import ABSENT
from conformance.contract.load import escaped
from conformance.generic.finding import WITHIN_S, contract_pointer, nested, subset_of
from conformance.generic.shot import INVALID, VALID, Expected, Shot
from conformance.trace import Step


class Checks:
    """Of one contract."""

    def __init__(self, expected: Expected) -> None:
        self._expected = expected
        self._contract = expected.contract
        self.channel = contract_pointer(f"#/channels/{escaped(self._contract.channel)}")

    def refusals(self, shot: Shot) -> tuple[Any, ...]:
        """Return the codes that the refusal of a shot may have."""
        invalid = self._contract.invalid
        if invalid is None or invalid.code is None:
            return ()
        special = [value for blame, value in invalid.exceptions.items() if blame in shot.blame]
        if special and shot.broken in invalid.exceptions:
            return tuple(special)
        return (invalid.code[1], *special)

    def of_reply(self, shot: Shot) -> Step:
        """Return the check that exactly one reply to a shot comes, as far as a check can tell replies from pushes."""
        tag, answers = self._contract.tag, self._expected.answers(shot)
        invalid = self._contract.invalid
        if shot.kind != VALID and invalid is not None and not shot.is_open:
            codes = self.refusals(shot)
            match = subset_of(invalid.message, tag, self.code_is(codes[0]) if len(codes) == 1 else {})
            return frames(match, 1, 1)
        places = {message.correlation for message in answers}
        parts: list[Any] = []
        if len(places) == 1 and None not in places and shot.correlation is not ABSENT:
            parts.append(nested(places.pop() or "", shot.correlation))
        if len(answers) == 1:
            return frames(subset_of(answers[0], tag, *parts), 1, 1)
        return frames(parts[0] if parts else {}, 1, 1 if parts else None)

    def code_is(self, code: Any) -> Any:
        """Return the members that an error frame with a code has."""
        invalid = self._contract.invalid
        return nested(invalid.code[0], code) if invalid is not None and invalid.code is not None else {}

    def place_of(self, shot: Shot) -> str:
        """Return where the contract says what becomes of a shot."""
        if shot.kind == INVALID and shot.message is not None:
            return contract_pointer(shot.message.pointer)
        if shot.kind == VALID and shot.operation is not None:
            return contract_pointer(shot.operation.pointer)
        return f"{self.channel}/x-invalid-frames" if self._contract.invalid is not None else self.channel

    def refusal_for_people(self, shot: Shot) -> str:
        """Return which refusal is right."""
        invalid = self._contract.invalid
        if invalid is None:
            return "any refusal"
        codes = " or ".join(str(code) for code in self.refusals(shot))
        return f"{invalid.message.name} with {codes}" if codes else invalid.message.name


def frames(match: Any, least: int, most: int | None, *, always: bool = False) -> Step:
    """Return the check that so many frames with these members come.

    Args:
        always: It holds whatever went before.
    """
    check: Step = {"check": "frame", "socket": "s1", "match": match, "min": least, "within_s": WITHIN_S}
    if most is not None:
        check["max"] = most
    if always:
        check["always"] = True
    return check


def described(shot: Shot) -> str:
    """Return what a shot is, for people."""
    if shot.kind == VALID:
        return "valid"
    if shot.kind == INVALID and shot.broken is not None:
        return f"broken at {shot.broken[0] or 'the whole'} ({shot.broken[1]})"
    return f"no frame ({shot.key.partition(' ')[2]})"


def detail_of(shot: Shot) -> str:
    """Return what is tried by a shot, the same in every run."""
    return shot.key.partition(" ")[2]
