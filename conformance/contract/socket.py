"""The WebSocket half of a contract as typed data: one channel, its operations, frames, close codes, errors and limits.

`channel` reads it from the document, once a run; who sends or judges frames asks it. The server's side: `action:
receive` is what a client sends. Knows no chat.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from conformance.contract.judge import ABSENT, Compile, Problem, Schema
from conformance.contract.load import Document

CLIENT, SERVER = "client", "server"
"""Who sends a frame."""

TAGS = ("type", "event", "action", "op", "kind", "method", "cmd", "command", "t")
"""Members by which protocols tell their frames apart, in the order in which they are tried."""


@dataclass(frozen=True, slots=True)
class Message:
    """One frame.

    Attributes:
        key: Its key in the document's channel.
        name: As on the wire where a constant tells, else the document's name for it.
        pointer: Of the message in the document.
        schema: Its payload's, compiled.
        payload: Its payload's schema, as written, references and all.
        correlation: RFC 6901 pointer of its correlation id in the payload, None without one.
    """

    key: str
    name: str
    pointer: str
    payload: Any
    schema: Schema = field(repr=False)
    correlation: str | None = None


@dataclass(frozen=True, slots=True)
class Operation:
    """What one side does. `replies` are the frames that may answer it; None: the contract promises no answer."""

    key: str
    sender: str
    pointer: str
    messages: tuple[Message, ...]
    replies: tuple[Message, ...] | None = None


@dataclass(frozen=True, slots=True)
class CloseCode:
    """One of `x-close-codes`."""

    code: int
    name: str
    reconnect: bool


@dataclass(frozen=True, slots=True)
class InvalidFrames:
    """`x-invalid-frames`: what a frame that is not valid gets, while the socket stays open.

    Attributes:
        message: The frame that answers.
        code: (pointer, value) that this frame has, None when the contract names none.
        errors: Pointer to its list of `{pointer, rule}`, None when there is none.
        exceptions: Other values of the code, by the (pointer, rule) that is the only one broken.
    """

    message: Message
    code: tuple[str, Any] | None
    errors: str | None
    exceptions: dict[tuple[str, str], Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Limits:
    """`x-limits`, with what GoChat's contract documents where it is silent; 0 is no limit."""

    max_frame_bytes: int = 65_536
    idle_timeout_s: float = 90
    presence_grace_s: float = 10
    outbox_max_bytes: int = 1_048_576
    messages_per_s: float = 20
    message_burst: float = 40
    refused_before_close: int = 100
    logins_per_min: float = 60
    failed_logins_per_min: float = 10
    access_token_ttl_s: int = 3600

    @staticmethod
    def read(raw: dict[str, Any] | None) -> Limits:
        """Return what `x-limits` says; members that nobody knows are left aside."""
        given = raw if isinstance(raw, dict) else {}
        return Limits(**{attribute: given[name] for name, attribute in LIMITS.items() if _is_limit(given.get(name))})


LIMITS = {re.sub(r"_(.)", lambda letter: letter[1].upper(), name): name for name in Limits.__slots__}
"""Attributes of `Limits` by their names in `x-limits`."""


def _is_limit(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and value >= 0


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One entry of `x-error-catalogue`."""

    code: str
    status: int | None
    close_code: int | None
    socket: str
    retryable: bool
    note: str = ""


@dataclass(frozen=True)
class SocketContract:
    """The WebSocket half of a server's contract."""

    document: Document = field(repr=False)
    channel: str
    address: str
    query: Any
    messages: dict[str, Message]
    operations: dict[str, Operation]
    close_codes: dict[int, CloseCode]
    invalid: InvalidFrames | None
    limits: Limits
    errors: dict[str, ErrorCode]
    compile: Compile = field(repr=False)
    tag: str | None = None
    """Pointer of the member whose constant tells frames apart, `/type`; None when there is none."""

    @cached_property
    def _sent_by(self) -> dict[str, dict[str, Message]]:
        return {who: {each.name: each for each in frames_sent_by(self.operations, who)} for who in (CLIENT, SERVER)}

    def sent_by(self, who: str) -> dict[str, Message]:
        """Return the frames of `client` or `server`, by name."""
        return self._sent_by[who]

    def operation_of(self, name: str) -> Operation | None:
        """Return the client's operation whose frame has this name."""
        for operation in self.operations.values():
            if operation.sender == CLIENT and any(message.name == name for message in operation.messages):
                return operation
        return None

    def judge(self, frame: Any, who: str = SERVER) -> tuple[Message | None, list[Problem]]:
        """Say which declared frame of `who` this is, and what of it does not hold; (None, []) when it is none."""
        candidates = self.sent_by(who)
        if self.tag is not None:
            name = value_at(frame, self.tag)
            message = candidates.get(name) if isinstance(name, str) else None
            return (None, []) if message is None else (message, message.schema.problems(frame))
        for message in candidates.values():
            if message.schema.accepts(frame):
                return message, []
        return None, []


def value_at(value: Any, pointer: str) -> Any:
    """Return what stands at an RFC 6901 pointer in a value, `ABSENT` when nothing does."""
    for part in pointer.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        try:
            value = value[int(part)] if isinstance(value, list) else value[part]
        except (KeyError, IndexError, ValueError, TypeError):
            return ABSENT
    return value


def frames_sent_by(operations: dict[str, Operation], who: str) -> list[Message]:
    """Return the frames of one side: those of its own operations, then its replies to the other's."""
    own = [message for each in operations.values() if each.sender == who for message in each.messages]
    return own + [message for each in operations.values() if each.sender != who for message in each.replies or ()]
