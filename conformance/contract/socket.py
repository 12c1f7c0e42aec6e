"""The AsyncAPI document as typed data: one WebSocket channel, its operations, frames, close codes and limits.

Built once a run from any AsyncAPI 3 document with a channel that has a `ws` binding (or is the only one). The server's
side: `action: receive` is what a client sends. Knows no chat.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from conformance.contract.judge import ABSENT as ABSENT
from conformance.contract.judge import Compile, Problem, Schema, compiler
from conformance.contract.load import ContractUnreadable, Document, escaped, followed, reference, resolve

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
        return {who: {each.name: each for each in _sent(self.operations, who)} for who in (CLIENT, SERVER)}

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
    operations = _operations(document, key, messages)
    sides = [_sent(operations, who) for who in (CLIENT, SERVER)]
    tag = _tag(document, sides)
    names = {name: constant(document, m.payload, tag[1:]) for name, m in messages.items()} if tag else {}
    messages = {name: replace(m, name=names.get(name) or m.name) for name, m in messages.items()}
    operations = _operations(document, key, messages)
    return SocketContract(
        document=document,
        channel=key,
        address=str(channel.get("address") or "/"),
        query=((channel.get("bindings") or {}).get("ws") or {}).get("query"),
        messages=messages,
        operations=operations,
        close_codes=_close_codes(channel.get("x-close-codes") or ()),
        invalid=_invalid_frames(channel.get("x-invalid-frames"), messages),
        limits=Limits.read(document.get("x-limits")),
        errors=error_catalogue(document),
        compile=compile_schema,
        tag=tag,
    )


def error_catalogue(document: Document) -> dict[str, ErrorCode]:
    """Return `x-error-catalogue` of either contract by code; empty without one."""
    entries, _ = followed(document, document.get("x-error-catalogue") or [])
    try:
        return {
            each["code"]: ErrorCode(
                each["code"],
                each.get("status"),
                each.get("closeCode"),
                str(each.get("socket", "none")),
                bool(each.get("retryable")),
                str(each.get("note", "")),
            )
            for each in entries
        }
    except (AttributeError, KeyError, TypeError) as error:
        raise ContractUnreadable("x-error-catalogue is not a list of objects with a `code`") from error


def _close_codes(entries: Any) -> dict[int, CloseCode]:
    try:
        return {
            int(each["code"]): CloseCode(int(each["code"]), str(each.get("name", "")), bool(each.get("reconnect")))
            for each in entries
        }
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise ContractUnreadable("x-close-codes is not a list of objects with a number as `code`") from error


def _channel(document: Document) -> tuple[str, Any]:
    channels = {key: followed(document, raw)[0] for key, raw in (document.get("channels") or {}).items()}
    bound = [key for key, channel in channels.items() if "ws" in (channel.get("bindings") or {})]
    keys = bound or (list(channels) if len(channels) == 1 else [])
    if len(keys) != 1:
        raise ContractUnreadable(f"the asyncapi document has {len(bound)} channels with a ws binding; one is needed")
    return keys[0], channels[keys[0]]


def _message(document: Document, key: str, pointer: str, raw: Any, compile_schema: Compile) -> Message:
    message, target = followed(document, raw)
    for trait in reversed(message.get("traits") or ()):  # the message's own members go first, then later traits
        message = {**followed(document, trait)[0], **message}
    payload = message.get("payload", True)
    if isinstance(payload, dict) and "schemaFormat" in payload:
        # Avro, Protobuf and the like are not judged.
        payload = payload.get("schema", True) if is_json_schema(str(payload["schemaFormat"])) else True
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


def is_json_schema(schema_format: str) -> bool:
    """Say whether a `schemaFormat` is JSON Schema, as AsyncAPI 3, section Multi Format Schema Object, names it."""
    return schema_format.startswith(("application/vnd.aai.asyncapi", "application/schema+"))


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


def _sent(operations: dict[str, Operation], who: str) -> list[Message]:
    own = [message for each in operations.values() if each.sender == who for message in each.messages]
    return own + [message for each in operations.values() if each.sender != who for message in each.replies or ()]


def _tag(document: Document, sides: list[list[Message]]) -> str | None:
    """Return the pointer of the member by which the frames of each side are told apart, None when there is none."""
    for member in TAGS:
        told = [{each.key: constant(document, each.payload, member) for each in side} for side in sides]
        if any(told) and all(
            all(isinstance(value, str) for value in values.values()) and len(set(values.values())) == len(values)
            for values in told
        ):
            return f"/{member}"
    return None


def _pointers(document: Document, channel: str, key: str) -> Iterator[str]:
    """Yield every pointer by which an operation may refer to a message of its channel."""
    yield reference("channels", channel, "messages", key)
    raw: Any = document["channels"][channel]
    raw, _ = followed(document, raw)
    raw = raw["messages"][key]
    while isinstance(raw, dict) and isinstance(raw.get("$ref"), str):
        yield raw["$ref"]
        raw = resolve(document, raw["$ref"])


def _operations(document: Document, channel: str, messages: dict[str, Message]) -> dict[str, Operation]:
    by_pointer = {pointer: m for m in messages.values() for pointer in _pointers(document, channel, m.key)}
    own = {reference("channels", channel)}
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

    operations = {}
    for key, raw in (document.get("operations") or {}).items():
        operation, _ = followed(document, raw)
        if (operation.get("channel") or {}).get("$ref") not in own:
            continue
        pointer = f"#/operations/{escaped(key)}"
        reply = operation.get("reply")
        if reply is not None:
            reply, _ = followed(document, reply)
            if "channel" in reply and reply["channel"].get("$ref") not in own:
                reply = None  # comes elsewhere
        sender = CLIENT if operation.get("action") == "receive" else SERVER
        replies = None if reply is None else chosen(reply, f"{pointer}/reply")
        operations[key] = Operation(key, sender, pointer, chosen(operation, pointer), replies)
    return operations


def _invalid_frames(raw: Any, messages: dict[str, Message]) -> InvalidFrames | None:
    if not raw:
        return None
    try:
        message = messages.get(raw["reply"])
        if message is None:
            raise ContractUnreadable(f"x-invalid-frames names a message that the channel has not: {raw['reply']}")
        code = raw.get("code")
        exceptions = {(each["pointer"], each["rule"]): each["value"] for each in raw.get("exceptions") or ()}
        return InvalidFrames(message, (code["pointer"], code["value"]) if code else None, raw.get("errors"), exceptions)
    except (AttributeError, KeyError, TypeError) as error:
        raise ContractUnreadable("x-invalid-frames is not as GoChat documents it") from error
