"""Which keywords a schema has, which of them valid values reach, and that each of GoChat's frames has a break."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

from conformance.generate.broken import breaks
from conformance.generate.keywords import keyword_places, reach, unbreakable
from conformance.generate.valid import compile_sampler
from tests.kit.generate_schemas import PAYLOADS, payload

NO_OTHER = "no value was found that breaks this keyword and no other"
SCHEMA = "#/components/schemas/"

# Everything that can't be tried invalid, in all frames of both documents, with the reason.
UNBREAKABLE = {
    ("GoChat newMessage", SCHEMA + "AvatarUrl", "format"): NO_OTHER,  # the pattern beside it forbids more
    ("GoChat messagePosted", SCHEMA + "AvatarUrl", "format"): NO_OTHER,
}


def test_places_of_a_frame_are_all_that_its_schemas_say() -> None:
    frame, data = SCHEMA + "MarkReadFrame", SCHEMA + "MarkReadData"
    assert keyword_places(*payload("GoChat markRead")) == {
        *((frame, keyword) for keyword in ("type", "required", "additionalProperties")),
        *((f"{frame}/properties/type", keyword) for keyword in ("type", "const")),
        *((data, keyword) for keyword in ("type", "required", "additionalProperties")),
        *((SCHEMA + "Id", keyword) for keyword in ("type", "minLength", "maxLength", "pattern")),
        *((SCHEMA + "SeqId", keyword) for keyword in ("type", "minimum", "maximum")),
        *((SCHEMA + "Timestamp", keyword) for keyword in ("type", "minimum", "maximum")),
    }


def test_places_are_found_under_combinators_and_in_recursion() -> None:
    places = keyword_places(*payload("Harbour order"))
    order, cargo = SCHEMA + "Order/allOf/1", SCHEMA + "Cargo"
    assert {
        (SCHEMA + "Envelope", "required"),
        (SCHEMA + "Envelope/properties/op", "type"),
        (order + "/properties/op", "enum"),
        (order + "/properties/cargo", "uniqueItems"),
        (order + "/properties/weight in t", "exclusiveMinimum"),
        (order + "/then", "required"),
        (cargo, "oneOf"),
        (cargo + "/oneOf/1/properties/un", "pattern"),
        (cargo + "/oneOf/2", "maxLength"),
    } <= places
    assert not any(pointer.startswith(order + "/if") for pointer, _ in places)  # what it says is no error
    report = SCHEMA + "Report"
    assert (report + "/additionalProperties", "anyOf") in keyword_places(*payload("Harbour report"))
    assert (report + "/patternProperties/_id$", "type") in keyword_places(*payload("Harbour report"))


def test_what_says_nothing_is_no_place() -> None:
    schema = {
        "type": "object", "minProperties": 0, "required": [], "additionalProperties": True, "title": "a",
        "properties": {"a": {"minLength": 0, "minItems": 0, "uniqueItems": False, "format": "uuid"}, "b": True},
    }  # fmt: skip
    assert keyword_places(schema, schema) == {("#", "type")}


@pytest.mark.parametrize("name", PAYLOADS)
def test_every_place_has_a_break_or_a_reason(name: str) -> None:
    schema, root = PAYLOADS[name]
    found = breaks(schema, root)
    missing = unbreakable(schema, root, found)
    covered = {(each.schema_pointer, each.keyword) for each in found}
    assert covered | set(missing) == keyword_places(schema, root)
    assert not covered & set(missing)
    assert {(name, *place): reason for place, reason in missing.items()} == {
        key: reason for key, reason in UNBREAKABLE.items() if key[0] == name
    }


@pytest.mark.parametrize("name", ["GoChat sendMessage", "GoChat ping", "GoChat markRead"])
def test_every_place_of_a_client_frame_has_a_break(name: str) -> None:
    covered = {(each.schema_pointer, each.keyword) for each in breaks(*payload(name))}
    assert covered == keyword_places(*payload(name))


@pytest.mark.parametrize(
    ("schema", "place", "reason"),
    [
        ({"type": "string", "maxLength": 3, "enum": ["a"]}, ("#", "maxLength"), NO_OTHER),
        ({"type": ["null", "boolean", "number", "string", "array", "object"]}, ("#", "type"), "every type is allowed"),
        (
            {"dependencies": {"a": {"required": ["b"]}}},
            ("#", "dependencies"),
            "a schema under dependencies is not entered",
        ),
        (
            {"type": "array", "items": {}, "maxItems": 10**6},
            ("#", "maxItems"),
            "more than 1000000 members are too many to make",
        ),
    ],
    ids=str,
)
def test_what_cannot_be_broken_alone_has_its_reason(schema: Any, place: tuple[str, str], reason: str) -> None:
    missing = unbreakable(schema, schema, breaks(schema, schema))
    assert missing[place].startswith(reason)


@pytest.mark.parametrize("name", PAYLOADS)
def test_samples_reach_every_place_together(name: str) -> None:
    schema, root = PAYLOADS[name]
    make, reached = compile_sampler(schema, root), reach(schema, root)
    found = set[tuple[str, str]]().union(*(reached(make(Random(seed))) for seed in range(300)))
    assert found == keyword_places(schema, root)


def test_a_value_reaches_only_what_speaks_of_it() -> None:
    reached = reach(*payload("GoChat ping"))
    frame = SCHEMA + "PingFrame"
    bare = {(frame, "type"), (frame, "required"), (frame, "additionalProperties")}
    bare |= {(frame + "/properties/type", "type"), (frame + "/properties/type", "const")}
    assert reached({"type": "ping"}) == bare
    timestamp = {(SCHEMA + "Timestamp", keyword) for keyword in ("type", "minimum", "maximum")}
    assert reached({"type": "ping", "timestamp": 1}) == bare | timestamp
    schema = {"oneOf": [{"type": "string", "minLength": 1}, {"type": "integer", "minimum": 1}]}
    assert reach(schema, schema)("a") == {("#", "oneOf"), ("#/oneOf/0", "type"), ("#/oneOf/0", "minLength")}
