"""The normal form of a schema: what it demands, after `$ref`, `allOf`, `nullable` and the dialects are worked in.

Two schemas that are written differently and mean the same have mostly the same `Shape`. Compares nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from typing import Any

from conformance.diff.node import Node
from conformance.diff.values import FRACTION, INTEGER, atom_of, canonical

Schemas = tuple[Node, ...]  # all of them hold together; none of them: anything goes

ATOMS = frozenset({"null", "boolean", "object", "array", "string", INTEGER, FRACTION})
NUMBERS = frozenset({INTEGER, FRACTION})
COUNTS = {  # keyword: the type that it is about
    "minLength": "string", "maxLength": "string", "minItems": "array", "maxItems": "array",
    "minProperties": "object", "maxProperties": "object",
}  # fmt: skip
_OBJECT_RULES = ("properties", "patternProperties", "additionalProperties")
WORDS = ("description", "title", "example", "examples", "$comment", "externalDocs")
NOTES = ("default", "readOnly", "writeOnly", "deprecated")
LITERALS = ("contentEncoding", "contentMediaType", "discriminator")
SUBSCHEMAS = ("not", "contains", "if", "propertyNames", "unevaluatedProperties", "unevaluatedItems", "contentSchema")


class Dialect(Enum):
    """Which rules a document's schemas follow."""

    OPENAPI_30 = "nullable, boolean exclusiveMinimum, nothing beside $ref"
    OPENAPI_31 = "JSON Schema 2020-12"
    ASYNCAPI = "JSON Schema draft 7, nothing beside $ref"


def dialect_of(root: Node) -> Dialect:
    """Return the dialect of the schemas of a document, those in other files that it refers to included."""
    if "asyncapi" in root.value:
        return Dialect.ASYNCAPI
    return Dialect.OPENAPI_30 if str(root.value["openapi"]).startswith("3.0") else Dialect.OPENAPI_31


@dataclass(frozen=True)
class Union:
    """An `anyOf` or, where `exclusive`, a `oneOf`."""

    node: Node
    branches: tuple[Schemas, ...]
    exclusive: bool


@dataclass
class Shape:
    """What a schema demands. `where` tells for a keyword the place that states it."""

    types: frozenset[str] = ATOMS
    values: dict[str, Any] | None = None  # canonical text: value; None: not a finite set
    minimum: tuple[Fraction, bool] | None = None  # True: the bound itself is excluded
    maximum: tuple[Fraction, bool] | None = None
    counts: dict[str, int] = field(default_factory=dict)
    multiples: frozenset[Fraction] = frozenset()
    unique: bool = False
    patterns: frozenset[str] = frozenset()
    formats: frozenset[str] = frozenset()
    required: frozenset[str] = frozenset()
    declared: dict[str, Schemas] = field(default_factory=dict)
    additional: Schemas = ()
    by_pattern: dict[str, Schemas] = field(default_factory=dict)
    apart: list[Schemas] = field(default_factory=list)  # object rules that can't be merged with the others
    prefix: tuple[Schemas, ...] = ()
    items: Schemas = ()
    dependent_names: dict[str, frozenset[str]] = field(default_factory=dict)
    dependent_schemas: dict[str, Schemas] = field(default_factory=dict)
    unions: list[Union] = field(default_factory=list)
    conditions: dict[str, list[Node]] = field(default_factory=dict)  # keyword of SUBSCHEMAS: who states it
    literals: dict[str, Any] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)
    words: dict[str, Any] = field(default_factory=dict)
    where: dict[str, Node] = field(default_factory=dict)

    def item(self, index: int) -> Schemas:
        """Return what the array element at `index` has to fulfil."""
        return self.prefix[index] if index < len(self.prefix) else self.items


def shape_of(schemas: Schemas, dialect: Dialect, inside: frozenset[tuple[str, str]] = frozenset()) -> Shape:
    """Return the normal form of `schemas`; `inside` is where the caller already is, as schemas contain themselves."""
    merged = _Merger(dialect, inside)
    for node in schemas:
        merged.add(node)
    return merged.finished()


