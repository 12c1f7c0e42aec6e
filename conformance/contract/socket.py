"""The AsyncAPI document as typed data: one WebSocket channel, its operations, frames, close codes and limits.

Built once a run from any AsyncAPI 3 document with a channel that has a `ws` binding (or is the only one). The server's
side: `action: receive` is what a client sends. Knows no chat.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from conformance.contract.judge import Compile, Problem, Schema, compiler
from conformance.contract.load import ContractUnreadable, Document, escaped, followed, resolve

CLIENT, SERVER = "client", "server"
"""Who sends a frame."""


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
    """

    message: Message
    code: tuple[str, Any] | None
    errors: str | None


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
        snake = {
            re.sub(r"[A-Z]", lambda upper: "_" + upper[0].lower(), name): value for name, value in (raw or {}).items()
        }
        return Limits(**{name: value for name, value in snake.items() if name in Limits.__slots__})


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """One entry of `x-error-catalogue`."""

    code: str
    status: int | None
    close_code: int | None
    socket: str
    retryable: bool


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

    def sent_by(self, who: str) -> dict[str, Message]:
        """Return the frames of `client` or `server`, by name."""
        return {m.name: m for o in self.operations.values() if o.sender == who for m in o.messages} | {
            m.name: m for o in self.operations.values() if o.sender != who for m in o.replies or ()
        }

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


class _Absent:
    def __repr__(self) -> str:
        return "nothing"


ABSENT = _Absent()


def read_socket_contract(document: Document) -> SocketContract:
    """Return the WebSocket channel of an AsyncAPI 3 document.

    Raises:
        ContractUnreadable: It has no such channel, or refers to what is not there.
    """
    compile_schema = compiler(document)
    key, channel = _channel(document)
    messages = {
        name: _message(document, name, f"#/channels/{escaped(key)}/messages/{escaped(name)}", raw, compile_schema)
        for name, raw in (channel.get("messages") or {}).items()
    }
    by_pointer = {pointer: m for m in messages.values() for pointer in _pointers(document, key, m.key)}
    operations = dict(_operations(document, key, messages, by_pointer))
    return SocketContract(
        document=document,
        channel=key,
        address=str(channel.get("address") or "/"),
        query=((channel.get("bindings") or {}).get("ws") or {}).get("query"),
        messages=messages,
        operations=operations,
        close_codes={
            int(each["code"]): CloseCode(int(each["code"]), str(each.get("name", "")), bool(each.get("reconnect")))
            for each in channel.get("x-close-codes") or ()
        },
        invalid=_invalid_frames(channel.get("x-invalid-frames"), messages),
        limits=Limits.read(document.get("x-limits")),
        errors=error_catalogue(document),
        compile=compile_schema,
        tag=_tag(document, messages),
    )


def error_catalogue(document: Document) -> dict[str, ErrorCode]:
    """Return `x-error-catalogue` of either contract by code; empty without one."""
    entries, _ = followed(document, document.get("x-error-catalogue") or [])
    return {
        each["code"]: ErrorCode(
            each["code"],
            each.get("status"),
            each.get("closeCode"),
            str(each.get("socket", "none")),
            bool(each.get("retryable")),
        )
        for each in entries
    }


def _channel(document: Document) -> tuple[str, Any]:
    channels = {key: followed(document, raw)[0] for key, raw in (document.get("channels") or {}).items()}
    bound = [key for key, channel in channels.items() if "ws" in (channel.get("bindings") or {})]
    keys = bound or (list(channels) if len(channels) == 1 else [])
    if len(keys) != 1:
        raise ContractUnreadable(f"the asyncapi document has {len(bound)} channels with a ws binding; one is needed")
    return keys[0], channels[keys[0]]


