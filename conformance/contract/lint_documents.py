"""Lint rules about whole documents: the specifications' own JSON Schemas, the extensions' form, and references.

OpenAPI's schemas come with openapi-spec-validator, AsyncAPI's lie beside this file. Both see one file only, so the
schemas in the files that a document refers to are judged one by one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
from openapi_spec_validator.schemas import schema_v30, schema_v31

from conformance.contract.lint_places import Contract, member, members
from conformance.contract.load import FILES, escaped
from conformance.violation import Violation

ASYNCAPI_SCHEMAS = Path(__file__).parent / "asyncapi"

EXTENSIONS: dict[str, Any] = {
    "x-error-catalogue": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["code"],
            "properties": {
                "code": {"type": "string", "minLength": 1},
                "status": {"type": "integer", "minimum": 400, "maximum": 599},
                "closeCode": {"type": "integer"},
                "socket": {"enum": ["none", "frame", "close"]},
                "retryable": {"type": "boolean"},
            },
            "if": {"properties": {"socket": {"const": "close"}}, "required": ["socket"]},
            "then": {"required": ["closeCode"]},
        },
    },
    "x-close-codes": {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["code"],
            "properties": {
                "code": {"type": "integer"},
                "name": {"type": "string"},
                "meaning": {"type": "string"},
                "reconnect": {"type": "boolean"},
                "hint": {"type": "string"},
            },
        },
    },
    "x-invalid-frames": {
        "type": "object",
        "required": ["reply"],
        "properties": {
            "reply": {"type": "string"},
            "code": {
                "type": "object",
                "required": ["pointer", "value"],
                "properties": {"pointer": {"$ref": "#/definitions/pointer"}},
            },
            "errors": {"$ref": "#/definitions/pointer"},
            "exceptions": {
                "type": "array",
                "items": {
                    "type": "object",
                    "required": ["pointer", "rule", "value"],
                    "properties": {"pointer": {"$ref": "#/definitions/pointer"}, "rule": {"type": "string"}},
                },
            },
        },
        "definitions": {"pointer": {"type": "string", "pattern": "^(/|$)"}},
    },
}
"""The forms of the extensions that the kit reads."""


def judge_form(contract: Contract) -> Iterator[Violation]:
    """Yield where a document is not as its specification says."""
    rule = f"{contract.name}-valid"
    whole, single = _validators(contract.name, str(contract.document.get(contract.name)))
    if whole is None:
        version = contract.document.get(contract.name)
        if not (isinstance(version, str) and version.startswith("3.") and version.count(".") == 2):
            yield contract.violation(rule, contract.name, f"#/{contract.name}", "a version such as 3.0.0", f"{version}")
        return
    # Patterns and references have rules of their own; the files are judged below.
    is_new = str(contract.document.get("openapi", "")).startswith("3.1.")
    errors = [("#", error) for error in whole.iter_errors({**contract.document, FILES: {}})]
    for place in contract.all("schema"):
        # OpenAPI 3.1 leaves schemas to their own dialect.
        if place.pointer.startswith(f"#/{FILES}/") or is_new:
            errors += [(place.pointer, error) for error in single.iter_errors(place.value)]
    seen = set()
    for pointer, error in errors:
        cause = _cause(error)
        at = pointer + "".join("/" + escaped(str(part)) for part in cause.instance_path)
        if (at, cause.kind.name) not in seen:
            seen.add((at, cause.kind.name))
            expected = f"what {contract.name} {contract.document[contract.name]} says"
            detail = getattr(cause.kind, "property", cause.kind.name)
            yield contract.violation(rule, contract.name, at, expected, str(cause.message), detail)


def judge_extensions(contract: Contract) -> Iterator[Violation]:
    """Yield where an extension has another form than the kit reads."""
    found = [("#/x-error-catalogue", contract.document.get("x-error-catalogue"))]
    for channel in contract.all("channel"):
        for name in ("x-close-codes", "x-invalid-frames"):
            found.append((f"{channel.pointer}/{name}", channel.value.get(name)))
    for pointer, raw in found:
        value, where = contract.follow(raw, pointer)
        name = pointer.rpartition("/")[2]
        if raw is None or (value == {} and value is not raw):
            continue  # not there, or a broken reference
        for error in _extension(name).iter_errors(value):
            at = where + "".join("/" + escaped(str(part)) for part in error.instance_path)
            detail = getattr(error.kind, "property", error.kind.name)
            yield contract.violation("extension-valid", name, at, f"the form of {name}", str(error.message), detail)


def judge_references(contract: Contract) -> Iterator[Violation]:
    """Yield the references that lead nowhere."""
    for place, trouble in contract.broken:
        expected = f"something at {place.value['$ref']}"
        yield contract.violation("reference-resolves", place.subject, place.pointer, expected, trouble)
    for place in contract.all("schema"):
        mapping = member(place.value.get("discriminator"), "mapping") if contract.name == "openapi" else None
        for name, target in members(mapping):
            if isinstance(target, str) and target.startswith("#/") and not place.pointer.startswith(f"#/{FILES}/"):
                found, _ = contract.follow({"$ref": target})
                if found == {}:
                    at = f"{place.pointer}/discriminator/mapping/{escaped(name)}"
                    yield contract.violation(
                        "reference-resolves", place.subject, at, f"something at {target}", "nothing"
                    )


def _cause(error: Any) -> Any:
    """Return the error that is meant, where a part may be one of several things: that which got furthest."""
    while error.kind.name in ("oneOf", "anyOf") and any(error.kind.context):
        branches = [list(branch) for branch in error.kind.context if branch]
        best = max(branches, key=lambda branch: (_depth(branch), not _is_reference(branch), -len(branch)))
        error = max(best, key=lambda each: len(each.instance_path))
    return error


def _depth(branch: list[Any]) -> int:
    return max(len(_cause(error).instance_path) for error in branch)


def _is_reference(branch: list[Any]) -> bool:
    return any(getattr(error.kind, "property", None) == "$ref" for error in branch)


@cache
def _validators(name: str, version: str) -> tuple[Any, Any]:
    """Return the judges of a document and of one schema in it; (None, None) for versions that nobody knows."""
    draft4, draft7, latest = (
        jsonschema_rs.Draft4Validator,
        jsonschema_rs.Draft7Validator,
        jsonschema_rs.Draft202012Validator,
    )
    if name == "asyncapi":
        file = ASYNCAPI_SCHEMAS / f"{version}.json"
        if not (version.replace(".", "").isdigit() and file.is_file()):
            return None, None
        schema = json.loads(file.read_text(encoding="utf-8"))
        single = {"$ref": "#/definitions/schema", "definitions": schema["definitions"]}
        return draft7(schema, validate_formats=False), draft7(single, validate_formats=False)
    if version.startswith("3.0."):
        schema = json.loads(json.dumps(dict(schema_v30)))
        single = {"$ref": "#/definitions/SchemaOrReference", "definitions": schema["definitions"]}
        single["definitions"]["SchemaOrReference"] = {
            "oneOf": [{"$ref": "#/definitions/Schema"}, {"$ref": "#/definitions/Reference"}]
        }
        return draft4(schema, validate_formats=False), draft4(single, validate_formats=False)
    if version.startswith("3.1."):
        dialect = {"$ref": "https://json-schema.org/draft/2020-12/schema"}
        return latest(json.loads(json.dumps(dict(schema_v31))), validate_formats=False), latest(dialect)
    return None, None


@cache
def _extension(name: str) -> Any:
    return jsonschema_rs.Draft7Validator(EXTENSIONS[name])
