"""Each break of a schema breaks that keyword at that place and nothing else: two validators say so, for any schema."""

from __future__ import annotations

import copy
import json
import time
from collections import Counter
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings

from conformance.contract.load import escaped
from conformance.generate.broken import Break, breaks
from conformance.generate.schemas import UnusableSchema
from conformance.generate.valid import compile_sampler
from tests.kit.generate_schemas import PAYLOADS, both_validators, payload, schemas

SCHEMAS = 430
USABLE_MIN = 300
BREAKS_MIN = 3000
BREAKS_EACH = 24  # of one schema, those that are looked at
SPEED_US = 400

Place = tuple[str, str]


def pointer_of(path: Any) -> str:
    return "".join("/" + escaped(str(part)) for part in path)


def place_of(error: Any) -> Place:
    """Return pointer and keyword of what the Python validator finds; what a name breaks is `propertyNames`."""
    of_name = "propertyNames" in error.schema_path
    return pointer_of(error.absolute_path), "propertyNames" if of_name else error.validator


def complaints(validator: Any, value: Any) -> set[Place]:
    return {place_of(error) for error in validator.iter_errors(value)}


def leaves(error: Any) -> set[Place]:
    """Return pointer and keyword of everything that a combinator's branches find."""
    own = {place_of(error)}
    return own.union(*(leaves(each) for each in error.context))


def assert_breaks(each: Break, value: Any, rust: Any, python: Any) -> None:
    """Hold a broken value to what the break says about it."""
    assert not rust.is_valid(value), (each, value)
    found = complaints(python, value)
    together = {(each.reported_at, keyword) for keyword in each.also}
    if each.enclosing is None:
        assert found - together == {(each.reported_at, each.keyword)}, (each, value)
    else:
        assert found == {each.enclosing}, (each, value)
        inner = set[Place]().union(*(leaves(error) for error in python.iter_errors(value)))
        assert (each.reported_at, each.keyword) in inner, (each, value)


def parent(pointer: str) -> str:
    return pointer.rpartition("/")[0]


def test_breaks_of_any_schema_break_what_they_say() -> None:
    outcomes: Counter[str] = Counter()
    keywords: Counter[str] = Counter()

    @settings(
        max_examples=SCHEMAS, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
    )
    @given(schemas())
    def check(schema: Any) -> None:
        try:
            found = breaks(schema, schema)
        except UnusableSchema:
            outcomes["unusable"] += 1
            return
        outcomes["usable"] += 1
        outcomes["breaks"] += len(found)
        keywords.update(each.keyword for each in found)
        rust, python = both_validators(schema, schema)
        make = compile_sampler(schema, schema)
        for each in Random(0).sample(found, min(len(found), BREAKS_EACH)):
            assert_breaks(each, each.apply(make(Random(1)), Random(2)), rust, python)

    check()
    print(dict(outcomes), dict(keywords))
    assert outcomes["usable"] >= USABLE_MIN, outcomes
    assert outcomes["breaks"] >= BREAKS_MIN, outcomes
    everything = {
        *("type", "enum", "const", "minLength", "maxLength", "pattern", "format", "minimum", "maximum", "multipleOf"),
        *("exclusiveMinimum", "exclusiveMaximum", "required", "additionalProperties", "minProperties", "maxProperties"),
        *("propertyNames", "dependencies", "minItems", "maxItems", "uniqueItems", "additionalItems", "contains", "not"),
        *("anyOf", "oneOf"),
    }
    assert set(keywords) == everything


@pytest.mark.parametrize("name", PAYLOADS)
def test_breaks_of_a_payload_break_what_they_say(name: str) -> None:
    schema, root = PAYLOADS[name]
    rust, python = both_validators(schema, root)
    make = compile_sampler(schema, root)
    found = breaks(schema, root)
    assert len(found) >= 28
    for each in found:
        for seed in range(8):
            valid = make(Random(seed))
            before = copy.deepcopy(valid)
            broken = each.apply(valid, Random(seed))
            assert_breaks(each, broken, rust, python)
            assert valid == before, "the valid value was changed"
            assert json.dumps(broken) == json.dumps(each.apply(valid, Random(seed))), "chance decided, not the seed"


def places(name: str, keyword: str) -> set[str]:
    return {each.pointer for each in breaks(*payload(name)) if each.keyword == keyword}


