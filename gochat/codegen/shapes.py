"""Picks the schemas that a generated module of types is made of, and states them for the type generator.

Between the bundled documents and `structs`. Knows which operations carry which schemas; writes no Python.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from gochat.codegen.bundle import SCHEMA_POINTER, resolve_pointer
from gochat.codegen.documents import JsonObject
from gochat.codegen.patterns import python_pattern
from gochat.codegen.spec_error import SpecError

JSON_MEDIA_TYPE = "application/json"
_METHODS = ("get", "put", "post", "delete", "patch", "head", "options", "trace")

# Keywords that do not decide which values are valid. `format` (draft 7, 7.2): a pattern beside it decides.
# `default`: what was left out stays UNSET, so that it is left out again when the value is encoded.
_NOTES = frozenset(
    ("title", "example", "examples", "default", "format", "deprecated", "readOnly", "writeOnly"),
)
# fmt: off
_HELD_KEYWORDS = frozenset((
    "$ref", "description", "type", "enum", "const", "allOf",
    "properties", "required", "additionalProperties", "minProperties",
    "items", "minItems", "maxItems", "minLength", "maxLength", "pattern",
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum",
))
# fmt: on


@dataclass(frozen=True)
class Shapes:
    """The schemas of one generated module, by name, self-contained, in their order in the document."""

    schemas: JsonObject
    closed: frozenset[str]  # names of the object schemas that admit no unknown property
    min_properties: dict[str, int]  # name -> how many properties at least
    union_name: str | None = None  # the union of all frames, told apart by their `type`
    tags: dict[str, str] = field(default_factory=dict)  # wire type -> name of its frame's schema


def http_operations(openapi: JsonObject) -> Iterator[tuple[str, str, JsonObject]]:
    """Yields path, method and operation of a bundled OpenAPI document, in its order."""
    for path, item in openapi["paths"].items():
        for method in item:
            if method in _METHODS:
                yield path, method, item[method]


def request_schema_name(openapi: JsonObject, operation: JsonObject) -> str | None:
    """Returns the name of the schema of an operation's JSON body; None: it takes no body."""
    body = resolve_local(openapi, operation.get("requestBody"))
    if body is None:
        return None
    where = f"requestBody of {operation['operationId']}"
    return schema_name(body["content"][JSON_MEDIA_TYPE]["schema"], where)


def schema_name(schema: Any, where: str) -> str:
    """Returns which schema a reference names. SpecError: it is not a reference to a schema."""
    reference = schema.get("$ref", "") if isinstance(schema, dict) else ""
    if not reference.startswith(SCHEMA_POINTER):
        raise SpecError(f"{where}: give the schema a name in schemas/ and refer to it, so that its type has one")
    return str(reference.removeprefix(SCHEMA_POINTER))


def resolve_local(document: JsonObject, value: Any) -> Any:
    """Follows `{$ref: '#/...'}` in a bundled document to what it names; returns other values as they are."""
    while isinstance(value, dict) and "$ref" in value:
        value = resolve_pointer(document, value["$ref"].removeprefix("#"))
    return value


def request_shapes(openapi: JsonObject) -> Shapes:
    """Returns the schemas of all request bodies."""
    names = [request_schema_name(openapi, operation) for _, _, operation in http_operations(openapi)]
    return _shapes(openapi, [name for name in names if name])


def response_shapes(openapi: JsonObject) -> Shapes:
    """Returns every named schema that an answer refers to, errors included."""
    answers = [
        resolve_local(openapi, response)
        for _, _, operation in http_operations(openapi)
        for response in operation["responses"].values()
    ]
    return _shapes(openapi, _references(answers))


