"""Comparing two schemas: each rule fires where it should, and schemas that mean the same have no difference."""

from __future__ import annotations

import json
from typing import Any

import pytest

from conformance.diff.change import Direction, Severity
from conformance.diff.node import Files
from conformance.diff.schema_rules import SCHEMA_RULES, Effect
from conformance.diff.schemas import Difference, compare_schemas
from conformance.diff.shape import Dialect

V30, V31, ASYNC = Dialect.OPENAPI_30, Dialect.OPENAPI_31, Dialect.ASYNCAPI
NUMBER, STRING, OBJECT = {"type": "number"}, {"type": "string"}, {"type": "object"}
A_STRING = {"type": "object", "properties": {"a": STRING}}
STRINGS = {"type": "object", "additionalProperties": {"type": "string"}}
CLOSED = {"additionalProperties": False}
NODE = {"type": "object", "properties": {"value": STRING, "next": {"$ref": "#"}}}


def differences(old: Any, new: Any, old_dialect: Dialect = V31, new_dialect: Dialect | None = None) -> list[Difference]:
    """Compare two schemas that are each a document."""
    roots = [Files("test", lambda _, schema=schema: json.dumps(schema)).root("schema.json") for schema in (old, new)]
    assert roots[0] is not None
    assert roots[1] is not None
    return compare_schemas((roots[0],), (roots[1],), old_dialect, new_dialect or old_dialect)


def rules(old: Any, new: Any, dialect: Dialect = V31) -> set[str]:
    """Return the ids of the rules that fire."""
    return {difference.rule for difference in differences(old, new, dialect)}


# (old, new, rule there, rule back)
STEPS: list[tuple[Any, Any, str, str]] = [
    (OBJECT, {**A_STRING, "required": ["a"]}, "required-property-added", "property-removed"),
    ({**OBJECT, **CLOSED}, {**A_STRING, **CLOSED, "required": ["a"]},
     "required-property-added-to-closed", "property-removed-from-closed"),
    ({**OBJECT, **CLOSED}, {**A_STRING, **CLOSED}, "property-added", "property-removed-from-closed"),
    (OBJECT, A_STRING, "property-added-to-open", "property-removed"),
    (STRINGS, {**STRINGS, "properties": {"a": NUMBER}},
     "property-added-otherwise", "property-removed-from-closed"),
    (A_STRING, {**A_STRING, "required": ["a"]}, "property-now-required", "property-no-longer-required"),
    (A_STRING, {**A_STRING, **CLOSED}, "object-closed", "object-opened"),
    (OBJECT, {**OBJECT, "patternProperties": {"^x": STRING}},
     "pattern-properties-changed", "pattern-properties-changed"),
    (OBJECT, {**OBJECT, "dependentRequired": {"a": ["b"]}}, "dependency-added", "dependency-removed"),
    ({"type": ["string", "null"]}, STRING, "type-narrowed", "type-widened"),
    (NUMBER, {"type": "integer"}, "type-narrowed", "type-widened"),
    ({}, STRING, "type-narrowed", "type-widened"),
    (STRING, NUMBER, "type-changed", "type-changed"),
    ({"enum": ["a", "b"]}, {"enum": ["a"]}, "enum-value-removed", "enum-value-added"),
    (STRING, {"type": "string", "enum": ["a"]}, "enum-added", "enum-removed"),
    ({"type": "boolean"}, {"const": True}, "enum-value-removed", "enum-value-added"),
    (NUMBER, {**NUMBER, "minimum": 0}, "bound-narrowed", "bound-widened"),
    ({**NUMBER, "minimum": 0}, {**NUMBER, "exclusiveMinimum": 0}, "bound-narrowed", "bound-widened"),
    (NUMBER, {**NUMBER, "multipleOf": 0.5}, "bound-narrowed", "bound-widened"),
    ({**NUMBER, "multipleOf": 0.5}, {**NUMBER, "multipleOf": 1.5}, "bound-narrowed", "bound-widened"),
    ({"type": "array"}, {"type": "array", "uniqueItems": True}, "bound-narrowed", "bound-widened"),
    ({"type": "array"}, {"type": "array", "minItems": 1}, "bound-narrowed", "bound-widened"),
    (OBJECT, {**OBJECT, "maxProperties": 3}, "bound-narrowed", "bound-widened"),
    (STRING, {**STRING, "pattern": "^a"}, "pattern-added", "pattern-removed"),
    ({**STRING, "pattern": "^b"}, {**STRING, "pattern": "^a"}, "pattern-changed", "pattern-changed"),
    (STRING, {**STRING, "format": "uri"}, "format-added", "format-removed"),
    ({"type": "integer", "format": "int64"}, {"type": "integer", "format": "int32"}, "format-added", "format-removed"),
    ({**STRING, "format": "date"}, {**STRING, "format": "date-time"}, "format-changed", "format-changed"),
    ({"anyOf": [STRING, {"type": "null"}]}, STRING, "alternative-removed", "alternative-added"),
    ({"oneOf": [STRING, NUMBER]}, {"oneOf": [STRING]}, "alternative-removed", "alternative-added"),
    (STRING, {**STRING, "not": {"const": "a"}}, "condition-added", "condition-removed"),
    ({"not": {"const": "a"}}, {"not": {"const": "b"}}, "condition-changed", "condition-changed"),
    ({**STRING, "default": "a"}, {**STRING, "default": "b"}, "default-changed", "default-changed"),
    ({**STRING, "default": None}, STRING, "default-changed", "default-changed"),
    (STRING, {**STRING, "readOnly": True}, "access-changed", "access-changed"),
    (STRING, {**STRING, "description": "Text."}, "schema-docs", "schema-docs"),
    (STRING, {**STRING, "deprecated": True}, "schema-deprecated", "schema-deprecated"),
]  # fmt: skip


