"""Schemas for the tests of `conformance.generate`: GoChat's frames, an unrelated document's, and any that chance makes.

And a second opinion on values: the Python validator `jsonschema`, which shares no code with the one that the kit uses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import jsonschema_rs
import yaml
from hypothesis import strategies as st
from jsonschema.validators import extend

CHECKOUT = Path(__file__).resolve().parents[2]
GOCHAT: dict[str, Any] = yaml.safe_load((CHECKOUT / "generated/asyncapi.yaml").read_text(encoding="utf-8"))

HARBOUR: dict[str, Any] = yaml.safe_load(r"""
asyncapi: 3.0.0
info: {title: Harbour, version: 1.0.0}
components:
  messages:
    order:
      payload: {$ref: '#/components/schemas/Order'}
    report:
      payload:
        type: object
        required: [op, report]
        properties:
          op: {const: report}
          report: {$ref: '#/components/schemas/Report'}
    subscribe:
      payload:
        type: array
        items: [{const: subscribe}, {$ref: '#/components/schemas/Berth'}, {type: [integer, 'null'], minimum: -1}]
        additionalItems: false
        minItems: 2
    crew:
      payload: {$ref: '#/components/schemas/Crew'}
  schemas:
    Envelope:
      type: object
      required: [op, at]
      properties:
        op: {type: string}
        at: {type: string, format: date-time}
    Order:
      allOf:
        - $ref: '#/components/schemas/Envelope'
        - type: object
          required: [cargo]
          properties:
            op: {enum: [load, unload]}
            cargo:
              type: array
              minItems: 1
              maxItems: 3
              uniqueItems: true
              items: {$ref: '#/components/schemas/Cargo'}
            weight in t: {type: number, exclusiveMinimum: 0, maximum: 50000, multipleOf: 0.5}
          if: {properties: {op: {const: unload}}}
          then: {required: [berth], properties: {berth: {$ref: '#/components/schemas/Berth'}}}
    Cargo:
      oneOf:
        - type: object
          additionalProperties: false
          required: [kind, teu]
          properties: {kind: {const: container}, teu: {type: integer, minimum: 1, maximum: 24000}}
        - type: object
          additionalProperties: false
          required: [kind, un]
          properties: {kind: {const: dangerous}, un: {type: string, pattern: '^UN[0-9]{4}$'}}
        - {type: string, minLength: 3, maxLength: 12}
    Berth:
      type: string
      pattern: '^[A-Z]{1,2}-\d+$'
      maxLength: 6
    Report:
      type: object
      minProperties: 1
      maxProperties: 4
      propertyNames: {pattern: '^[a-z]'}
      patternProperties: {'_id$': {type: integer}}
      additionalProperties:
        anyOf: [{type: string, maxLength: 5}, {type: 'null'}, {$ref: '#/components/schemas/Report'}]
    Crew:
      type: object
      required: [name]
      dependencies: {pilot: [licence]}
      properties:
        name: {type: string, minLength: 1, not: {enum: [nobody]}}
        pilot: {type: boolean}
        licence: {type: string, format: uuid}
        mail: {type: string, format: email}
        below: {type: array, items: {$ref: '#/components/schemas/Crew'}}
        watches: {type: array, contains: {const: night}, items: {enum: [day, night, dog]}}
""")


PAYLOADS: dict[str, tuple[Any, dict[str, Any]]] = {
    f"{title} {name}": (message["payload"], document)
    for title, document in (("GoChat", GOCHAT), ("Harbour", HARBOUR))
    for name, message in document["components"]["messages"].items()
}
"""Payload schema and document of each message, by document and message."""


def payload(name: str) -> tuple[Any, dict[str, Any]]:
    """Return the payload schema of a message and its document, as the functions of the package take them."""
    return PAYLOADS[name]


def both_validators(schema: Any, root: Any) -> list[Any]:
    """Return the validators of a schema by jsonschema-rs and by jsonschema."""
    whole = schema if schema is root else {"components": root["components"], "allOf": [schema]}
    return [jsonschema_rs.Draft7Validator(whole, validate_formats=True), python_validator(schema, root)]


def python_validator(schema: Any, root: Any) -> Any:
    """Return the Python validator of a schema, with `$` as ECMA has it: the very end, not before a newline."""

    def pattern(_validator: Any, source: str, value: Any, _schema: Any) -> Iterator[jsonschema.ValidationError]:
        if isinstance(value, str) and not re.search(re.sub(r"(?<!\\)\$(?=$|[|)])", r"\\Z", source), value, re.ASCII):
            yield jsonschema.ValidationError(f"{value!r} does not match {source!r}")

    def format_(_validator: Any, name: str, value: Any, _schema: Any) -> Iterator[jsonschema.ValidationError]:
        # Which formats count, and how strictly, is a matter of taste: here the taste of the kit's validator.
        if not jsonschema_rs.is_valid({"format": name}, value, draft=jsonschema_rs.Draft7, validate_formats=True):
            yield jsonschema.ValidationError(f"{value!r} is no {name}")

    validator = extend(jsonschema.Draft7Validator, {"pattern": pattern, "format": format_})
    return validator(schema) if schema is root else validator({"components": root["components"], "allOf": [schema]})


# --- any schema -------------------------------------------------------------------------------------------------------

NAMES = ("a", "b", "userId", "user_id", "B c", "é")
PATTERNS = ("^a+$", "^[a-z]{2,4}-[0-9]+$", "^(x|yy)?z*$", "[0-9]", r"^\w+\d?$", "^[^ab]*$", "^(?:foo|ba[rz])$")
FORMATS = ("date", "date-time", "ipv4", "email", "uri", "uuid", "int32", "nonsense")
DEFINITIONS = ("D", "E~/ %")
VALUES = (None, True, False, 0, 1, 2, -3, 2.5, "", "a", "on", [], [1], {}, {"a": 1})


def _bounded(low: str, high: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Return two bounds in the right order, one of them, or none."""
    both = st.tuples(values, values).map(sorted).map(lambda pair: {low: pair[0], high: pair[1]})
    return st.one_of(
        both, st.fixed_dictionaries({}, optional={low: values}), st.fixed_dictionaries({}, optional={high: values})
    )