def frame_shapes(asyncapi: JsonObject, frames: dict[str, str], union_name: str) -> Shapes:
    """Returns the schemas of the frames (wire type -> schema name), with a union of them.

    SpecError: a frame's own `type` is not the wire type.
    """
    if union_name in asyncapi["components"]["schemas"]:
        raise SpecError(f"the schema {union_name} must have another name: the union of all frames is called so")
    for wire_type, name in frames.items():
        tag = asyncapi["components"]["schemas"][name].get("properties", {}).get("type", {})
        if tag.get("enum", [tag.get("const")]) != [wire_type]:
            raise SpecError(f"{name}: its property `type` must have the one value {wire_type!r}, the message's name")
    shapes = _shapes(asyncapi, frames.values())
    return Shapes(shapes.schemas, shapes.closed, shapes.min_properties, union_name, frames)


def only_channel(asyncapi: JsonObject, channel: str) -> JsonObject:
    """Returns an AsyncAPI document with this one of its channels, and of its schemas those that it needs."""
    channels = {channel: asyncapi["channels"][channel]}
    messages = [resolve_local(asyncapi, message) for message in channels[channel]["messages"].values()]
    components = dict(asyncapi["components"])
    components["messages"] = {key: each for key, each in components["messages"].items() if each in messages}
    wanted = _reachable(components["schemas"], _references(messages))
    components["schemas"] = {name: schema for name, schema in components["schemas"].items() if name in wanted}
    pointer = f"#/channels/{channel}"
    operations = {key: each for key, each in asyncapi["operations"].items() if each["channel"]["$ref"] == pointer}
    return {**asyncapi, "channels": channels, "operations": operations, "components": components}


def _shapes(document: JsonObject, roots: Iterable[str]) -> Shapes:
    schemas = document["components"]["schemas"]
    wanted = _reachable(schemas, roots)
    chosen = {name: schema for name, schema in schemas.items() if name in wanted}
    return Shapes(
        schemas={name: _restate(schema, name) for name, schema in chosen.items()},
        closed=frozenset(name for name, schema in chosen.items() if schema.get("additionalProperties") is False),
        min_properties={name: schema["minProperties"] for name, schema in chosen.items() if "minProperties" in schema},
    )


def _reachable(schemas: JsonObject, roots: Iterable[str]) -> set[str]:
    """Returns the names of the schemas that `roots` are, or refer to, over any number of steps."""
    wanted: set[str] = set()
    waiting = list(roots)
    while waiting:
        name = waiting.pop()
        if name not in wanted:
            wanted.add(name)
            waiting.extend(_references(schemas[name]))
    return wanted


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if str(value.get("$ref", "")).startswith(SCHEMA_POINTER):
            yield value["$ref"].removeprefix(SCHEMA_POINTER)
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _references(item)


def _restate(schema: JsonObject, where: str) -> JsonObject:
    """Returns the schema with what the types can hold and nothing else."""
    unknown = [key for key in schema if key not in _HELD_KEYWORDS | _NOTES and not key.startswith("x-")]
    if unknown:
        raise SpecError(f"{where}: the generated types cannot hold the keyword {unknown[0]!r}")
    restated = {key: value for key, value in schema.items() if key in _HELD_KEYWORDS}
    if schema.get("type") == "boolean":
        # msgspec has no literal booleans. An answer's `success` is written by the server's envelope.
        restated.pop("enum", None)
    if "description" in schema:
        restated["description"] = schema["description"].strip()
    if "pattern" in schema:
        restated["pattern"] = python_pattern(schema["pattern"], where)
    if isinstance(schema.get("additionalProperties"), dict):
        restated["additionalProperties"] = _restate_part(
            schema["additionalProperties"], f"{where}/additionalProperties"
        )
    if "items" in schema:
        restated["items"] = _restate_part(schema["items"], f"{where}/items")
    if "allOf" in schema:
        restated["allOf"] = [_restate(part, f"{where}/allOf/{index}") for index, part in enumerate(schema["allOf"])]
    if "properties" in schema:
        properties = schema["properties"].items()
        restated["properties"] = {key: _restate_part(part, f"{where}/properties/{key}") for key, part in properties}
    return restated


def _restate_part(schema: JsonObject, where: str) -> JsonObject:
    if "properties" in schema or "allOf" in schema or "minProperties" in schema:
        raise SpecError(f"{where}: give this object a name in schemas/ and refer to it, so that its type has one")
    return _restate(schema, where)