@pytest.mark.parametrize(("old", "new", "there", "back"), STEPS)
def test_a_step_fires_its_rule(old: Any, new: Any, there: str, back: str) -> None:
    assert (rules(old, new), rules(new, old)) == ({there}, {back})


def test_every_rule_of_the_schemas_is_tried_by_a_step() -> None:
    tried = {rule for step in STEPS for rule in step[2:]}
    assert set(SCHEMA_RULES) - tried == {"error-code-added"}  # an enum-value-added, as the document sees it


SAME: list[tuple[Any, Any]] = [
    ({"const": "a"}, {"type": "string", "enum": ["a"]}),
    ({"enum": ["a", "b"]}, {"enum": ["b", "a"]}),
    ({"enum": [1]}, {"enum": [1.0]}),
    ({"type": "boolean"}, {"type": "boolean", "enum": [True, False]}),
    ({"type": ["string", "null"]}, {"type": ["null", "string"]}),
    ({"type": "integer", "minimum": 1}, {"type": "integer", "exclusiveMinimum": 0}),
    ({"type": "integer", "maximum": 1.5}, {"type": "integer", "exclusiveMaximum": 2}),
    ({"type": "integer"}, {"type": "integer", "multipleOf": 1}),
    ({"type": "string", "minLength": 0}, STRING),
    (STRING, {"type": "string", "minimum": 3}),
    ({"enum": ["ab", "abc"]}, {"enum": ["ab", "abc"], "minLength": 2, "pattern": "^a"}),
    ({"required": ["a", "b"]}, {"required": ["b", "a"]}),
    (A_STRING, {"allOf": [A_STRING]}),
    ({**A_STRING, "required": ["a"]}, {"allOf": [A_STRING, {"required": ["a"]}]}),
    ({**A_STRING, **CLOSED}, {"allOf": [{**A_STRING, **CLOSED}, OBJECT]}),
    (A_STRING, {**A_STRING, "additionalProperties": True}),
    ({"oneOf": [STRING, NUMBER]}, {"anyOf": [NUMBER, STRING]}),
    ({"anyOf": [STRING]}, STRING),
    ({"type": "array", "items": True}, {"type": "array"}),
    ({"type": ["string", "null"], "anyOf": [STRING, NUMBER]}, {"type": "string", "anyOf": [STRING, NUMBER]}),
    (NODE, {**NODE, "properties": {"value": STRING, "next": {"allOf": [{"$ref": "#"}]}}}),
    (NODE, {"$ref": "#/$defs/node", "$defs": {"node": {**NODE, "properties": {
        "value": STRING, "next": {"$ref": "#/$defs/node"}}}}}),
    ({"allOf": [{"$ref": "#"}], **OBJECT}, OBJECT),
    ({**STRING, "format": "password"}, STRING),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME)
