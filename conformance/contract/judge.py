"""Compiles the contracts' schemas and says what of a value does not hold, as pointer and keyword.

JSON Schema draft 7 for AsyncAPI 3 and draft 4 with `nullable` for OpenAPI 3.0 (2020-12 for 3.1), by jsonschema-rs,
whose regular expressions are ECMA's. Knows schemas, and nothing of operations and frames.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import jsonschema_rs

from conformance.contract.load import FILES, ContractUnreadable, Document, escaped

Compile = Callable[[Any], "Schema"]


class _Absent:
    def __repr__(self) -> str:
        return "nothing"


ABSENT = _Absent()
"""What stands where there is no value: None is JSON's null."""


def json_value(text: str | bytes) -> Any:
    """Return the JSON value that `text` is, `ABSENT` when it is none; NaN is none, and what is too deep to read."""
    try:
        return json.loads(text if isinstance(text, str) else text.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError):
        return ABSENT


def _refuse(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


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
        """Say whether `value` is valid; `ABSENT` never is."""
        try:
            return bool(self._validator.is_valid(value))
        except ValueError:
            return False

    def problems(self, value: Any) -> list[Problem]:
        """Return what does not hold in `value`, empty when it is valid."""
        try:
            json.dumps(value, ensure_ascii=False, default=repr).encode()  # the validator looks at some strings only
            if self._validator.is_valid(value):
                return []
            return [problem for error in self._validator.iter_errors(value) for problem in _problems(error, value)]
        except UnicodeEncodeError:
            return [Problem("", "unicode", "a lone surrogate is no Unicode text")]
        except (ValueError, RecursionError):
            return [Problem("", "json", "there is no JSON" if value is ABSENT else "too deep to be judged")]


def compiler(document: Document) -> Compile:
    """Return a function that compiles schemas which stand in `document`, references and all.

    It raises `ContractUnreadable` for what is no schema, or refers to what is not there.
    """
    is_old = str(document.get("openapi", "")).startswith("3.0")
    make: Any = jsonschema_rs.Draft202012Validator
    draft = jsonschema_rs.Draft202012
    if "asyncapi" in document:
        make, draft = jsonschema_rs.Draft7Validator, jsonschema_rs.Draft7
    elif is_old:
        make, draft = jsonschema_rs.Draft4Validator, jsonschema_rs.Draft4
    base = _without_nullable(document) if is_old else document
    roots = {name: base[name] for name in ("components", "channels", "operations", "paths", FILES) if name in base}
    # Each schema for itself would take the whole document along, which takes longer than all else together.
    registry = jsonschema_rs.Registry([(_URI, roots)], draft=draft)

    compiled: dict[int, Schema] = {}  # by id; each holds its source, so that the id stays its own

    def compile_schema(schema: Any) -> Schema:
        known = compiled.get(id(schema))
        if known is not None:
            return known
        own = _without_nullable(schema) if is_old else schema
        try:
            # Beside a $ref nothing else counts (draft 7 and before), hence allOf.
            validator = make({"allOf": [_absolute(own)]}, validate_formats=True, registry=registry)
        except (ValueError, jsonschema_rs.ReferencingError) as error:  # ValidationError is a ValueError
            raise ContractUnreadable(f"not a schema: {' '.join(str(error).split())[:200]}") from error
        compiled[id(schema)] = Schema(validator, schema)
        return compiled[id(schema)]

    return compile_schema


_URI = "urn:contract"


def _absolute(schema: Any) -> Any:
    """Return a copy of a schema that stands outside of its document."""
    if isinstance(schema, list):
        return [_absolute(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {name: _absolute(item) for name, item in schema.items()}
    target = copy.get("$ref")
    if isinstance(target, str) and target.startswith("#"):
        copy["$ref"] = _URI + target
    return copy


def _without_nullable(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_without_nullable(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    copy = {name: _without_nullable(item) for name, item in schema.items()}
    if not isinstance(copy.get("nullable"), bool):  # none, or a property of this name
        return copy
    if copy.pop("nullable") and "type" in copy:
        return {"anyOf": [copy, {"type": "null"}]} if "enum" not in copy else {"anyOf": [copy, {"enum": [None]}]}
    return copy


def _problems(error: Any, value: Any) -> list[Problem]:
    keyword = error.kind.name
    at = "".join("/" + escaped(str(part)) for part in error.instance_path)
    text = str(error.message)[:300]
    if keyword == "required":
        return [Problem(f"{at}/{escaped(error.kind.property)}", keyword, text)]
    if keyword == "additionalProperties":
        return [Problem(f"{at}/{escaped(name)}", keyword, text) for name in error.kind.unexpected]
    if keyword == "falseSchema" and list(error.schema_path)[-1:] == ["additionalProperties"]:
        # A closed object without any property: one error for all of its members, which does not name them.
        for part in error.instance_path:
            value = value[part]
        return [Problem(f"{at}/{escaped(name)}", "additionalProperties", text) for name in value]
    return [Problem(at, keyword, text)]