def _merged(*parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*parts).map(lambda all_: {name: value for part in all_ for name, value in part.items()})


def _of(**optional: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries({}, optional=optional)


def _is(kind: Any) -> st.SearchStrategy[dict[str, Any]]:
    return st.just({"type": kind})


def _scalars() -> st.SearchStrategy[Any]:
    numbers = st.integers(-20, 20)
    halves = st.integers(-40, 40).map(lambda number: number / 2).map(lambda each: int(each) if each % 1 == 0 else each)
    lengths = st.integers(0, 12)
    exclusive = _of(exclusiveMinimum=st.integers(-30, 0), exclusiveMaximum=st.integers(1, 30))
    return st.one_of(
        _is("null"),
        _is("boolean"),
        _merged(_is("integer"), _bounded("minimum", "maximum", numbers), _of(multipleOf=st.sampled_from((1, 2, 3, 7)))),
        _merged(_is("integer"), exclusive, _of(format=st.sampled_from(("int32", "int64")))),
        _merged(_is("number"), _bounded("minimum", "maximum", halves), _of(multipleOf=st.sampled_from((0.5, 1, 3)))),
        _merged(_is("number"), exclusive),
        _merged(_is("string"), _bounded("minLength", "maxLength", lengths)),
        _merged(_is("string"), _of(pattern=st.sampled_from(PATTERNS), maxLength=st.integers(5, 30))),
        _merged(_is("string"), _of(format=st.sampled_from(FORMATS))),
        st.lists(st.sampled_from(VALUES), min_size=1, max_size=4, unique_by=repr).map(lambda values: {"enum": values}),
        st.sampled_from(VALUES).map(lambda value: {"const": value}),
        st.lists(
            st.sampled_from(("null", "integer", "string", "boolean", "number")), min_size=2, max_size=3, unique=True
        ).map(lambda kinds: {"type": kinds, "minimum": 0, "minLength": 1}),
        st.sampled_from((True, {})),
    )


def _containers(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    names = st.sampled_from(NAMES)
    counts = st.integers(0, 4)
    objects = _merged(
        _is("object"),
        _of(
            properties=st.dictionaries(names, inner, max_size=4),
            required=st.lists(names, max_size=3, unique=True),
            additionalProperties=st.one_of(st.just(False), inner),
        ),
    )
    rare_objects = _merged(
        _is("object"),
        _bounded("minProperties", "maxProperties", counts),
        _of(
            properties=st.dictionaries(names, inner, max_size=3),
            patternProperties=st.dictionaries(st.sampled_from(("^x", "_id$", "[0-9]")), inner, max_size=2),
            propertyNames=st.sampled_from(({"minLength": 1}, {"pattern": "^[a-z]"}, {"maxLength": 6})),
            dependencies=st.dictionaries(names, st.lists(names, min_size=1, max_size=2, unique=True), max_size=1),
            additionalProperties=inner,
        ),
    )
    arrays = _merged(
        _is("array"),
        _bounded("minItems", "maxItems", counts),
        st.one_of(
            _of(items=inner),
            _of(items=st.lists(inner, min_size=1, max_size=3), additionalItems=st.sampled_from((True, False))),
        ),
        _of(uniqueItems=st.booleans(), contains=inner),
    )
    few = st.lists(inner, min_size=2, max_size=3)
    return st.one_of(
        objects,
        objects,
        rare_objects,
        arrays,
        st.lists(objects, min_size=2, max_size=2).map(lambda parts: {"allOf": parts}),
        few.map(lambda parts: {"allOf": parts}),
        few.map(lambda parts: {"anyOf": parts}),
        few.map(lambda parts: {"oneOf": parts}),
        st.tuples(objects, inner).map(lambda pair: {**pair[0], "not": pair[1]}),
        st.tuples(objects, names).map(lambda pair: {**pair[0], "not": {"required": [pair[1]]}}),
        inner.map(lambda each: {"type": "object", "propertyNames": {"maxLength": 9}, "additionalProperties": each}),
        st.lists(inner, min_size=1, max_size=3).map(lambda items: {"items": items, "additionalItems": False}),
        st.tuples(inner, inner, inner).map(lambda three: dict(zip(("if", "then", "else"), three, strict=True))),
        st.tuples(_scalars(), few).map(
            lambda pair: {**pair[0], "anyOf": pair[1]} if isinstance(pair[0], dict) else True
        ),
    )


def schemas() -> st.SearchStrategy[Any]:
    """Return a strategy of schemas, with definitions that may refer to each other and to the whole."""
    references = st.sampled_from(("#/definitions/D", "#/definitions/E~0~1%20%25", "#")).map(lambda to: {"$ref": to})
    leaves = st.one_of(_scalars(), _scalars(), _scalars(), references)
    inner = st.recursive(leaves, _containers, max_leaves=6)
    definitions = st.fixed_dictionaries(dict.fromkeys(DEFINITIONS, inner))
    whole = _containers(inner).filter(lambda schema: isinstance(schema, dict))
    return st.tuples(whole, definitions).map(lambda pair: {**pair[0], "definitions": pair[1]})