def test_schemas_that_mean_the_same_have_no_difference(one: Any, other: Any) -> None:
    assert (differences(one, other), differences(other, one)) == ([], [])


def test_a_change_behind_a_circle_of_references_is_found() -> None:
    longer = {**NODE, "properties": {"value": {**STRING, "maxLength": 3}, "next": {"$ref": "#"}}}
    assert [(found.rule, found.place) for found in differences(NODE, longer)] == [("bound-narrowed", ("value",))]


def test_a_change_behind_two_circles_is_found_from_either_side() -> None:
    def tree(limit: int) -> Any:
        one = {"type": "object", "properties": {"two": {"$ref": "#/$defs/two"}}}
        two = {
            "type": "object",
            "properties": {"one": {"$ref": "#/$defs/one"}, "n": {"type": "integer", "maximum": limit}},
        }
        return {"$defs": {"one": one, "two": two}, "type": "object", "properties": {
            "a": {"$ref": "#/$defs/one"}, "b": {"$ref": "#/$defs/two"}}}  # fmt: skip

    places = {found.place for found in differences(tree(5), tree(4))}
    assert {("a", "two", "n"), ("b", "n")} <= places


def test_a_circle_through_a_condition_is_followed() -> None:
    def knot(limit: int) -> Any:
        return {"type": "object", "maxProperties": limit, "properties": {"a": {"not": {"$ref": "#"}}}}

    assert differences(knot(3), knot(3)) == []
    assert rules(knot(3), knot(2)) == {"bound-narrowed", "condition-changed"}  # {"a": {three}} was not allowed

    def branch(limit: int) -> Any:
        return {"type": "object", "maxProperties": limit, "properties": {"a": {"oneOf": [{"$ref": "#"}, OBJECT]}}}

    assert differences(branch(3), branch(3)) == []
    assert rules(branch(3), branch(2)) == {"bound-narrowed", "condition-changed"}


def test_a_property_that_a_pattern_allowed_was_not_shut_out() -> None:
    old = {"type": "object", "patternProperties": {"^a": True}, **CLOSED}
    assert rules(old, {**old, "properties": {"ab": STRING}}) == {"property-added-to-open"}
    assert rules(old, {**old, "properties": {"b": STRING}}) == {"property-added"}


def test_what_is_unevaluated_hangs_on_all_that_stands_beside_it() -> None:
    old = {"type": "object", "unevaluatedProperties": False, "properties": {"a": STRING}}
    assert rules(old, {**old, "title": "Words"}) == {"schema-docs"}
    assert rules(old, {**old, "additionalProperties": True}) == {"condition-changed"}
    assert "condition-changed" in rules(old, {**old, "if": {"properties": {"b": STRING}}})
    by_name = {**old, "allOf": [{"$ref": "#/$defs/more"}]}
    less, more = {**by_name, "$defs": {"more": {}}}, {**by_name, "$defs": {"more": {"additionalProperties": True}}}
    assert rules(less, more) == {"condition-changed"}
    assert rules(less, less) == set()


