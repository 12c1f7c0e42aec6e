"""Lint rules about single schemas, and where in a schema a member is declared.

Reported is only what leaves no valid value, or names one that is not: what is odd but possible is nobody's fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import jsonschema_rs

from conformance.contract.judge import Compile, Problem
from conformance.contract.lint_places import Contract, Place, items, members, texts
from conformance.contract.load import ContractUnreadable, escaped
from conformance.violation import Violation

BOUNDS = (
    ("minLength", "maxLength"),
    ("minItems", "maxItems"),
    ("minProperties", "maxProperties"),
    ("minContains", "maxContains"),
    ("minimum", "maximum"),
    ("exclusiveMinimum", "maximum"),
    ("minimum", "exclusiveMaximum"),
    ("exclusiveMinimum", "exclusiveMaximum"),
)
BRANCHING = ("anyOf", "oneOf")
DEPTH_MAX = 60


def judge_schemas(contract: Contract, compile_schema: Compile) -> Iterator[Violation]:
    """Yield what in a schema can't be."""
    for place in contract.all("schema"):
        yield from _patterns(contract, place)
        yield from _bounds(contract, place)
        yield from _enum(contract, place, compile_schema)
        yield from _default(contract, place, compile_schema)
        yield from _required(contract, place)
    for place in contract.all("variable"):
        yield from _variable(contract, place)


def declared(contract: Contract, schema: Any, parts: list[str], depth: int = 0) -> list[Any] | None:
    """Return the schemas that a member, named by the parts of a pointer, has to keep.

    Empty where anything may stand; None where others are declared and this one is not.
    """
    schema, _ = contract.follow(schema)
    if not isinstance(schema, dict) or depth > DEPTH_MAX:
        return []
    if not parts:
        inner = [each for name in ("allOf", *BRANCHING) for each in items(schema.get(name))]
        return [schema, *(found for each in inner for found in declared(contract, each, [], depth + 1) or ())]
    answers = [_own(contract, schema, parts, depth)]
    answers += [declared(contract, each, parts, depth + 1) for each in items(schema.get("allOf"))]
    for name in BRANCHING:
        branches = [declared(contract, each, parts, depth + 1) for each in items(schema.get(name))]
        if any(branch == [] for branch in branches):
            branches = [[]]  # one lets everything through
        answers += branches
    found = [each for answer in answers for each in answer or ()]
    return None if not found and None in answers else found


def _own(contract: Contract, schema: dict[str, Any], parts: list[str], depth: int) -> list[Any] | None:
    first, rest = parts[0], parts[1:]
    if first.isdigit() and ("items" in schema or "prefixItems" in schema):
        listed = items(schema.get("prefixItems")) or items(schema.get("items"))
        inner = listed[int(first)] if int(first) < len(listed) else schema.get("items", schema.get("additionalItems"))
        return declared(contract, inner if isinstance(inner, dict) else {}, rest, depth + 1)
    properties = schema.get("properties")
    if isinstance(properties, dict) and first in properties:
        return declared(contract, properties[first], rest, depth + 1)
    for pattern, inner in members(schema.get("patternProperties")):
        if _matches(pattern, first):
            return declared(contract, inner, rest, depth + 1)
    more = schema.get("additionalProperties")
    if isinstance(more, dict):
        return declared(contract, more, rest, depth + 1)
    if properties or more is False or schema.get("type") in ("string", "integer", "number", "boolean", "null"):
        return None
    return []


def _patterns(contract: Contract, place: Place) -> Iterator[Violation]:
    found = [(f"{place.pointer}/pattern", place.value.get("pattern"))]
    for pattern, _ in members(place.value.get("patternProperties")):
        found.append((f"{place.pointer}/patternProperties/{escaped(pattern)}", pattern))
    for pointer, pattern in found:
        if isinstance(pattern, str) and not _is_ecma(pattern):
            yield contract.violation(
                "pattern-compiles", place.subject, pointer, "a regular expression of ECMA-262", pattern
            )


