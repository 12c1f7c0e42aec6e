"""Reads the operations of both documents and writes `operations.py`, the tables that dispatch is built from.

The AsyncAPI document is read with asyncapi-python (0.3.1), into its typed document model. Its parser gives
every operation and every reply all messages of their channel; `_narrowed` puts that right from the document.
"""

import json
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from asyncapi_python.kernel.document import Message, Operation
from asyncapi_python_codegen.parser import extract_all_operations

from gochat.codegen.documents import JsonObject
from gochat.codegen.names import snake_case
from gochat.codegen.shapes import http_operations, request_schema_name, resolve_local, schema_name
from gochat.codegen.spec_error import SpecError

_DEFINITIONS = '''
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class HttpOperation:
    """An operation of openapi.yaml. Its handler is `handlers.http.<tag>.<function>`."""

    operation_id: str
    method: str  # upper case
    path: str  # below BASE_PATH, with {parameters}
    tag: str
    function: str
    secured: bool  # needs a bearer token
    request_type: str | None  # the Struct of `generated.requests` for the body; None: no body
    body_required: bool


@dataclass(frozen=True)
class WsOperation:
    """An operation of asyncapi.yaml. The handler of a `receive` is `handlers.ws.<tag>.<function>`."""

    key: str
    action: Literal["receive", "send"]  # as the server sees it
    wire_type: str  # the frame's `type`
    tag: str
    function: str
    frame_type: str  # the Struct in `generated.client_frames` (receive) or `generated.server_frames` (send)
    reply_types: tuple[str, ...]  # wire types of the frames that may answer it
'''


@dataclass(frozen=True)
class WsOperation:
    """One operation of the AsyncAPI document with the one message it carries."""

    key: str
    action: str
    wire_type: str
    tag: str
    frame_type: str
    reply_types: tuple[str, ...]


def read_ws_operations(asyncapi: JsonObject, channel: str = "ws") -> list[WsOperation]:
    """Returns the operations on a channel of a bundled AsyncAPI document, in its order.

    SpecError: one with other than exactly one message and one tag, or two that carry the same message.
    """
    # A new directory each time: the parser keeps every file it has read by its path, for ever.
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "asyncapi.json"
        path.write_text(json.dumps(asyncapi), encoding="utf-8")  # JSON is YAML, and quicker to parse
        try:
            parsed: dict[str, Operation] = extract_all_operations(path, validate=False)
        except (RuntimeError, ValueError) as error:
            raise SpecError(f"asyncapi.yaml: {error}") from error
    operations = [
        _ws_operation(_narrowed(operation, asyncapi))
        for operation in parsed.values()
        if asyncapi["operations"][operation.key]["channel"]["$ref"] == f"#/channels/{channel}"
    ]
    _check_carried_once(operations)
    return operations


def _narrowed(operation: Operation, asyncapi: JsonObject) -> Operation:
    """Returns the operation with the messages that the document gives it and its reply."""
    stated = asyncapi["operations"][operation.key]
    reply = operation.reply
    if reply is not None:
        stated_reply = resolve_local(asyncapi, stated["reply"])
        reply = replace(reply, messages=_chosen(reply.channel.messages, stated_reply))
    return replace(operation, messages=_chosen(operation.channel.messages, stated), reply=reply)


def _chosen(channel_messages: dict[str, Message], stated: JsonObject) -> list[Message]:
    if "messages" not in stated:  # AsyncAPI 3.0, Operation Object: none stated means all of the channel
        return list(channel_messages.values())
    return [channel_messages[reference["$ref"].rsplit("/", 1)[1]] for reference in stated["messages"]]


def _ws_operation(operation: Operation) -> WsOperation:
    where = f"asyncapi.yaml#/operations/{operation.key}"
    if len(operation.messages) != 1 or len(operation.tags) != 1:
        raise SpecError(f"{where}: must have exactly one message and exactly one tag")
    message = operation.messages[0]
    return WsOperation(
        key=operation.key,
        action=operation.action,
        wire_type=_wire_type(message),
        tag=operation.tags[0].name,
        frame_type=schema_name(message.payload, where),
        reply_types=tuple(_wire_type(answer) for answer in operation.reply.messages) if operation.reply else (),
    )


def _wire_type(message: Message) -> str:
    # The parser fills the name in from the message's key where the document has none.
    if not message.name:
        raise SpecError("asyncapi.yaml: a message has no name")
    return message.name


def _check_carried_once(operations: Iterable[WsOperation]) -> None:
    carriers: dict[tuple[str, str], str] = {}
    for operation in operations:
        first = carriers.setdefault((operation.action, operation.wire_type), operation.key)
        if first != operation.key:
            raise SpecError(
                f"asyncapi.yaml: {first} and {operation.key} both {operation.action} {operation.wire_type!r}"
            )


def render_operations(openapi: JsonObject, ws_operations: Iterable[WsOperation], head: str) -> str:
    """Returns the module `operations.py`."""
    http_rows = [_http_row(openapi, *parts) for parts in http_operations(openapi)]
    ws_rows = [_ws_row(operation) for operation in ws_operations]
    base_path = openapi.get("servers", [{"url": ""}])[0]["url"].rstrip("/")
    return (
        head.rstrip("\n") + "\n" + _DEFINITIONS + f"\n\nBASE_PATH = {_literal(base_path)}\n"
        "\nHTTP_OPERATIONS: tuple[HttpOperation, ...] = (\n" + "".join(http_rows) + ")\n"
        "\nWS_OPERATIONS: tuple[WsOperation, ...] = (\n" + "".join(ws_rows) + ")\n"
    )


def _http_row(openapi: JsonObject, path: str, method: str, operation: JsonObject) -> str:
    tags = operation.get("tags", [])
    if "operationId" not in operation or len(tags) != 1:
        raise SpecError(f"openapi.yaml {method} {path}: must have an operationId and exactly one tag")
    body = resolve_local(openapi, operation.get("requestBody")) or {}
    security = operation["security"] if "security" in operation else openapi.get("security", [])
    return _row(
        "HttpOperation",
        operation_id=operation["operationId"],
        method=method.upper(),
        path=path,
        tag=tags[0],
        function=snake_case(operation["operationId"]),
        secured=bool(security) and {} not in security,  # an empty requirement among them lets anybody in
        request_type=request_schema_name(openapi, operation),
        body_required=bool(body.get("required", False)),
    )


def _ws_row(operation: WsOperation) -> str:
    return _row(
        "WsOperation",
        key=operation.key,
        action=operation.action,
        wire_type=operation.wire_type,
        tag=operation.tag,
        function=snake_case(operation.key),
        frame_type=operation.frame_type,
        reply_types=operation.reply_types,
    )


def _row(kind: str, **facts: Any) -> str:
    return f"    {kind}(\n" + "".join(f"        {key}={_literal(fact)},\n" for key, fact in facts.items()) + "    ),\n"


def _literal(value: Any) -> str:
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_literal, value)) + ("," if len(value) == 1 else "") + ")"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)