def test_what_only_one_type_needs_is_silent_without_that_type() -> None:
    assert rules({"type": "string", "maxLength": 3}, {"type": "integer", "minimum": 3}) == {"type-changed"}


def test_openapi_30_writes_null_and_exclusive_bounds_its_own_way() -> None:
    old = {"type": "string", "nullable": True}
    assert differences(old, {"type": ["string", "null"]}, V30, V31) == []
    bounds = {"type": "number", "minimum": 1, "exclusiveMinimum": True}
    assert differences(bounds, {"type": "number", "exclusiveMinimum": 1}, V30, V31) == []


def test_words_beside_a_reference_count_in_31_only() -> None:
    old = {"properties": {"a": {"$ref": "#/$defs/a"}}, "$defs": {"a": STRING}}
    new = {"properties": {"a": {"$ref": "#/$defs/a", "maxLength": 2}}, "$defs": {"a": STRING}}
    assert rules(old, new, V31) == {"bound-narrowed"}
    assert rules(old, new, V30) == set()
    assert rules(old, new, ASYNC) == set()


def test_draft_7_writes_tuples_and_dependencies_its_own_way() -> None:
    tuple_7 = {"type": "array", "items": [STRING, NUMBER], "additionalItems": False}
    tuple_2020 = {"type": "array", "prefixItems": [STRING, NUMBER], "items": False}
    assert differences(tuple_7, tuple_2020, ASYNC, V31) == []
    needs = {"type": "object", "dependencies": {"a": ["b"], "c": {"required": ["d"]}}}
    needs_2020 = {"type": "object", "dependentRequired": {"a": ["b"]}, "dependentSchemas": {"c": {"required": ["d"]}}}
    assert differences(needs, needs_2020, ASYNC, V31) == []


def test_closedness_of_one_part_of_an_all_of_reaches_the_properties_of_another() -> None:
    old = {"allOf": [{**A_STRING, **CLOSED}, {"properties": {"b": STRING}}]}
    new = {"allOf": [A_STRING, {"properties": {"b": STRING}}]}
    assert Effect.WIDER in differences(old, new)[0].effect | differences(old, new)[-1].effect
    assert {found.place for found in differences(old, new)} == {("b",), ()}


def test_an_alternative_of_one_of_that_may_overlap_is_judged_with_care() -> None:
    old = {"oneOf": [{"type": "integer", "maximum": 5}, {"type": "integer", "minimum": 8}]}
    new = {"oneOf": [{"type": "integer", "maximum": 9}, {"type": "integer", "minimum": 8}]}  # 8 and 9 are lost
    assert rules(old, new) == {"condition-changed"}


def test_alternatives_with_a_tag_are_told_apart_by_it() -> None:
    def shape(kind: str, **more: Any) -> Any:
        return {"type": "object", "required": ["kind"], "properties": {"kind": {"const": kind}, **more}}

    old = {"oneOf": [shape("text"), shape("image")]}
    assert rules(old, {"oneOf": [shape("image"), shape("text"), shape("file")]}) == {"alternative-added"}
    assert rules(old, {"oneOf": [shape("text"), shape("image", width=NUMBER)]}) == {"property-added-to-open"}


@pytest.mark.parametrize("rule", SCHEMA_RULES.values(), ids=lambda rule: rule.id)
def test_the_verdicts_of_a_rule_follow_from_its_effect(rule: Any) -> None:
    careful = {Severity.BREAKING, Severity.RISKY}
    if Effect.NARROWER in rule.effect:
        assert rule.severity(Direction.TO_SERVER) in careful
    if Effect.WIDER in rule.effect:
        assert rule.severity(Direction.TO_CLIENT) in careful
    if rule.effect is Effect.NARROWER:
        assert rule.severity(Direction.TO_CLIENT) is Severity.SAFE
    if rule.effect is Effect.WIDER:
        assert rule.severity(Direction.TO_SERVER) in {Severity.SAFE, Severity.RISKY}
