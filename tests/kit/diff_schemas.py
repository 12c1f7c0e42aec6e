"""Random JSON Schemas in pairs, and the values that they are tried on.

The values are few and small, and the keywords speak of the same few, so that trying them all decides nearly every
question about them.
"""

from __future__ import annotations

import copy
import itertools
from random import Random
from typing import Any

SCALARS: list[Any] = [None, True, False, -1, 0, 1, 2, 3, 6, 1.5, 2.5, "", "a", "b", "ab", "aab", "bbbb"]
FEW: list[Any] = [None, True, 1, 2.5, "a", "ab"]
NAMES = ("a", "b", "c")
ABSENT = object()


def _objects(values: list[Any], names: tuple[str, ...]) -> list[dict[str, Any]]:
    chosen = itertools.product([ABSENT, *values], repeat=len(names))
    return [{name: value for name, value in zip(names, each, strict=True) if value is not ABSENT} for each in chosen]


_SMALL = _objects([1, "a", "ab"], ("a", "b"))
UNIVERSE: list[Any] = [
    *SCALARS,
    [],
    *([one] for one in SCALARS),
    *([one, other] for one in FEW for other in FEW),
    *([1, "a", one] for one in FEW),
    *_objects(FEW, NAMES),
    *({"a": one, "b": other} for one in [*_SMALL, [], ["a"], [1, 2]] for other in (1, "a", {})),
    *({"a": {"a": one}} for one in _SMALL),
    *({"a": {"b": one}, "c": 1} for one in _SMALL),
    *([one] for one in _SMALL),
    *([one, {"a": 1}] for one in _SMALL),
    *([[one]] for one in FEW),
]

TYPES = ("null", "boolean", "integer", "number", "string", "array", "object")
PATTERNS = ("^a", "b$", "^[ab]*$", "a")


def random_schema(random: Random, depth: int = 2) -> Any:
    """Return a schema; at depth 0 without schemas inside."""
    if random.random() < 0.08:
        return random.choice([True, False, {}])
    schema: dict[str, Any] = {}
    if random.random() < 0.75:
        schema["type"] = random.choice(TYPES) if random.random() < 0.7 else random.sample(TYPES, 2)
    keywords = [*_PLAIN, *(_NESTED if depth else ())]
    for keyword in random.sample(keywords, random.choice((0, 1, 1, 2, 3, 4))):
        schema[keyword] = random_keyword(random, keyword, depth - 1)
    named = schema.get("type")
    if depth and "object" in (named or "") and random.random() < 0.8:
        schema["properties"] = random_keyword(random, "properties", depth - 1)
    if depth and "array" in (named or "") and random.random() < 0.6:
        schema["items"] = random_schema(random, depth - 1)
    return schema


_PLAIN = (
    "enum", "const", "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength",
    "maxLength", "pattern", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties", "required",
    "dependentRequired", "additionalProperties", "$ref",
)  # fmt: skip
_NESTED = (
    "properties", "additionalProperties", "patternProperties", "propertyNames", "items", "prefixItems", "contains",
    "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "unevaluatedProperties",
)  # fmt: skip


def random_keyword(random: Random, keyword: str, depth: int) -> Any:
    """Return a value for a keyword."""
    depth = max(depth, 0)

    def some(least: int, most: int) -> list[Any]:
        return [random_schema(random, depth) for _ in range(random.randint(least, most))]

    match keyword:
        case "enum":
            return random.sample([*SCALARS, {}, [], {"a": 1}], random.randint(1, 4))
        case "const":
            return random.choice(SCALARS)
        case "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum":
            return random.choice((0, 1, 2, 3, 1.5))
        case "multipleOf":
            return random.choice((1, 2, 3, 0.5))
        case "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties":
            return random.randint(0, 3)
        case "pattern":
            return random.choice(PATTERNS)
        case "uniqueItems":
            return random.random() < 0.8
        case "required":
            return random.sample(NAMES, random.randint(1, 2))
        case "dependentRequired":
            return {random.choice(NAMES): [random.choice(NAMES)]}
        case "$ref":
            return random.choice(("#", "#/$defs/one", "#/$defs/two"))
        case "properties" | "dependentSchemas":
            return {name: random_schema(random, depth) for name in random.sample(NAMES, random.randint(1, 3))}
        case "patternProperties":
            return {pattern: random_schema(random, depth) for pattern in random.sample(PATTERNS, 1)}
        case "prefixItems":
            return some(1, 2)
        case "allOf" | "anyOf" | "oneOf":
            return some(1, 3)
        case "additionalProperties" | "unevaluatedProperties" if random.random() < 0.6:
            return random.random() < 0.2
        case _:
            return random_schema(random, depth)