def _is_ecma(pattern: str) -> bool:
    """Say whether a pattern is ECMA's; what is, but beyond the validator, is its problem (kind `pattern`)."""
    try:
        jsonschema_rs.Draft7Validator({"pattern": pattern})
    except jsonschema_rs.ValidationError as error:
        return bool(error.kind.name != "format")
    return True


def _matches(pattern: str, text: str) -> bool:
    try:
        return bool(jsonschema_rs.Draft7Validator({"pattern": pattern}).is_valid(text))
    except jsonschema_rs.ValidationError:
        return True


def _bounds(contract: Contract, place: Place) -> Iterator[Violation]:
    schema = place.value
    for lower, upper in BOUNDS:
        least, most = schema.get(lower), schema.get(upper)
        if not (_is_number(least) and _is_number(most)):
            continue
        # In OpenAPI 3.0 exclusiveMinimum is true or false and sharpens minimum.
        is_open = "exclusive" in f"{lower}{upper}" or True in (
            schema.get("exclusiveMinimum"),
            schema.get("exclusiveMaximum"),
        )
        if least > most or (is_open and lower.lower().endswith("minimum") and least == most):
            at, expected = f"{place.pointer}/{lower}", f"{'less than' if is_open else 'at most'} {upper}, {most}"
            yield contract.violation("bounds-possible", place.subject, at, expected, f"{least}", upper)


def _enum(contract: Contract, place: Place, compile_schema: Compile) -> Iterator[Violation]:
    values = [(f"enum/{index}", value) for index, value in enumerate(items(place.value.get("enum")))]
    values += [("const", place.value["const"])] if "const" in place.value else []
    if not values:
        return
    rest = {name: value for name, value in place.value.items() if name not in ("enum", "const", "default", "example")}
    for at, value in values:
        if value is None and place.value.get("nullable") is True:
            continue
        problems = problems_of(compile_schema, rest, value)
        if at == "const" and "enum" in place.value and value not in items(place.value["enum"]):
            problems.append(Problem("", "enum", f"{value!r} is not in the enum"))
        for problem in problems:
            yield contract.violation(
                "enum-possible", place.subject, f"{place.pointer}/{at}", "a value that is valid here", problem.text
            )


def _default(contract: Contract, place: Place, compile_schema: Compile) -> Iterator[Violation]:
    if "default" in place.value:
        for problem in problems_of(compile_schema, place.value, place.value["default"]):
            at = f"{place.pointer}/default"
            yield contract.violation(
                "default-valid", place.subject, at, "a value that is valid here", problem.text, problem.pointer
            )


def _variable(contract: Contract, place: Place) -> Iterator[Violation]:
    values, default = place.value.get("enum"), place.value.get("default")
    if isinstance(values, list) and default is not None and default not in values:
        expected = f"one of {', '.join(map(str, values))}"
        yield contract.violation("default-valid", place.subject, f"{place.pointer}/default", expected, f"{default}")


def _required(contract: Contract, place: Place) -> Iterator[Violation]:
    schema = place.value
    if schema.get("additionalProperties") is not False:
        return
    known, patterns = dict(members(schema.get("properties"))), dict(members(schema.get("patternProperties")))
    for index, name in enumerate(texts(schema.get("required"))):
        if name not in known and not any(_matches(pattern, name) for pattern in patterns):
            at = f"{place.pointer}/required/{index}"
            expected = "one of the properties, as others are not allowed"
            yield contract.violation("required-declared", place.subject, at, expected, name, name)


def problems_of(compile_schema: Compile, schema: Any, value: Any) -> list[Problem]:
    """Return what does not hold in `value`; nothing where the schema itself is at fault, which other rules tell."""
    try:
        return compile_schema(schema).problems(value)
    except ContractUnreadable:
        return []


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
