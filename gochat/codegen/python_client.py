"""Writes the Python client: the modules that come from the contract, beside the hand-written ones of the template.

Types are written as the server's are; what is written here are the calls, the frames and the tables, for both faces.
Python only: needs no other tool.
"""

from __future__ import annotations

import json
import keyword
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

from gochat.codegen.bundle import SCHEMA_POINTER
from gochat.codegen.client_facts import ClientCall, ClientFacts, HttpCall, QueryParameter
from gochat.codegen.documents import JsonObject
from gochat.codegen.names import snake_case
from gochat.codegen.shapes import Shapes, frame_shapes, request_shapes, response_shapes
from gochat.codegen.spec_error import SpecError
from gochat.codegen.structs import render_structs

TEMPLATE_DIR = Path(__file__).resolve().parent / "templates" / "python"
PACKAGE = "gochat_client"
_MARK = "Written by `gochat generate`: change the spec, not this file."
_EVENTS = "    # <events>\n"
_FRAMES = "    # <frames>\n"
_VERSION = "0.0.0"
_WIDTH = 120

# What the runtime relies on: without it there is no session and no timeline.
_REFRESH = "refreshSession"
_PUSH = "NewMessageData"
_MESSAGE = "ChatMessage"
_MESSAGE_CORE = ("id", "conversationId", "sender", "content", "messageType", "seqId", "createdAt")

# The events that are no frames: name -> (what a listener gets, what it says).
_OWN_EVENTS = {
    "message": (
        f"server_frames.{_MESSAGE}",
        "Every message of every conversation, one's own too: once, in order of seq_id, with what was missed.",
    ),
    "synced": (None, "Everything that was missed before this connection has been delivered."),
    "state": ("SocketState", "How it stands with the connection."),
    "frame": ("server_frames.ServerFrame", "Every frame that the contract declares."),
}


def render_python(openapi: JsonObject, asyncapi: JsonObject, facts: ClientFacts) -> dict[str, bytes]:
    """Returns the files of the Python package, by their path in it.

    SpecError: the contract lacks what the client's runtime is made for, or has what it cannot be written for.
    """
    _check(asyncapi, facts)
    files = {
        path.relative_to(TEMPLATE_DIR).as_posix(): path.read_text(encoding="utf-8")
        for path in sorted(TEMPLATE_DIR.rglob("*"))
        if path.is_file() and path.suffix != ".pyc"
    }
    files["README.md"] = files["README.md"].replace("{version}", facts.version)
    files["pyproject.toml"] = _filled(files["pyproject.toml"], "pyproject.toml", _VERSION, facts.version)
    sockets = {
        "socket.py": (_async_event(), [_async_frame(asyncapi, facts, call) for call in facts.client_calls]),
        "sync_socket.py": (_sync_event(), [_sync_frame(asyncapi, facts, call) for call in facts.client_calls]),
    }
    for name, (adding, frames) in sockets.items():
        path = f"{PACKAGE}/{name}"
        text = _filled(files[path], path, _EVENTS, _events(facts) + adding)
        files[path] = _filled(text, path, _FRAMES, "\n".join(frames))
    modules = {
        "http_types.py": render_structs(_http_shapes(openapi), _head("What the calls of the HTTP API carry.")),
        "client_frames.py": render_structs(_client_shapes(asyncapi, facts), _head("The frames that a client sends.")),
        "server_frames.py": render_structs(_server_shapes(asyncapi, facts), _head("The frames that the server sends.")),
        "catalogue.py": _catalogue(facts),
        "api.py": _async_api(facts),
        "sync_api.py": _sync_api(facts),
    }
    files |= {f"{PACKAGE}/{name}": text for name, text in modules.items()}
    return {name: text.encode() for name, text in sorted(files.items())}


def _check(asyncapi: JsonObject, facts: ClientFacts) -> None:
    schemas = asyncapi["components"]["schemas"]
    if _PUSH not in schemas or all(call.operation_id != _REFRESH for call in facts.http_calls):
        raise SpecError(f"the Python client needs the schema {_PUSH} and the operation {_REFRESH}")
    if _MESSAGE in schemas:
        raise SpecError(f"the schema {_MESSAGE} must have another name: the clients' own message is called so")
    for frame in facts.server_frames:
        if frame.frame in _OWN_EVENTS:
            raise SpecError(f"the frame {frame.frame!r} must have another name: the clients have an event of that name")


def _filled(text: str, path: str, mark: str, content: str) -> str:
    if mark not in text:
        raise SpecError(f"templates/python/{path} has lost its line {mark.strip()!r}")
    return text.replace(mark, content)


def _head(title: str) -> str:
    return f'"""{title}\n\n{_MARK}\n"""\n'


# The types.