def random_pair(random: Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return two versions of a schema: mostly one to three edits apart, sometimes unrelated."""
    old = _root(random)
    if random.random() < 0.1:
        return old, _root(random)
    new = copy.deepcopy(old)
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        body = {keyword: value for keyword, value in new.items() if keyword != "$defs"}
        inner = list(_schemas_in(body))[1:] if random.random() < 0.8 else list(_schemas_in(new))[1:]
        _edit(random, random.choice([new, *inner]))
    return old, new


def _root(random: Random) -> dict[str, Any]:
    schema = random_schema(random, 3)
    while not isinstance(schema, dict) or "$ref" in schema:
        schema = random_schema(random, 3)
    schema["$defs"] = {"one": random_schema(random, 1), "two": random_schema(random, 1)}
    for inner in _schemas_in(schema):
        _break_empty_circle(inner)
    return schema


def _schemas_in(schema: Any) -> Any:
    """Yield every object that is a schema, the outermost first."""
    if not isinstance(schema, dict):
        return
    yield schema
    for keyword, value in schema.items():
        if keyword in ("properties", "patternProperties", "dependentSchemas", "$defs"):
            for inner in value.values():
                yield from _schemas_in(inner)
        elif keyword in ("allOf", "anyOf", "oneOf", "prefixItems"):
            for inner in value:
                yield from _schemas_in(inner)
        elif keyword not in ("enum", "const"):
            yield from _schemas_in(value)


_DESCENDING = {"properties", "patternProperties", "items", "prefixItems", "additionalProperties"}


def _break_empty_circle(schema: dict[str, Any]) -> None:
    """Take references away where they could lead back without a step into the value: no validator survives that."""
    for keyword in list(schema):
        if keyword in _DESCENDING or keyword in ("enum", "const"):
            continue
        values = schema[keyword]
        inner = values.values() if isinstance(values, dict) and keyword == "dependentSchemas" else [values]
        for each in itertools.chain.from_iterable(one if isinstance(one, list) else [one] for one in inner):
            if isinstance(each, dict):
                each.pop("$ref", None)
    if "$defs" in schema:
        for each in schema["$defs"].values():
            if isinstance(each, dict):
                each.pop("$ref", None)


def _edit(random: Random, schema: dict[str, Any]) -> None:
    keywords = [keyword for keyword in schema if keyword not in ("$defs", "$ref")]
    choice = random.random()
    if choice < 0.3 and keywords:
        del schema[random.choice(keywords)]
    elif choice < 0.7 and keywords:
        keyword = random.choice(keywords)
        schema[keyword] = _edited(random, keyword, schema[keyword])
    else:
        keyword = random.choice([*_PLAIN, *_NESTED])
        if keyword != "$ref":
            schema[keyword] = random_keyword(random, keyword, 1)
    _break_empty_circle(schema)


def _edited(random: Random, keyword: str, value: Any) -> Any:
    if keyword == "type":
        return random.choice(TYPES) if random.random() < 0.5 else random.sample(TYPES, 2)
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float) and keyword not in ("const", "multipleOf"):
        return value + random.choice((-1, 1)) if value > 0 else value + 1
    if isinstance(value, list) and keyword != "type":
        kept = [item for item in value if random.random() < 0.6] or value[:1]
        more = random_keyword(random, keyword, 1)
        return kept if random.random() < 0.5 or not isinstance(more, list) else _unique([*kept, *more])
    if isinstance(value, dict) and keyword in ("properties", "dependentSchemas"):
        return {
            **{name: each for name, each in value.items() if random.random() < 0.7},
            **random_keyword(random, keyword, 0),
        }
    return random_keyword(random, keyword, 1)


def _unique(values: list[Any]) -> list[Any]:
    known: list[str] = []
    for value in values:
        if repr(value) not in known:
            known.append(repr(value))
    return [next(value for value in values if repr(value) == text) for text in known]
