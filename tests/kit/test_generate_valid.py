"""What `conformance.generate` calls valid is valid for two validators, for any schema, and the seed decides it."""

from __future__ import annotations

import json
import math
import time
import unicodedata
from collections import Counter
from random import Random
from typing import Any

import jsonschema_rs
import pytest
from hypothesis import HealthCheck, find, given, settings
from hypothesis import strategies as st
from jsonschema_rs.canonical import find_unsatisfiable

from conformance.generate.formats import FORMATS
from conformance.generate.pattern import UnreadablePattern, compile_pattern
from conformance.generate.valid import UnusableSchema, compile_sampler, sample, strategy
from tests.kit.generate_schemas import GOCHAT, PAYLOADS, both_validators, payload, schemas

SCHEMAS = 430
USABLE_MIN = 300
SAMPLES = 12
UNPROVEN_MAX = 0.05  # of all schemas: unusable to us, and not proven to allow no value (a double negation, mostly)
SPEED_US = 100  # some 20 were measured; slower machines than that one are allowed for
SPEED_ROUNDS = 12

many = settings(
    max_examples=SCHEMAS, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck)
)


def assert_valid(value: Any, validators: list[Any]) -> None:
    for validator in validators:
        assert validator.is_valid(value), (value, [error.message for error in validator.iter_errors(value)][:3])


def has_whole_float(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(has_whole_float, value.values()))
    if isinstance(value, list):
        return any(map(has_whole_float, value))
    return isinstance(value, float) and value.is_integer()


def texts_in(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for name, inner in value.items() for text in (name, *texts_in(inner))]
    if isinstance(value, list):
        return [text for inner in value for text in texts_in(inner)]
    return [value] if isinstance(value, str) else []


def test_samples_and_strategies_of_any_schema_are_valid() -> None:
    outcomes: Counter[str] = Counter()

    @many
    @given(schemas(), st.data())
    def check(schema: Any, data: st.DataObject) -> None:
        try:
            make = compile_sampler(schema, schema)
        except UnusableSchema as error:
            proven = "" in find_unsatisfiable(schema, draft=jsonschema_rs.Draft7) or "contains itself" in str(error)
            outcomes["empty" if proven else "unproven"] += 1
            return
        outcomes["usable"] += 1
        validators = both_validators(schema, schema)
        for seed in range(SAMPLES):
            value = make(Random(seed))
            assert_valid(value, validators)
            assert not has_whole_float(value)
            assert "\x00" not in "".join(texts_in(value))
        assert_valid(data.draw(strategy(schema, schema)), validators)

    check()
    print(dict(outcomes))
    assert outcomes["usable"] >= USABLE_MIN, outcomes
    assert outcomes["unproven"] <= UNPROVEN_MAX * outcomes.total(), outcomes


@pytest.mark.parametrize("name", PAYLOADS)
def test_samples_of_a_payload_are_valid(name: str) -> None:
    schema, root = PAYLOADS[name]
    make, validators = compile_sampler(schema, root), both_validators(schema, root)
    for seed in range(300):
        assert_valid(make(Random(seed)), validators)