def _http_shapes(openapi: JsonObject) -> Shapes:
    sent, received = request_shapes(openapi), response_shapes(openapi)
    schemas = {**sent.schemas, **received.schemas}
    return Shapes(
        schemas={name: schemas[name] for name in openapi["components"]["schemas"] if name in schemas},
        closed=sent.closed | received.closed,
        min_properties={**sent.min_properties, **received.min_properties},
    )


def _client_shapes(asyncapi: JsonObject, facts: ClientFacts) -> Shapes:
    return frame_shapes(asyncapi, {call.frame: call.frame_schema for call in facts.client_calls}, "ClientFrame")


def _server_shapes(asyncapi: JsonObject, facts: ClientFacts) -> Shapes:
    """Returns the shapes of the server's frames, and that of a message from wherever it came.

    Such a message is a push, but what a push has beyond the core need not be known where it came in another way.
    """
    shapes = frame_shapes(asyncapi, {frame.frame: frame.frame_schema for frame in facts.server_frames}, "ServerFrame")
    push = shapes.schemas[_PUSH]
    own_id = {"$ref": SCHEMA_POINTER + "ClientMsgId"} if "ClientMsgId" in shapes.schemas else {"type": "string"}
    message = {
        "type": "object",
        "description": "A message, from wherever it came: a push, the history, or the answer to one's own send.",
        "required": [name for name in push.get("required", []) if name in _MESSAGE_CORE],
        "properties": {**push["properties"], "clientMsgId": own_id},
    }
    return replace(shapes, schemas={**shapes.schemas, _MESSAGE: message})


# The HTTP API.


def _async_api(facts: ClientFacts) -> str:
    methods = "\n".join(_async_method(call) for call in facts.http_calls)
    return f'''"""A method for each operation of the HTTP API. {_MARK}"""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import quote

from . import http_types
from .session import Session


class AsyncGoChatApi:
    """Each method returns the `data` of the answer.

    It raises GoChatError when the server refuses, and ConnectionLost when there is no answer.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

{methods}'''


def _sync_api(facts: ClientFacts) -> str:
    methods = "\n".join(_sync_method(call) for call in facts.http_calls)
    return f'''"""A method for each operation of the HTTP API, for code without asyncio. {_MARK}"""

from __future__ import annotations

from typing import Any, Literal

from . import http_types
from .api import AsyncGoChatApi
from .loop_thread import LoopThread


class GoChatApi:
    """Each method waits for the answer and returns its `data`.

    It raises GoChatError when the server refuses, and ConnectionLost when there is no answer.
    """

    def __init__(self, api: AsyncGoChatApi, loop: LoopThread) -> None:
        self._api = api
        self._loop = loop

{methods}'''


def _async_method(call: HttpCall) -> str:
    path = call.path
    for name in call.path_parameters:
        path = path.replace(f"{{{name}}}", f"{{quote({_name(name)}, safe='')}}")
    arguments = [
        _literal(call.method),
        f'f"{path}"' if call.path_parameters else _literal(path),
        f"http_types.{call.data}",
    ]
    if call.query:
        arguments.append("query={" + ", ".join(f"{_literal(p.name)}: {_name(p.name)}" for p in call.query) + "}")
    if call.body is not None:
        arguments.append("body=body" if call.is_body_required else "body={} if body is None else body")
    if call.is_open:
        arguments.append("is_open=True")
    return (
        f"    async def {_name(call.operation_id)}({', '.join(_http_parameters(call))}) -> http_types.{call.data}:\n"
        f"{_docstring(_http_doc(call), 8)}"
        f"        return await self._session.call({', '.join(arguments)})\n"
    )


def _sync_method(call: HttpCall) -> str:
    given = [_name(name) for name in call.path_parameters]
    given += ["body"] if call.body is not None else []
    given += [f"{_name(p.name)}={_name(p.name)}" for p in call.query]
    name = _name(call.operation_id)
    return (
        f"    def {name}({', '.join(_http_parameters(call))}) -> http_types.{call.data}:\n"
        f"{_docstring(_http_doc(call), 8)}"
        f"        return self._loop.wait_for(self._api.{name}({', '.join(given)}))\n"
    )


def _http_parameters(call: HttpCall) -> list[str]:
    parameters = ["self", *(f"{_name(name)}: str" for name in call.path_parameters)]
    if call.body is not None:
        optional = "" if call.is_body_required else " | None = None"
        parameters.append(f"body: http_types.{call.body}{optional}")
    if call.query:
        parameters.append("*")
        parameters += [_query_parameter(parameter) for parameter in call.query]
    return parameters


def _query_parameter(parameter: QueryParameter) -> str:
    return _parameter(_name(parameter.name), _annotation(parameter.schema, ""), parameter.required)