class _Merger:
    def __init__(self, dialect: Dialect, inside: frozenset[tuple[str, str]]) -> None:
        self.dialect = dialect
        self.inside = inside
        self.seen: set[tuple[str, str]] = set()
        self.shape = Shape()

    def add(self, node: Node) -> None:
        shape, value = self.shape, node.value
        if node.place in self.seen:
            return
        self.seen.add(node.place)
        if value is False:
            shape.types = frozenset()
            shape.where["type"] = node
        if not isinstance(value, dict):
            return
        if node.reference is not None:
            self.add(node.referred())
            if self.dialect is not Dialect.OPENAPI_31:
                return
        for keyword in value:
            shape.where.setdefault(keyword, node.at(keyword))
        for keyword in WORDS:
            if keyword in value:
                shape.words.setdefault(keyword, value[keyword])
        for keyword in NOTES:
            if keyword in value:
                shape.notes.setdefault(keyword, value[keyword])
        for keyword in LITERALS:
            if keyword in value:
                shape.literals[keyword] = [*shape.literals.get(keyword, []), value[keyword]]
        for keyword in SUBSCHEMAS:
            if keyword in value:
                shape.conditions.setdefault(keyword, []).append(node)
        self._add_values(value)
        self._add_bounds(value)
        self._add_object(node)
        self._add_array(node)
        for member in _listed(node, "allOf"):
            self.add(member)
        for keyword in ("anyOf", "oneOf"):
            branches = _listed(node, keyword)
            if len(branches) == 1:
                self.add(branches[0])
            elif branches:
                union = Union(node.at(keyword), tuple((branch,) for branch in branches), keyword == "oneOf")
                shape.unions.append(union)

    def _add_values(self, value: dict[str, Any]) -> None:
        shape = self.shape
        named = value.get("type")
        if named is not None:
            types = set(named if isinstance(named, list) else [named])
            if self.dialect is Dialect.OPENAPI_30 and value.get("nullable") is True:
                types.add("null")
            if "number" in types:
                types |= NUMBERS
            shape.types &= types
        for keyword in ("enum", "const"):
            if keyword in value:
                listed = value["enum"] if keyword == "enum" else [value["const"]]
                values = {canonical(item): item for item in listed}
                known = shape.values
                shape.values = values if known is None else {key: known[key] for key in known if key in values}

    def _add_bounds(self, value: dict[str, Any]) -> None:
        shape = self.shape
        for keyword, bare in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            exclusive = value.get(bare)
            bounds = []
            if keyword in value:
                bounds.append((_fraction(value[keyword]), exclusive is True))
            if exclusive is not None and not isinstance(exclusive, bool):
                bounds.append((_fraction(exclusive), True))
            for bound in bounds:
                known = getattr(shape, keyword)
                setattr(shape, keyword, _stricter(known, bound, lower=keyword == "minimum"))
        for keyword in COUNTS:
            if keyword in value:
                strictest = max if keyword.startswith("min") else min
                shape.counts[keyword] = strictest(shape.counts.get(keyword, value[keyword]), value[keyword])
        if "multipleOf" in value:
            shape.multiples |= {_fraction(value["multipleOf"])}
        shape.unique = shape.unique or value.get("uniqueItems") is True
        if "pattern" in value:
            shape.patterns |= {value["pattern"]}
        if "format" in value and value["format"] != "password":  # a hint for forms, not a demand
            shape.formats |= {value["format"]}

    def _add_object(self, node: Node) -> None:
        shape, value = self.shape, node.value
        shape.required |= frozenset(value.get("required") or ())
        for keyword in ("dependentRequired", "dependencies"):
            for name, needed in (value.get(keyword) or {}).items():
                if isinstance(needed, list):
                    shape.dependent_names[name] = shape.dependent_names.get(name, frozenset()) | frozenset(needed)
                else:
                    self._depend(name, node.at(keyword).at(name))
        for name in value.get("dependentSchemas") or {}:
            self._depend(name, node.at("dependentSchemas").at(name))
        declared = _mapped(node, "properties")
        by_pattern = _mapped(node, "patternProperties")
        additional: Schemas = ()
        if value.get("additionalProperties", True) is not True:
            additional = (node.at("additionalProperties"),)
        if (by_pattern or shape.by_pattern) and (additional or shape.additional) and _has_rules(shape):
            kept = {key: value[key] for key in _OBJECT_RULES if key in value}
            if kept:
                shape.apart.append((node.only("object rules", kept),))
            return
        names = [*shape.declared, *(name for name in declared if name not in shape.declared)]
        shape.declared = {
            name: shape.declared.get(name, shape.additional) + declared.get(name, additional) for name in names
        }
        shape.additional += additional
        for pattern, schemas in by_pattern.items():
            shape.by_pattern[pattern] = shape.by_pattern.get(pattern, ()) + schemas

    def _depend(self, name: str, node: Node) -> None:
        self.shape.dependent_schemas[name] = (*self.shape.dependent_schemas.get(name, ()), node)

    def _add_array(self, node: Node) -> None:
        shape, value = self.shape, node.value
        prefix: tuple[Schemas, ...] = tuple((item,) for item in _listed(node, "prefixItems"))
        rest = "items"
        if isinstance(value.get("items"), list):  # draft 7's way to say prefixItems
            prefix, rest = tuple((item,) for item in _listed(node, "items")), "additionalItems"
        items = (node.at(rest),) if rest in value else ()
        length = max(len(prefix), len(shape.prefix))
        shape.prefix = tuple(
            shape.item(index) + (prefix[index] if index < len(prefix) else items) for index in range(length)
        )
        shape.items += items

    def finished(self) -> Shape:
        shape = self.shape
        for union in shape.unions:
            possible: frozenset[str] = frozenset()
            for branch in union.branches:
                possible |= possible_types(branch, self.dialect, self.inside | self.seen)
            shape.types &= possible
        if shape.values is None and shape.types <= {"boolean", "null"}:
            every = (("null", None), ("boolean", True), ("boolean", False))
            shape.values = {canonical(value): value for atom, value in every if atom in shape.types}
        if shape.values is not None:
            shape.values = {key: value for key, value in shape.values.items() if atom_of(value) in shape.types}
            shape.types &= frozenset(map(atom_of, shape.values.values()))
        if FRACTION not in shape.types:
            shape.minimum = shape.minimum and _whole_bound(shape.minimum, lower=True)
            shape.maximum = shape.maximum and _whole_bound(shape.maximum, lower=False)
        return shape