def _message(document: Document, key: str, pointer: str, raw: Any, compile_schema: Compile) -> Message:
    message, target = followed(document, raw)
    payload = message.get("payload", True)
    if isinstance(payload, dict) and "schemaFormat" in payload:
        payload = payload.get("schema", True)
    correlation, _ = followed(document, message.get("correlationId") or {})
    location = str(correlation.get("location", ""))
    prefix = "$message.payload#"
    return Message(
        key=key,
        name=_constant_name(document, payload) or str(message.get("name") or key),
        pointer=target or pointer,
        payload=payload,
        schema=compile_schema(payload),
        correlation=location.removeprefix(prefix) if location.startswith(prefix) else None,
    )


def constant(document: Document, payload: Any, member: str) -> Any:
    """Return the one value that a member may have, by const or a one-value enum; ABSENT when it is free."""
    schema, _ = followed(document, payload)
    if not isinstance(schema, dict):
        return ABSENT
    for part in (schema, *(followed(document, each)[0] for each in schema.get("allOf") or ())):
        if not isinstance(part, dict) or member not in (part.get("properties") or {}):
            continue
        of_member, _ = followed(document, part["properties"][member])
        if isinstance(of_member, dict) and "const" in of_member:
            return of_member["const"]
        if isinstance(of_member, dict) and len(of_member.get("enum") or ()) == 1:
            return of_member["enum"][0]
    return ABSENT


TAGS = ("type", "event", "action", "op", "kind", "method", "cmd", "command", "t")
"""Members by which protocols tell their frames apart, in the order in which they are tried."""


def _constant_name(document: Document, payload: Any) -> str | None:
    for member in TAGS:
        value = constant(document, payload, member)
        if isinstance(value, str):
            return value
    return None


def _tag(document: Document, messages: dict[str, Message]) -> str | None:
    for member in TAGS:
        values = [constant(document, message.payload, member) for message in messages.values()]
        if messages and all(isinstance(value, str) for value in values) and len(set(values)) == len(values):
            return f"/{member}"
    return None


def _pointers(document: Document, channel: str, key: str) -> Iterator[str]:
    """Yield every pointer by which an operation may refer to a message of its channel."""
    pointer = f"#/channels/{escaped(channel)}/messages/{escaped(key)}"
    yield pointer
    raw: Any = document["channels"][channel]
    raw, _ = followed(document, raw)
    raw = raw["messages"][key]
    while isinstance(raw, dict) and isinstance(raw.get("$ref"), str):
        yield raw["$ref"]
        raw = resolve(document, raw["$ref"])


def _operations(
    document: Document, channel: str, messages: dict[str, Message], by_pointer: dict[str, Message]
) -> Iterator[tuple[str, Operation]]:
    own = {f"#/channels/{escaped(channel)}"}
    raw_channel = document["channels"][channel]
    if isinstance(raw_channel, dict) and "$ref" in raw_channel:
        own.add(raw_channel["$ref"])

    def chosen(holder: Any, where: str) -> tuple[Message, ...]:
        refs = holder.get("messages")
        if refs is None:
            return tuple(messages.values())
        unknown = [each for each in refs if each.get("$ref") not in by_pointer]
        if unknown:
            raise ContractUnreadable(f"{where} names a message that its channel has not: {unknown[0]}")
        return tuple(by_pointer[each["$ref"]] for each in refs)

    for key, raw in (document.get("operations") or {}).items():
        operation, _ = followed(document, raw)
        if (operation.get("channel") or {}).get("$ref") not in own:
            continue
        pointer = f"#/operations/{escaped(key)}"
        reply = operation.get("reply")
        if reply is not None:
            reply, _ = followed(document, reply)
        sender = CLIENT if operation.get("action") == "receive" else SERVER
        yield (
            key,
            Operation(
                key,
                sender,
                pointer,
                chosen(operation, pointer),
                None if reply is None else chosen(reply, f"{pointer}/reply"),
            ),
        )


def _invalid_frames(raw: Any, messages: dict[str, Message]) -> InvalidFrames | None:
    if not raw:
        return None
    message = messages.get(raw.get("reply"))
    if message is None:
        raise ContractUnreadable(f"x-invalid-frames names a message that the channel has not: {raw.get('reply')}")
    code = raw.get("code")
    return InvalidFrames(message, (code["pointer"], code["value"]) if code else None, raw.get("errors"))
