"""Reads the WebSocket channel of any AsyncAPI 3 document: references followed, traits merged, names found.

It is the one with a `ws` binding, or the only one there is. Comes after `load`, once a run, and gives
`socket.SocketContract`; a document that can't be read ends here. Knows no chat.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from conformance.contract.judge import ABSENT, Compile, compiler
from conformance.contract.load import ContractUnreadable, Document, escaped, followed, reference, resolve
from conformance.contract.socket import (
    CLIENT,
    SERVER,
    TAGS,
    CloseCode,
    ErrorCode,
    InvalidFrames,
    Limits,
    Message,
    Operation,
    SocketContract,
    frames_sent_by,
)


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
    sides = [frames_sent_by(operations, who) for who in (CLIENT, SERVER)]
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


def _constant_name(document: Document, payload: Any) -> str | None:
    for member in TAGS:
        value = constant(document, payload, member)
        if isinstance(value, str):
            return value
    return None


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