def possible_types(
    schemas: Schemas, dialect: Dialect, inside: frozenset[tuple[str, str]] = frozenset()
) -> frozenset[str]:
    """Return the types that a value of `schemas` can have, at most."""
    if any(node.followed().place in inside for node in schemas):
        return ATOMS
    return shape_of(schemas, dialect, inside).types


def _has_rules(shape: Shape) -> bool:
    return bool(shape.declared or shape.by_pattern or shape.additional)


def _listed(node: Node, keyword: str) -> list[Node]:
    listed = node.value.get(keyword)
    return [node.at(keyword).at(index) for index in range(len(listed))] if isinstance(listed, list) else []


def _mapped(node: Node, keyword: str) -> dict[str, Schemas]:
    return {name: (node.at(keyword).at(name),) for name in node.value.get(keyword) or {}}


def _fraction(number: Any) -> Fraction:
    return Fraction(str(number))


def _stricter(
    known: tuple[Fraction, bool] | None, bound: tuple[Fraction, bool], *, lower: bool
) -> tuple[Fraction, bool]:
    if known is None:
        return bound
    return max(known, bound) if lower else min(known, bound, key=lambda pair: (pair[0], not pair[1]))


def _whole_bound(bound: tuple[Fraction, bool], *, lower: bool) -> tuple[Fraction, bool]:
    number, exclusive = bound
    if lower:
        return Fraction(math.floor(number) + 1 if exclusive else math.ceil(number)), False
    return Fraction(math.ceil(number) - 1 if exclusive else math.floor(number)), False