@pytest.mark.parametrize("name", PAYLOADS)
def test_strategy_of_a_payload_gives_valid_values(name: str) -> None:
    schema, root = PAYLOADS[name]
    validators = both_validators(schema, root)
    seen: set[str] = set()

    @settings(max_examples=60, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(strategy(schema, root))
    def check(value: Any) -> None:
        assert_valid(value, validators)
        seen.add(json.dumps(value, sort_keys=True))

    check()
    assert len(seen) >= 20


def test_strategy_shrinks_to_the_smallest_value() -> None:
    ping = strategy(*payload("GoChat ping"))
    assert find(ping, lambda _value: True, settings=settings(database=None)) == {"type": "ping"}
    send = strategy(*payload("GoChat sendMessage"))
    assert find(send, lambda value: len(value["data"]["content"]) > 5, settings=settings(database=None)) == {
        "type": "send-message",
        "data": {"conversationId": "0", "content": "000000", "messageType": 1, "client_msg_id": "0"},
    }


@pytest.mark.parametrize("name", PAYLOADS)
def test_the_seed_decides_the_samples(name: str) -> None:
    schema, root = PAYLOADS[name]
    first, second = compile_sampler(schema, root), compile_sampler(schema, root)
    texts = [json.dumps(first(Random(seed))) for seed in range(40)]
    # Of a sampler compiled anew, in another order, and by `sample`.
    assert texts == [json.dumps(second(Random(seed))) for seed in reversed(range(40))][::-1]
    assert texts[3] == json.dumps(sample(schema, root, Random(3)))
    assert len(set(texts)) > 10


@pytest.fixture(scope="module")
def frames() -> list[Any]:
    """Many samples of GoChat's `send-message`, as a fuzzer draws them."""
    make, rng = compile_sampler(*payload("GoChat sendMessage")), Random(7)
    return [make(rng) for _ in range(6000)]


def of_data(frames: list[Any], name: str) -> list[Any]:
    return [frame["data"][name] for frame in frames]


def test_optional_properties_are_in_and_out(frames: list[Any]) -> None:
    with_timestamp = sum("timestamp" in frame for frame in frames)
    assert 1500 < with_timestamp < 4500


def test_members_come_in_more_than_one_order(frames: list[Any]) -> None:
    assert len({tuple(frame["data"]) for frame in frames}) > 10


@pytest.mark.parametrize(("name", "lengths"), [("content", {1, 2, 3999, 4000}), ("client_msg_id", {1, 2, 63, 64})])
def test_lengths_reach_both_bounds_and_no_further(frames: list[Any], name: str, lengths: set[int]) -> None:
    found = {len(text) for text in of_data(frames, name)}
    assert lengths <= found
    assert min(found) == min(lengths)
    assert max(found) == max(lengths)


def test_lengths_are_code_points_not_utf16_units_or_bytes(frames: list[Any]) -> None:
    longest = [text for text in of_data(frames, "client_msg_id") if len(text) == 64]
    assert any(len(text.encode("utf-16-le")) == 2 * 128 for text in longest)
    assert any(len(text.encode()) == 4 * 64 for text in longest)
    assert any(len(text.encode()) == 64 for text in longest)


def test_numbers_reach_both_bounds(frames: list[Any]) -> None:
    found = {frame["timestamp"] for frame in frames if "timestamp" in frame}
    assert {0, 1, 2**31, 2**32, 2**53 - 2, 2**53 - 1} <= found
    assert min(found) == 0
    assert max(found) == 2**53 - 1


def test_every_listed_value_comes(frames: list[Any]) -> None:
    assert set(of_data(frames, "messageType")) == {1, 2, 3}


def test_texts_hold_all_sorts_of_characters(frames: list[Any]) -> None:
    characters = set("".join(of_data(frames, "content")))
    assert {"Mn", "So", "Lo", "Cc", "Cf", "Zl", "Zs"} <= {unicodedata.category(each) for each in characters}
    assert {"R", "AL", "RLO"} <= {unicodedata.bidirectional(each) for each in characters}
    assert {ord(each) >> 16 for each in characters} >= {0, 1, 2, 14, 16}
    assert set("\"'\\\n\r\t<") <= characters
    assert "\x00" not in characters
    assert set("שم你e\u0301😀𝕏") <= characters


def test_a_frame_takes_little_time() -> None:
    for name in ("GoChat sendMessage", "GoChat ping", "GoChat markRead"):
        make, rng = compile_sampler(*payload(name)), Random(1)
        rounds = []
        for _ in range(SPEED_ROUNDS):
            start = time.process_time()
            for _ in range(500):
                make(rng)
            rounds.append((time.process_time() - start) / 500 * 1e6)
        print(f"{name}: {min(rounds):.1f} us a frame")
        assert min(rounds) < SPEED_US  # the best round: the others share the machine


PATTERNS = (
    "^[a-z]{3,5}$", "a|b|cd", r"^\d{4}-\d{2}$", "^(/|$)", r"^[^\u0000]*$", r"^(?:https?|ftp)://[\w.-]+(?::\d{1,5})?$",
    r"^(?<year>\d{2})\1$", r"\.png$", "^$", r"^[\]\-\\^]+$", r"^\x41\u{1F600}?\cJ$", r"^\p{L}+\P{L}$", "^.{2}.*?$",
    r"^[+-]?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$", "^(a{2}){2,}$", r"^[\s\S]{3}$", r"^\bx\B.$", "^-?$",
)  # fmt: skip


@pytest.mark.parametrize("source", PATTERNS)
def test_texts_match_their_pattern(source: str) -> None:
    make, judge, rng = compile_pattern(source), jsonschema_rs.Draft7Validator({"pattern": source}), Random(2)
    # A `$` or `\b` in the middle is passed over, so not every text matches; the sampler asks the validator.
    matching = sum(judge.is_valid(make(rng, length % 12)) for length in range(200))
    assert matching >= (200 if source != "^(/|$)" and "\\b" not in source else 40)


def test_texts_of_a_pattern_have_the_length_asked_for() -> None:
    for source in ("^[^\\u0000]*$", "^[a-z]+-?[0-9]*$", "x"):
        make, rng = compile_pattern(source), Random(2)
        assert all(len(make(rng, length)) == length for length in (1, 2, 9, 63, 64, 65, 4000))
    make = compile_pattern("^[a-z]{3,5}$")
    assert {len(make(Random(2), length)) for length in range(50)} == {3, 4, 5}


@pytest.mark.parametrize("source", ["(", "[a", "a{2", "a)", r"\p{Script=Greek}", r"\u12", "[b-a]x"])
def test_what_is_no_pattern_is_said_so_or_harmless(source: str) -> None:
    try:
        make = compile_pattern(source)
    except UnreadablePattern:
        return
    assert source == "a{2"  # annex B of ECMA 262 takes the brace for itself
    assert "a{2" in make(Random(1), 5)


def test_a_pattern_that_looks_ahead_is_met() -> None:
    schema = {"type": "string", "pattern": r"^(?=.*\d)(?=.*[a-z])(?=.*[A-Z]).{8,}$", "maxLength": 40}
    make = compile_sampler(schema, schema)
    assert len({make(Random(seed)) for seed in range(100)}) > 20


@pytest.mark.parametrize("name", sorted(FORMATS))
def test_texts_are_of_their_format(name: str) -> None:
    schema = {"type": "string", "format": name}
    make = compile_sampler(schema, schema)
    texts = {make(Random(seed)) for seed in range(200)}
    assert len(texts) >= 3
    assert all(
        jsonschema_rs.is_valid(schema, text, draft=jsonschema_rs.Draft202012, validate_formats=True) for text in texts
    )


UNUSABLE = [
    False,
    {"type": "string", "enum": [1]},
    {"type": "integer", "minimum": 3, "maximum": 2},
    {"type": "object", "required": ["a"], "properties": {"a": False}},
    {"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#"}}},
    {"allOf": [{"type": "string"}, {"type": "integer"}]},
    {"allOf": [{"$ref": "#"}]},
    {"not": {}},
    {"$ref": "#/definitions/nowhere"},
    {"$ref": "other.json#/a"},
    {"type": "text"},
]