def _parameter(name: str, kind: str, is_required: bool) -> str:
    return f"{name}: {kind}" if is_required else f"{name}: {kind} | None = None"


def _http_doc(call: HttpCall) -> str:
    notes = [
        f"{_name(p.name)}: {' '.join(p.description.split())}" for p in call.query if p.description
    ]  # a line each, as a parameter's text is short
    return "\n\n".join(part for part in (call.doc, "\n".join(notes)) if part)


# The socket.


def _events(facts: ClientFacts) -> str:
    rows = [(name, kind, text) for name, (kind, text) in _OWN_EVENTS.items()]
    rows += [(f.frame, f.data and f"server_frames.{f.data}", f.doc) for f in facts.server_frames]
    return "".join(
        "    @overload\n"
        f"    def on(self, event: Literal[{_literal(name)}], listener: Callable[[{kind or ''}], object]) "
        "-> Callable[[], None]:\n"
        f"{_docstring(text, 8)}\n"
        for name, kind, text in rows
    )


def _async_event() -> str:
    return _event("return self._emitter.add(event, listener)")


def _sync_event() -> str:
    return _event("off = self._loop.do(lambda: self._socket.on(event, listener))", "return lambda: self._loop.do(off)")


def _event(*lines: str) -> str:
    # The overloads have checked name and listener together; here they are apart.
    text = "Calls `listener` at each such event, until the function that is returned is called."
    return (
        "    def on(self, event: Any, listener: Callable[..., object]) -> Callable[[], None]:\n"
        + _docstring(text, 8)
        + "".join(f"        {line}\n" for line in lines)
    )


def _async_frame(asyncapi: JsonObject, facts: ClientFacts, call: ClientCall) -> str:
    data = _frame_properties(asyncapi, call)
    result = _result(facts, call)
    given = "None" if call.data is None or (not data and not call.is_data_required) else "data"
    lines = []
    if given == "data":
        pairs = ", ".join(f"{_literal(wire)}: {name}" for wire, name, _, _ in data)
        lines.append(f"data: Data = {{{pairs}}}")
        if any(not is_required for _, _, _, is_required in data):
            lines.append("data = {name: value for name, value in data.items() if value is not None}")
    wire_type = _literal(call.frame)
    if call.answer is None:
        lines.append(f"self._post({wire_type}, {given})")
    else:
        verb = "_ask" if call.correlation is None else "_request"
        kind = "type(None)" if result == "None" else result
        returned = "" if result == "None" else "return "
        lines.append(f"{returned}await self.{verb}({wire_type}, {given}, {kind})")
    return (
        f"    async def {_name(call.name)}({_frame_parameters(data)}) -> {result}:\n"
        f"{_docstring(call.doc, 8)}" + "".join(f"        {line}\n" for line in lines)
    )


def _sync_frame(asyncapi: JsonObject, facts: ClientFacts, call: ClientCall) -> str:
    data = _frame_properties(asyncapi, call)
    name, result = _name(call.name), _result(facts, call)
    given = ", ".join(f"{argument}={argument}" for _, argument, _, _ in data)
    returned = "" if result == "None" else "return "
    return (
        f"    def {name}({_frame_parameters(data)}) -> {result}:\n"
        f"{_docstring(call.doc, 8)}"
        f"        {returned}self._loop.wait_for(self._socket.{name}({given}))\n"
    )


def _result(facts: ClientFacts, call: ClientCall) -> str:
    data = next((frame.data for frame in facts.server_frames if frame.frame == call.answer), None)
    return "None" if data is None else f"server_frames.{data}"


_Property = tuple[str, str, str, bool]  # name on the wire, name here, type, whether it must be given


def _frame_properties(asyncapi: JsonObject, call: ClientCall) -> list[_Property]:
    if call.data is None:
        return []
    schema = asyncapi["components"]["schemas"][call.data]
    required = set(schema.get("required", [])) if call.is_data_required else set()
    made = (call.correlation or "").removeprefix("/data/")  # an id that is not given is made
    rows = [
        (wire, _name(wire), _annotation(part, "client_frames."), wire in required and wire != made)
        for wire, part in schema.get("properties", {}).items()
    ]
    return sorted(rows, key=lambda row: not row[3])


def _frame_parameters(data: Iterable[_Property]) -> str:
    rows = [_parameter(name, kind, is_required) for _, name, kind, is_required in data]
    return ", ".join(["self", *(["*", *rows] if rows else [])])


# The tables.