def test_every_keyword_of_a_frame_is_broken_at_its_place() -> None:
    data = ("conversationId", "content", "messageType", "client_msg_id")
    texts = {"/data/conversationId", "/data/content", "/data/client_msg_id"}
    assert places("GoChat sendMessage", "type") == {
        "",
        "/type",
        "/data",
        "/timestamp",
        *(f"/data/{each}" for each in data),
    }
    assert places("GoChat sendMessage", "required") == {"/type", "/data", *(f"/data/{each}" for each in data)}
    assert places("GoChat sendMessage", "const") == {"/type"}
    assert places("GoChat sendMessage", "enum") == {"/data/messageType"}
    assert places("GoChat sendMessage", "minimum") == {"/timestamp"}
    assert places("GoChat sendMessage", "maximum") == {"/timestamp"}
    for keyword in ("minLength", "maxLength", "pattern"):
        assert places("GoChat sendMessage", keyword) == texts
    assert places("GoChat sendMessage", "additionalProperties") == {
        *("/unknownProperty", "/", "/__proto__", "/TYPE", "/type ", "/DATA", "/data ", "/TIMESTAMP", "/timestamp "),
        *("/data/unknownProperty", "/data/", "/data/__proto__", "/data/CONVERSATIONID", "/data/conversationId "),
        *("/data/conversation_id", "/data/CONTENT", "/data/content ", "/data/MESSAGETYPE", "/data/messageType "),
        *("/data/message_type", "/data/CLIENT_MSG_ID", "/data/client_msg_id ", "/data/clientMsgId"),
    }
    assert places("GoChat ping", "additionalProperties") >= {"/data/unknownProperty"}


def test_each_other_type_is_tried() -> None:
    found = {
        each.how
        for each in breaks(*payload("GoChat sendMessage"))
        if (each.pointer, each.keyword) == ("/timestamp", "type")
    }
    assert found == {
        f"{kind} instead of integer" for kind in ("null", "boolean", "number", "string", "array", "object")
    }


def test_a_missing_or_unknown_property_is_named_itself_and_reported_at_its_object() -> None:
    for each in breaks(*payload("GoChat sendMessage")):
        if each.keyword in ("required", "additionalProperties"):
            assert each.reported_at == parent(each.pointer)
        else:
            assert each.reported_at == each.pointer


def broken_values(name: str, pointer: str, keyword: str) -> list[Any]:
    """Return what stands at a place after each break of a keyword there, for several seeds."""
    make = compile_sampler(*payload(name))
    values = []
    for each in breaks(*payload(name)):
        if (each.pointer, each.keyword) == (pointer, keyword):
            for seed in range(20):
                value = each.apply(make(Random(seed)), Random(seed))
                for part in pointer.split("/")[1:]:
                    value = value[int(part)] if isinstance(value, list) else value[part]
                values.append(value)
    return values


def test_bounds_are_broken_by_one_and_by_far() -> None:
    lengths = {len(text) for text in broken_values("GoChat sendMessage", "/data/content", "maxLength")}
    assert lengths == {4001, 8010}
    wide = broken_values("GoChat sendMessage", "/data/client_msg_id", "maxLength")
    assert any(len(text) == 65 and len(text.encode()) == 260 for text in wide)
    times = broken_values("GoChat sendMessage", "/timestamp", "maximum")
    assert {2**53, 2**64, 10**30} <= set(times)
    assert -1 in broken_values("GoChat sendMessage", "/timestamp", "minimum")
    assert {len(text) for text in broken_values("GoChat newMessage", "/data/sender/username", "minLength")} == {2}
    assert {len(text) for text in broken_values("Harbour crew", "/name", "minLength")} == {0}


def test_a_short_text_is_tried_that_is_long_enough_in_utf16() -> None:
    schema = {"type": "string", "minLength": 4}
    found = [
        each.apply("abcd", Random(seed))
        for each in breaks(schema, schema)
        if each.keyword == "minLength"
        for seed in range(9)
    ]
    assert any(len(text) == 3 and len(text.encode("utf-16-le")) >= 8 for text in found)


def test_a_pattern_is_tried_with_a_newline_at_the_end() -> None:
    found = broken_values("GoChat newMessage", "/data/sender/username", "pattern")
    assert any(text.endswith("\n") for text in found)


def test_no_whole_float_and_no_huge_number_without_a_bound() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": "integer"}, "b": {"enum": [1, 2]}, "c": {"type": "string"}},
    }
    for each in breaks(schema, schema):
        for seed in range(30):
            for value in each.apply({"a": 1, "b": 1, "c": ""}, Random(seed)).values() if each.pointer else ():
                if isinstance(value, float):
                    assert not value.is_integer(), each
                elif isinstance(value, int):
                    assert abs(value) < 2**53, each


@pytest.mark.parametrize("name", ["GoChat sendMessage", "GoChat markRead", "GoChat error"])
def test_the_rest_of_a_value_stays_as_it_was(name: str) -> None:
    make = compile_sampler(*payload(name))
    valid = next(value for seed in range(1000) if "timestamp" in (value := make(Random(seed))))
    for each in breaks(*payload(name)):
        broken = each.apply(valid, Random(1))
        if parent(each.pointer).startswith("/data") and each.pointer.split("/")[2] in valid["data"]:
            assert {key: item for key, item in broken.items() if key != "data"} == {
                key: item for key, item in valid.items() if key != "data"
            }
        for key in valid["data"] if each.pointer not in ("", "/data") else ():
            if not each.pointer.startswith(f"/data/{key}"):
                assert broken["data"][key] == valid["data"][key], each


