"""Writes the Python client: the modules that come from the contract, beside the hand-written ones of the template.

Types are written as the server's are; calls, frames and tables have a module each (`python_calls`, `python_frames`,
`python_tables`). Python only: needs no other tool.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gochat.codegen.bundle import SCHEMA_POINTER
from gochat.codegen.client_facts import ClientFacts
from gochat.codegen.documents import JsonObject
from gochat.codegen.python_calls import render_api, render_sync_api
from gochat.codegen.python_frames import (
    MESSAGE,
    OWN_EVENTS,
    render_event,
    render_events,
    render_frames,
    render_sync_event,
    render_sync_frames,
)
from gochat.codegen.python_tables import REFRESH, render_catalogue
from gochat.codegen.python_text import MARK
from gochat.codegen.shapes import Shapes, frame_shapes, request_shapes, response_shapes
from gochat.codegen.spec_error import SpecError
from gochat.codegen.structs import render_structs

TEMPLATE_DIR = Path(__file__).resolve().parent / "templates" / "python"
PACKAGE = "gochat_client"
_EVENTS = "    # <events>\n"
_FRAMES = "    # <frames>\n"
_VERSION = "0.0.0"

# What the runtime relies on: without it there is no session and no timeline.
_PUSH = "NewMessageData"
_MESSAGE_CORE = ("id", "conversationId", "sender", "content", "messageType", "seqId", "createdAt")


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
        "socket.py": (render_event(), render_frames(asyncapi, facts)),
        "sync_socket.py": (render_sync_event(), render_sync_frames(asyncapi, facts)),
    }
    for name, (adding, frames) in sockets.items():
        path = f"{PACKAGE}/{name}"
        text = _filled(files[path], path, _EVENTS, render_events(facts) + adding)
        files[path] = _filled(text, path, _FRAMES, frames)
    modules = {
        "http_types.py": render_structs(_http_shapes(openapi), _head("What the calls of the HTTP API carry.")),
        "client_frames.py": render_structs(_client_shapes(asyncapi, facts), _head("The frames that a client sends.")),
        "server_frames.py": render_structs(_server_shapes(asyncapi, facts), _head("The frames that the server sends.")),
        "catalogue.py": render_catalogue(facts),
        "api.py": render_api(facts),
        "sync_api.py": render_sync_api(facts),
    }
    files |= {f"{PACKAGE}/{name}": text for name, text in modules.items()}
    return {name: text.encode() for name, text in sorted(files.items())}


def _check(asyncapi: JsonObject, facts: ClientFacts) -> None:
    schemas = asyncapi["components"]["schemas"]
    if _PUSH not in schemas or all(call.operation_id != REFRESH for call in facts.http_calls):
        raise SpecError(f"the Python client needs the schema {_PUSH} and the operation {REFRESH}")
    if MESSAGE in schemas:
        raise SpecError(f"the schema {MESSAGE} must have another name: the clients' own message is called so")
    for frame in facts.server_frames:
        if frame.frame in OWN_EVENTS:
            raise SpecError(f"the frame {frame.frame!r} must have another name: the clients have an event of that name")


def _filled(text: str, path: str, mark: str, content: str) -> str:
    if mark not in text:
        raise SpecError(f"templates/python/{path} has lost its line {mark.strip()!r}")
    return text.replace(mark, content)


def _head(title: str) -> str:
    return f'"""{title}\n\n{MARK}\n"""\n'


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
    return replace(shapes, schemas={**shapes.schemas, MESSAGE: message})