def _catalogue(facts: ClientFacts) -> str:
    codes = ", ".join(_literal(e["code"]) for e in facts.errors)
    refresh = next(call.path for call in facts.http_calls if call.operation_id == _REFRESH)
    errors = [
        (e["code"], {"status": e.get("status"), "retryable": e["retryable"], "en": e["en"], "zh": e["zh"]})
        for e in facts.errors
    ]
    closes = [(c["code"], {k: c[k] for k in ("name", "meaning", "reconnect", "hint")}) for c in facts.close_codes]
    client = [(c.frame, {"correlation": c.correlation, "replies": c.replies}) for c in facts.client_calls]
    server = "".join(
        f"    {_literal(f.frame)}: ServerFrameRule(frame=server_frames.{f.frame_schema}, "
        f"correlation={_literal(f.correlation)}),\n"
        for f in facts.server_frames
    )
    limits = "".join(
        f"    {_name(name)}: {type(value).__name__} = {_literal(value)}\n" for name, value in facts.limits.items()
    )
    return f'''"""The tables of the contract: errors, close codes, limits, frames. {_MARK}"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from . import server_frames

VERSION = {_literal(facts.version)}
"""The version of the contract, and of this package."""
BASE_PATH = {_literal(facts.base_path)}
SOCKET_PATH = {_literal(facts.socket_path)}
REFRESH_PATH = {_literal(refresh)}

ErrorCode: TypeAlias = Literal[{codes}]
"""A code of the catalogue."""


@dataclass(frozen=True)
class CatalogueError:
    """An error that the server may answer with. `status` is None for what reaches a socket only."""

    status: int | None
    retryable: bool
    en: str
    zh: str


@dataclass(frozen=True)
class CloseCode:
    """A close code of the socket, and whether a client should come back by itself."""

    name: str
    meaning: str
    reconnect: bool
    hint: str


@dataclass(frozen=True)
class Limits:
    """The limits as a server has them unless it is set otherwise, in the units of their names; 0: none."""

{limits or "    pass"}

@dataclass(frozen=True)
class ClientFrameRule:
    """Where a frame of a client has its id, and which frames answer it."""

    correlation: str | None
    replies: tuple[str, ...]


@dataclass(frozen=True)
class ServerFrameRule:
    """The type of a frame of the server, and where it has the id of what it answers."""

    frame: type[Any]
    correlation: str | None


ERRORS: Mapping[str, CatalogueError] = {{
{_rows("CatalogueError", errors)}}}

CLOSE_CODES: Mapping[int, CloseCode] = {{
{_rows("CloseCode", closes)}}}

LIMITS = Limits()

CLIENT_FRAMES: Mapping[str, ClientFrameRule] = {{
{_rows("ClientFrameRule", client)}}}

SERVER_FRAMES: Mapping[str, ServerFrameRule] = {{
{server}}}
'''


def _rows(kind: str, rows: Iterable[tuple[Any, JsonObject]]) -> str:
    return "".join(
        f"    {_literal(key)}: {kind}("
        + ", ".join(f"{name}={_literal(value)}" for name, value in fields.items())
        + "),\n"
        for key, fields in rows
    )


# Names, types and texts.


def _name(name: str) -> str:
    name = snake_case(name).replace("-", "_")
    return f"{name}_" if keyword.iskeyword(name) or name in ("self", "body") else name


def _annotation(schema: JsonObject, module: str) -> str:
    """Returns the type of a parameter. `module` is where the named types are, with its dot."""
    if str(schema.get("$ref", "")).startswith(SCHEMA_POINTER):
        return module + str(schema["$ref"].removeprefix(SCHEMA_POINTER))
    values = schema.get("enum", [schema["const"]] if "const" in schema else None)
    if values is not None and all(isinstance(value, (int, str)) for value in values):
        return f"Literal[{', '.join(_literal(value) for value in values)}]"
    if schema.get("type") == "array":
        return f"list[{_annotation(schema.get('items', {}), module)}]"
    kinds: dict[Any, str] = {"string": "str", "integer": "int", "number": "float", "boolean": "bool"}
    return kinds.get(schema.get("type"), "Any")


def _docstring(text: str, indent: int) -> str:
    lines = text.replace("\\", "\\\\").replace('"""', '\\"\\"\\"').split("\n")
    lines[0] = lines[0].rstrip() if lines[0].endswith((".", "?", "!")) else f"{lines[0].rstrip()}."
    space = " " * indent
    if len(lines) == 1 and indent + len(lines[0]) <= _WIDTH - 6 and not lines[0].endswith('"'):
        return f'{space}"""{lines[0]}"""\n'
    body = "".join(f"{space}{line}".rstrip() + "\n" for line in lines[1:])
    return f'{space}"""{lines[0]}\n{body}{space}"""\n'


def _literal(value: Any) -> str:
    """Returns a value as Python writes it, strings in double quotes."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, tuple):
        return "(" + ", ".join(map(_literal, value)) + ("," if len(value) == 1 else "") + ")"
    return repr(value)
