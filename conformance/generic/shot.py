"""A shot: one text frame that goes out, and what the contract says may come of it.

Data and the few questions about it that sending and judging share. Knows AsyncAPI operations, and no socket.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from conformance.contract.judge import ABSENT
from conformance.contract.socket import SERVER, Message, Operation, SocketContract
from conformance.wire.socket import Received

VALID, INVALID, STRUCTURAL = "valid", "invalid", "structural"
"""Kinds of shots: by the schema, against one keyword of it, no frame at all."""

ERROR_NAMES = re.compile(r"err|fail|refus|reject|denied|deny|nack|invalid|problem", re.IGNORECASE)
"""Names that frames have which report a failure, where `x-invalid-frames` does not say which one does."""

Blame = tuple[str, str]
"""Pointer and rule of one thing that is broken."""


@dataclass(eq=False, slots=True)
class Shot:
    """One text frame.

    Attributes:
        kind: One of `VALID`, `INVALID`, `STRUCTURAL`.
        key: Tells what is tried, the same in every run: `name valid`, `name /pointer keyword`, `structural nan`.
        name: Of the declared frame that it is or was made from.
        text: As it goes out.
        frame: The value; `ABSENT` for what is no JSON or must go out as it is written.
        correlation: The value of its correlation id, `ABSENT` without one.
        blame: What the refusal may name as broken; the one thing in all its names.
        vague: Pointers at and below which the refusal may name anything: branches of oneOf, anyOf, not.
        place: Where the broken keyword stands in the document, and its name.
        is_open: The contract leaves it to the server to take it or to refuse it.
        replies: What came for it.
    """

    kind: str
    key: str
    name: str
    text: str
    operation: Operation | None
    frame: Any = ABSENT
    message: Message | None = None
    correlation: Any = ABSENT
    blame: frozenset[Blame] = frozenset()
    vague: tuple[str, ...] = ()
    broken: Blame | None = None
    place: Blame | None = None
    is_open: bool = False
    replies: list[Received] = field(default_factory=list)

    def again(self) -> Shot:
        """Return it as if it had not been sent."""
        return Shot(
            *(self.kind, self.key, self.name, self.text, self.operation, self.frame, self.message, self.correlation),
            *(self.blame, self.vague, self.broken, self.place, self.is_open),
        )

    @property
    def size(self) -> int:
        """Bytes of its text."""
        return len(self.text.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True)
class Expected:
    """What the contract says about answers, looked up once a run."""

    contract: SocketContract
    pushes: frozenset[str]
    """Names of frames that the server sends on its own: of a `send` operation and in no reply, or with `x-unasked`."""

    @staticmethod
    def read(contract: SocketContract) -> Expected:
        """Return what a contract says.

        A frame that is both in a `send` operation and in a reply counts as a reply only, unless the `send` operation
        says `x-unasked: true`.
        """
        replies = {m.name for o in contract.operations.values() for m in o.replies or ()}
        if contract.invalid is not None:
            replies.add(contract.invalid.message.name)
        raw = contract.document.get("operations") or {}
        pushes = set()
        for operation in contract.operations.values():
            if operation.sender == SERVER:
                unasked = bool((raw.get(operation.key) or {}).get("x-unasked"))
                pushes |= {m.name for m in operation.messages if unasked or m.name not in replies}
        return Expected(contract, frozenset(pushes))

    def is_error(self, message: Message) -> bool:
        """Say whether a frame reports a failure."""
        if self.contract.invalid is not None:
            return message is self.contract.invalid.message
        return ERROR_NAMES.search(message.name) is not None

    def must_answer(self, operation: Operation) -> bool:
        """Say whether a valid frame of an operation always has a reply: not when only failures are replies."""
        return bool(operation.replies) and not all(self.is_error(message) for message in operation.replies or ())

    def answers(self, shot: Shot) -> tuple[Message, ...]:
        """Return the frames that may answer a shot."""
        refusal = () if self.contract.invalid is None else (self.contract.invalid.message,)
        replies = (shot.operation.replies or ()) if shot.operation is not None else ()
        if shot.kind == VALID:
            return replies
        return (*refusal, *(reply for reply in replies if reply not in refusal)) if shot.is_open else refusal or replies

    def must_have_reply(self, shot: Shot) -> bool:
        """Say whether something must come for a shot."""
        if shot.kind == VALID:
            return shot.operation is not None and self.must_answer(shot.operation)
        if self.contract.invalid is None:
            return False
        return not shot.is_open or (shot.operation is not None and self.must_answer(shot.operation))

    def is_correlated(self, shot: Shot) -> bool:
        """Say whether each answer to a valid shot carries its correlation id."""
        answers = self.answers(shot)
        return (
            shot.kind == VALID
            and shot.correlation is not ABSENT
            and all(message.correlation is not None for message in answers)
        )