@pytest.mark.parametrize("schema", UNUSABLE, ids=str)
def test_a_schema_without_values_is_named_as_such(schema: Any) -> None:
    with pytest.raises(UnusableSchema):
        compile_sampler(schema, schema)
    with pytest.raises(UnusableSchema):
        strategy(schema, schema)


def test_recursive_schemas_stay_small() -> None:
    tree = {
        "type": "object",
        "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}, "all": {"type": "array", "items": {"$ref": "#"}}},
        "additionalProperties": False,
    }
    make, rng = compile_sampler(tree, tree), Random(1)
    sizes = [len(json.dumps(make(rng))) for _ in range(500)]
    assert max(sizes) > 100
    assert max(sizes) < 20_000


def test_a_sampler_that_was_compiled_never_fails() -> None:
    # One array of a thousand is valid, and tries are not many more.
    digits = {"enum": list(range(10))}
    schema = {"type": "array", "items": digits, "minItems": 3, "maxItems": 3, "not": {"not": {"const": [1, 2, 3]}}}
    validators = both_validators(schema, schema)
    make = compile_sampler(schema, schema)
    for seed in range(40):
        assert_valid(make(Random(seed)), validators)


def test_what_depends_on_a_branch_comes_from_every_branch() -> None:
    make = compile_sampler(*payload("Harbour order"))
    orders = [make(Random(seed)) for seed in range(400)]
    assert {order["op"] for order in orders} == {"load", "unload"}
    kinds = {cargo if isinstance(cargo, str) else cargo["kind"] for order in orders for cargo in order["cargo"]}
    assert {"container", "dangerous"} < kinds
    assert any(isinstance(cargo, str) for order in orders for cargo in order["cargo"])
    assert {len(order["cargo"]) for order in orders} == {1, 2, 3}


def test_the_document_and_the_schema_stay_as_they_are() -> None:
    before = json.dumps(GOCHAT)
    compile_sampler(*payload("GoChat sendMessage"))(Random(1))
    assert json.dumps(GOCHAT) == before


@pytest.mark.parametrize(
    ("schema", "wanted"),
    [
        ({"type": "integer", "exclusiveMinimum": 1, "exclusiveMaximum": 9}, [2, 3, 4, 5, 6, 7, 8]),
        ({"type": "integer", "minimum": 1.5, "maximum": 3.5, "multipleOf": 1}, [2, 3]),
        ({"type": "integer", "multipleOf": 6, "minimum": -6, "maximum": 8}, [-6, 0, 6]),
        ({"type": "number", "multipleOf": 0.5, "minimum": 0, "maximum": 1}, [0, 0.5, 1]),
        ({"allOf": [{"type": "integer", "multipleOf": 4}, {"multipleOf": 6, "minimum": 1, "maximum": 24}]}, [12, 24]),
        ({"type": "integer", "format": "int32", "minimum": 2**31 - 2}, [2**31 - 2, 2**31 - 1]),
        ({"type": "integer", "minimum": 2**60, "maximum": 2**60 + 1}, [2**60, 2**60 + 1]),
    ],
    ids=str,
)
def test_numbers_are_those_within_the_bounds(schema: Any, wanted: list[Any]) -> None:
    make = compile_sampler(schema, schema)
    found = {make(Random(seed)) for seed in range(300)}
    assert found == set(wanted)
    assert not any(isinstance(each, float) and each.is_integer() for each in found)


def test_numbers_without_bounds_are_safe_in_json() -> None:
    make = compile_sampler({"type": ["integer", "number"]}, {})
    found = [make(Random(seed)) for seed in range(2000)]
    assert max(found) == 2**53 - 1
    assert min(found) == -(2**53 - 1)
    assert any(isinstance(each, float) for each in found)
    assert all(math.isfinite(each) for each in found)