def test_what_a_place_needs_is_made_up() -> None:
    each = next(b for b in breaks(*payload("GoChat ping")) if (b.pointer, b.keyword) == ("/timestamp", "minimum"))
    for seed in range(20):  # and nothing else is: by chance there would be `data`
        assert set(each.apply({"type": "ping"}, Random(seed))) == {"type", "timestamp"}
    each = next(b for b in breaks(*payload("GoChat ping")) if b.pointer == "/data/unknownProperty")
    assert set(each.apply({"type": "ping"}, Random(1))["data"]) == {"unknownProperty"}


def test_a_broken_value_is_no_valid_value_of_another_message() -> None:
    first = {"type": "object", "required": ["op", "x"], "properties": {"op": {"const": "a"}, "x": {"type": "integer"}}}
    other = {
        "type": "object",
        "required": ["op"],
        "properties": {"op": {"const": "a"}, "x": {"type": ["string", "integer"]}},
    }
    alone, beside = breaks(first, first), breaks(first, first, others=[other])
    without = [each for each in alone if each not in beside]
    assert {(each.pointer, each.how) for each in without} == {
        ("/x", "without 'x'"),
        ("/x", "string instead of integer"),
    }
    make = compile_sampler(first, first)
    python = both_validators(other, other)[1]
    assert not any(
        python.is_valid(each.apply(make(Random(seed)), Random(seed))) for each in beside for seed in range(5)
    )


def test_a_frame_with_the_type_of_another_is_invalid_for_that_too() -> None:
    schema, root = payload("GoChat ping")
    others = [{"type": "object", "properties": {"type": {"const": "ping "}}}]
    for each in breaks(schema, root, others):
        for seed in range(5):
            broken = each.apply({"type": "ping"}, Random(seed))
            assert not (isinstance(broken, dict) and broken.get("type", "ping ") == "ping ")


def test_a_oneof_is_broken_by_no_branch_by_two_and_inside_each_branch() -> None:
    schema = {
        "oneOf": [
            {"type": "string", "minLength": 2},
            {"type": "string", "maxLength": 4},
            {"type": "integer", "minimum": 0},
        ]
    }
    found = {(each.keyword, each.how): each for each in breaks(schema, schema)}
    assert found[("oneOf", "what no branch allows")].enclosing is None
    two = found[("oneOf", "what two branches allow")]
    assert {len(two.apply("abcdef", Random(seed))) for seed in range(30)} == {2, 3, 4}
    assert found[("minimum", "the bound's next number below")].enclosing == ("", "oneOf")
    assert found[("minimum", "the bound's next number below")].apply(7, Random(1)) == -1


def test_a_format_is_open_and_everything_else_is_not() -> None:
    found = breaks(*payload("Harbour order"))
    assert {each.keyword for each in found if each.open} == {"format"}
    assert {each.pointer for each in found if each.open} == {"/at"}


def test_what_an_if_decides_is_broken_where_it_holds() -> None:
    found = [each for each in breaks(*payload("Harbour order")) if each.pointer == "/berth"]
    assert {each.keyword for each in found} == {"required", "type", "pattern", "maxLength"}
    make = compile_sampler(*payload("Harbour order"))
    loading = next(value for seed in range(99) if (value := make(Random(seed)))["op"] == "load")
    assert all(each.apply(loading, Random(1))["op"] == "unload" for each in found)


def test_the_same_keyword_in_two_parts_of_an_allof_is_broken_in_both_where_it_must() -> None:
    schema = {
        "allOf": [{"type": "object", "required": ["a"]}, {"type": "object", "required": ["a"], "minProperties": 2}]
    }
    found = breaks(schema, schema)
    python = both_validators(schema, schema)[1]
    for each in found:
        assert complaints(python, each.apply({"a": 1, "b": 2}, Random(1))) == {(each.reported_at, each.keyword)}
    assert {each.schema_pointer for each in found if each.keyword == "type"} == {"#/allOf/0", "#/allOf/1"}


def test_recursion_is_entered_once() -> None:
    pointers = {each.pointer for each in breaks(*payload("Harbour crew"))}
    assert "/below" in pointers
    assert not any(pointer.startswith("/below/0/below/0") for pointer in pointers)


def test_breaking_takes_little_time() -> None:
    for name in ("GoChat sendMessage", "GoChat ping", "GoChat markRead"):
        make, found, rng = compile_sampler(*payload(name)), breaks(*payload(name)), Random(1)
        valid = [make(rng) for _ in range(3)]
        rounds = []
        for _ in range(6):
            start = time.process_time()
            for each in found:
                for value in valid:
                    each.apply(value, rng)
            rounds.append((time.process_time() - start) / len(found) / len(valid) * 1e6)
        print(f"{name}: {len(found)} breaks, {min(rounds):.0f} us each")
        assert min(rounds) < SPEED_US
