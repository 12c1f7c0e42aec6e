"""Finds the parts of a contract by what they are: schemas, messages, media types, wherever they stand.

`GRAMMAR` is the table of which part stands where; references are followed, and what leads nowhere is kept apart. The
lint rules ask here for all parts of a kind. Takes any document, however wrong, and never raises.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from conformance.contract.channel import is_json_schema
from conformance.contract.load import FILES, ContractUnreadable, Document, escaped, followed, resolve
from conformance.violation import Violation

_SCHEMAS = "schema"
_MESSAGE = {"payload": "payload", "headers": "payload", "correlationId": "correlation", "examples": "message example"}

GRAMMAR: dict[str, dict[str, str]] = {
    # A member's value is of the kind, or a list of such; {kind}: an object with such members. "*" is any member.
    "openapi": {"components": "openapi components", "servers": "server", "paths": "{path}", "webhooks": "{path}"},
    "openapi components": {
        "schemas": "{schema}",
        "responses": "{response}",
        "parameters": "{parameter}",
        "headers": "{header}",
        "requestBodies": "{body}",
        "links": "{link}",
        "callbacks": "{callback}",
        "pathItems": "{path}",
        "examples": "{example}",
    },
    "path": {
        **dict.fromkeys(("get", "put", "post", "delete", "options", "head", "patch", "trace"), "http operation"),
        "parameters": "parameter",
    },
    "http operation": {
        "parameters": "parameter",
        "requestBody": "body",
        "responses": "{response}",
        "callbacks": "{callback}",
    },
    "callback": {"*": "path"},
    "body": {"content": "{media}"},
    "response": {"headers": "{header}", "content": "{media}", "links": "{link}"},
    "media": {"schema": "schema", "examples": "{example}", "encoding": "{encoding}"},
    "encoding": {"headers": "{header}"},
    "parameter": {"schema": "schema", "examples": "{example}", "content": "{media}"},
    "header": {"schema": "schema", "examples": "{example}", "content": "{media}"},
    "asyncapi": {
        "components": "asyncapi components",
        "servers": "{server}",
        "channels": "{channel}",
        "operations": "{operation}",
    },
    "asyncapi components": {
        "schemas": "{payload}",
        "messages": "{message}",
        "channels": "{channel}",
        "operations": "{operation}",
        "servers": "{server}",
        "replies": "{reply}",
        "correlationIds": "{correlation}",
        "parameters": "{variable}",
        "messageTraits": "{message}",
        "operationTraits": "{trait}",
        "serverVariables": "{variable}",
        "channelBindings": "{bindings}",
    },
    "channel": {"messages": "{message}", "parameters": "{variable}", "bindings": "bindings", "servers": "server"},
    "bindings": {"ws": "ws binding"},
    "ws binding": {"query": "schema", "headers": "schema"},
    "message": {**_MESSAGE, "traits": "message"},
    "operation": {"channel": "channel", "messages": "message", "reply": "reply", "traits": "trait"},
    "reply": {"channel": "channel", "messages": "message"},
    "server": {"variables": "{variable}"},
    "schema": {
        **dict.fromkeys(("properties", "patternProperties", "definitions", "$defs", "dependentSchemas"), "{schema}"),
        **dict.fromkeys(("allOf", "anyOf", "oneOf", "items", "prefixItems", "not", "if", "then", "else"), _SCHEMAS),
        **dict.fromkeys(("additionalProperties", "additionalItems", "contains", "propertyNames"), _SCHEMAS),
        **dict.fromkeys(("unevaluatedItems", "unevaluatedProperties"), _SCHEMAS),
        "dependencies": "{schema}",
    },
}


@dataclass(frozen=True, slots=True)
class Place:
    """One part of a document: what it is, where it stands (`#/...`, unescaped for URIs), and whose part it is.

    Attributes:
        subject: For people: the operation, message, channel or named shape that it belongs to.
    """

    kind: str
    pointer: str
    value: Any
    subject: str


class Contract:
    """One of the two documents, taken apart. `name` is `openapi` or `asyncapi`."""

    def __init__(self, name: str, document: Document) -> None:
        self.name = name
        self.document = document
        self.broken: list[tuple[Place, str]] = []
        self._places: dict[tuple[str, str], Place] = {}
        self._visit(name, "#", document, name)
        self._extensions()

    def all(self, kind: str) -> Iterator[Place]:
        """Yield the parts of a kind, each once, in the order of the document."""
        return (place for place in self._places.values() if place.kind == kind)

    def follow(self, value: Any, pointer: str = "#") -> tuple[Any, str]:
        """Return what `value`, which stands at `pointer`, refers to, and where that is; {} where there is nothing."""
        try:
            found, target = followed(self.document, value)
        except ContractUnreadable:
            return {}, pointer
        return found, pointer if target is None else unquote(target)

    def violation(self, rule: str, subject: str, pointer: str, expected: str, got: Any, detail: str = "") -> Violation:
        """Return a finding at a place of this document, or of the file that the place is in."""
        where = f"{self.name}{pointer}"
        if pointer.startswith(f"#/{FILES}/"):
            file, _, rest = pointer.removeprefix(f"#/{FILES}/").partition("/")
            where = f"{file.replace('~1', '/').replace('~0', '~')}#" + (f"/{rest}" if rest else "")
        return Violation(rule, subject, where, " ".join(expected.split()), " ".join(str(got).split())[:300], detail)

    def _visit(self, kind: str, pointer: str, value: Any, subject: str) -> None:
        if isinstance(value, dict) and isinstance(value.get("$ref"), str):
            self._visit_target(kind, pointer, value, subject)
            if not (kind == "path" or (kind == "schema" and self._is_new)):
                return  # beside a $ref nothing counts
        if kind == "payload":
            if isinstance(value, dict) and "schemaFormat" in value:
                if not is_json_schema(str(value["schemaFormat"])):
                    return
                pointer, value = f"{pointer}/schema", value.get("schema")
            self._visit("schema", pointer, value, subject)
            return
        if not isinstance(value, dict) or (kind, pointer) in self._places:
            return
        subject = _subject(kind, pointer, value, subject)
        self._places[kind, pointer] = Place(kind, pointer, value, subject)
        grammar = GRAMMAR.get(kind, {})
        for inside, inner in members(value):
            part = grammar.get(inside) or grammar.get("*")
            if part is None or (kind == "callback" and inside.startswith("x-")):
                continue
            at = f"{pointer}/{escaped(inside)}"
            if part.startswith("{"):
                for name, each in members(inner):
                    if not (part in ("{path}", "{response}") and name.startswith("x-")):
                        named = name if _is_library(pointer) else subject
                        self._visit(part[1:-1], f"{at}/{escaped(name)}", each, named)
            elif isinstance(inner, list):
                for index, each in enumerate(inner):
                    self._visit(part, f"{at}/{index}", each, subject)
            else:
                self._visit(part, at, inner, subject)

    def _visit_target(self, kind: str, pointer: str, value: dict[str, Any], subject: str) -> None:
        try:
            target, where = followed(self.document, value)
        except ContractUnreadable as error:
            self.broken.append((Place(kind, pointer, value, subject), str(error)))
            return
        to = unquote(where or "#")
        parent, _, name = to.rpartition("/")
        is_named = _is_library(parent.rpartition("/")[0]) or (to.startswith(f"#/{FILES}/") and to.count("/") == 3)
        self._visit(kind, to, target, name.replace("~1", "/").replace("~0", "~") if is_named else subject)

    def _extensions(self) -> None:
        """Look for references in the extensions of the root, which `GRAMMAR` does not know."""
        for name, value in self.document.items():
            if isinstance(name, str) and name.startswith("x-") and name != FILES:
                waiting = [(f"#/{escaped(name)}", value)]
                while waiting:
                    pointer, item = waiting.pop()
                    if isinstance(item, dict) and isinstance(item.get("$ref"), str):
                        try:
                            resolve(self.document, item["$ref"])
                        except ContractUnreadable as error:
                            self.broken.append((Place("extension", pointer, item, name), str(error)))
                    inner = members(item) + [(str(index), each) for index, each in enumerate(items(item))]
                    waiting += [(f"{pointer}/{escaped(key)}", each) for key, each in inner]

    @property
    def _is_new(self) -> bool:
        """Whether keywords beside a $ref count: JSON Schema 2020-12, so OpenAPI 3.1."""
        return not str(self.document.get("openapi", "3.0")).startswith("3.0")


def members(value: Any) -> list[tuple[str, Any]]:
    """Return the names and values of an object; none where it is something else."""
    return [(str(name), each) for name, each in value.items()] if isinstance(value, dict) else []


def items(value: Any) -> list[Any]:
    """Return the items of a list; none where it is something else."""
    return value if isinstance(value, list) else []


def texts(value: Any) -> list[str]:
    """Return the texts in a list, such as `required`."""
    return [each for each in items(value) if isinstance(each, str)]


def member(value: Any, name: str) -> Any:
    """Return a member of an object, None where there is none."""
    return value.get(name) if isinstance(value, dict) else None


def _is_library(pointer: str) -> bool:
    return pointer == "#/components"


def _subject(kind: str, pointer: str, value: dict[str, Any], subject: str) -> str:
    own = None
    last = pointer.rpartition("/")[2].replace("~1", "/").replace("~0", "~")
    if kind == "http operation":
        path = pointer.rpartition("/")[0].rpartition("/")[2].replace("~1", "/").replace("~0", "~")
        own = value.get("operationId") or f"{last.upper()} {path}"
    elif kind == "message":
        own = value.get("name") or last
    elif kind in ("channel", "operation"):
        own = last
    return own if isinstance(own, str) else subject
