"""What the clients are generated from, picked out of the bundled documents: calls, frames, tables.

Between the documents and the writers of each language; writes no code itself.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from gochat.codegen.documents import JsonObject
from gochat.codegen.operations import WsOperation
from gochat.codegen.shapes import JSON_MEDIA_TYPE, http_operations, request_schema_name, resolve_local, schema_name
from gochat.codegen.spec_error import SpecError

_LOCATION = "$message.payload#"


@dataclass(frozen=True)
class QueryParameter:
    """A parameter of the query; `schema` is its own, references followed."""

    name: str
    required: bool
    description: str
    schema: JsonObject


@dataclass(frozen=True)
class HttpCall:
    """An operation of the HTTP API, as a client calls it."""

    operation_id: str
    method: str  # upper case
    path: str  # below the base path, with {parameters}
    doc: str
    path_parameters: tuple[str, ...]  # in their order in the path
    query: tuple[QueryParameter, ...]
    body: str | None  # the schema of the JSON body
    is_body_required: bool
    data: str  # the schema of `data` in a success
    is_open: bool  # no token is needed


@dataclass(frozen=True)
class ClientCall:
    """A frame that a client sends. `answer` is the frame type of its success; None: it is not answered then."""

    name: str
    frame: str  # wire type
    frame_schema: str
    doc: str
    data: str | None  # the schema of its data
    is_data_required: bool
    correlation: str | None  # RFC 6901 pointer into the frame
    replies: tuple[str, ...]
    answer: str | None


@dataclass(frozen=True)
class ServerFrame:
    """A frame that the server sends."""

    name: str
    frame: str
    frame_schema: str
    doc: str
    data: str | None
    correlation: str | None


@dataclass(frozen=True)
class ClientFacts:
    """Everything that a client of either language is made of."""

    version: str
    base_path: str
    socket_path: str
    http_calls: tuple[HttpCall, ...]
    client_calls: tuple[ClientCall, ...]
    server_frames: tuple[ServerFrame, ...]
    frame_schemas: tuple[str, ...]
    errors: tuple[JsonObject, ...]
    close_codes: tuple[JsonObject, ...]
    limits: JsonObject


def read_client_facts(
    openapi: JsonObject, asyncapi: JsonObject, catalogue: JsonObject, ws_operations: list[WsOperation]
) -> ClientFacts:
    """Picks the facts out of the bundled documents.

    SpecError: the two documents have different versions, or an operation has no schema for its success.
    """
    versions = {openapi["info"]["version"], asyncapi["info"]["version"]}
    if len(versions) != 1:
        raise SpecError(
            f"openapi.yaml and asyncapi.yaml must have one version, that of the clients: {sorted(versions)}"
        )
    channel = asyncapi["channels"]["ws"]
    return ClientFacts(
        version=versions.pop(),
        base_path=openapi.get("servers", [{"url": ""}])[0]["url"].rstrip("/"),
        socket_path=channel["address"],
        http_calls=tuple(_http_call(openapi, *parts) for parts in http_operations(openapi)),
        client_calls=tuple(_client_call(asyncapi, o) for o in ws_operations if o.action == "receive"),
        server_frames=tuple(_server_frame(asyncapi, o) for o in ws_operations if o.action == "send"),
        frame_schemas=tuple(asyncapi["components"]["schemas"]),
        errors=tuple(catalogue["errors"]),
        close_codes=tuple(channel.get("x-close-codes", [])),
        limits=asyncapi.get("x-limits", {}),
    )


def _http_call(openapi: JsonObject, path: str, method: str, operation: JsonObject) -> HttpCall:
    parameters = [resolve_local(openapi, parameter) for parameter in operation.get("parameters", [])]
    body = resolve_local(openapi, operation.get("requestBody")) or {}
    security = operation["security"] if "security" in operation else openapi.get("security", [])
    return HttpCall(
        operation_id=operation["operationId"],
        method=method.upper(),
        path=path,
        doc=_doc(operation),
        path_parameters=tuple(part[1:-1] for part in path.split("/") if part.startswith("{")),
        query=tuple(
            QueryParameter(
                p["name"],
                bool(p.get("required", False)),
                str(p.get("description", "")).strip(),
                resolve_local(openapi, p["schema"]),
            )
            for p in parameters
            if p["in"] == "query"
        ),
        body=request_schema_name(openapi, operation),
        is_body_required=bool(body.get("required", False)),
        data=_data_schema(openapi, operation),
        is_open=not security or {} in security,
    )


def _data_schema(openapi: JsonObject, operation: JsonObject) -> str:
    where = f"the success of {operation['operationId']}"
    for status, response in operation["responses"].items():
        if status.startswith("2"):
            envelope = resolve_local(openapi, response)["content"][JSON_MEDIA_TYPE]["schema"]
            for part in _parts(openapi, envelope):
                if "data" in part.get("properties", {}):
                    return schema_name(part["properties"]["data"], where)
    raise SpecError(f"{where}: its envelope has no data")


def _parts(openapi: JsonObject, schema: JsonObject) -> Iterator[JsonObject]:
    schema = resolve_local(openapi, schema)
    yield schema
    for part in schema.get("allOf", []):
        yield from _parts(openapi, part)


def _client_call(asyncapi: JsonObject, operation: WsOperation) -> ClientCall:
    stated = asyncapi["operations"][operation.key]
    data, is_required = _data_of(asyncapi, operation)
    return ClientCall(
        name=operation.key,
        frame=operation.wire_type,
        frame_schema=operation.frame_type,
        doc=_doc(stated),
        data=data,
        is_data_required=is_required,
        correlation=_correlation(asyncapi, operation),
        replies=operation.reply_types,
        answer=next((reply for reply in operation.reply_types if reply != "error"), None),
    )


def _server_frame(asyncapi: JsonObject, operation: WsOperation) -> ServerFrame:
    return ServerFrame(
        name=operation.key,
        frame=operation.wire_type,
        frame_schema=operation.frame_type,
        doc=_doc(asyncapi["operations"][operation.key]),
        data=_data_of(asyncapi, operation)[0],
        correlation=_correlation(asyncapi, operation),
    )


def _data_of(asyncapi: JsonObject, operation: WsOperation) -> tuple[str | None, bool]:
    schema = asyncapi["components"]["schemas"][operation.frame_type]
    data = schema.get("properties", {}).get("data")
    if data is None:
        return None, False
    return schema_name(data, f"data of {operation.frame_type}"), "data" in schema.get("required", [])


def _correlation(asyncapi: JsonObject, operation: WsOperation) -> str | None:
    message = next(m for m in asyncapi["components"]["messages"].values() if m["name"] == operation.wire_type)
    stated = resolve_local(asyncapi, message.get("correlationId"))
    if stated is None:
        return None
    if not stated["location"].startswith(_LOCATION):
        raise SpecError(f"{operation.wire_type}: the location of its correlationId must begin with {_LOCATION}")
    return str(stated["location"].removeprefix(_LOCATION))


def _doc(stated: JsonObject) -> str:
    return f"{stated.get('summary', '').strip()}\n\n{stated.get('description', '').strip()}".strip()
