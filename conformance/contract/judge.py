"""Compiles the contracts' schemas and says what of a value does not hold, as pointer and keyword.

JSON Schema draft 7 for AsyncAPI 3 and draft 4 with `nullable` for OpenAPI 3.0 (2020-12 for 3.1), by jsonschema-rs,
whose regular expressions are ECMA's. Knows schemas, and nothing of operations and frames.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from conformance.contract.load import FILES, Document, escaped

Compile = Callable[[Any], "Schema"]


@dataclass(frozen=True, slots=True)
class Problem:
    """What does not hold at one place of a value.

    Attributes:
        pointer: RFC 6901 into the value; a missing or unknown property is named itself.
        keyword: The schema keyword, or `json`, `unicode` for what is no value at all.
        text: For people; may quote the value.
    """

    pointer: str
    keyword: str
    text: str


class Schema:
    """One compiled schema of a document."""

    __slots__ = ("_validator", "source")

    def __init__(self, validator: Any, source: Any) -> None:
        self._validator = validator
        self.source = source

    def accepts(self, value: Any) -> bool:
        """Say whether `value` is valid."""
        return bool(self._validator.is_valid(value))

    def problems(self, value: Any) -> list[Problem]:
        """Return what does not hold in `value`, empty when it is valid."""
        if self._validator.is_valid(value):
            return []
        return [problem for error in self._validator.iter_errors(value) for problem in _problems(error)]


def compiler(document: Document) -> Compile:
    """Return a function that compiles schemas which stand in `document`, references and all."""
    is_old = str(document.get("openapi", "")).startswith("3.0")
    make: Any = jsonschema_rs.Draft202012Validator
    if "asyncapi" in document:
        make = jsonschema_rs.Draft7Validator
    elif is_old:
        make = jsonschema_rs.Draft4Validator
    base = _without_nullable(document) if is_old else document
    roots = {name: base[name] for name in ("components", "channels", "operations", "paths", FILES) if name in base}

    def compile_schema(schema: Any) -> Schema:
        own = _without_nullable(schema) if is_old else schema
        # Beside a $ref nothing else counts (draft 7 and before), hence allOf.
        return Schema(make({**roots, "allOf": [own]}, validate_formats=True), schema)

    return compile_schema


def _without_nullable(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_nullable(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {name: _without_nullable(item) for name, item in schema.items()}
    if copy.pop("nullable", None) is True and "type" in copy:
        return {"anyOf": [copy, {"type": "null"}]} if "enum" not in copy else {"anyOf": [copy, {"enum": [None]}]}
    return copy


def _problems(error: Any) -> list[Problem]:
    keyword = error.kind.name
    at = "".join("/" + escaped(str(part)) for part in error.instance_path)
    text = str(error.message)[:300]
    if keyword == "required":
        return [Problem(f"{at}/{escaped(error.kind.property)}", keyword, text)]
    if keyword == "additionalProperties":
        return [Problem(f"{at}/{escaped(name)}", keyword, text) for name in error.kind.unexpected]
    return [Problem(at, keyword, text)]
