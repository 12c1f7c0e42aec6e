"""The generated types and the schemas accept the same documents.

For each client frame, each record and each request body: documents made from the schema, each broken in every way that
one change can break it (see `broken_versions`), and arbitrary JSON go through the generated msgspec type and
through a JSON Schema validator, which must agree. Not compared: `1.0` where an integer is wanted, left open
on purpose.
"""

import json
import typing
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import jsonschema_rs
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from generated import client_frames, operations, records, requests, responses, server_frames

CHECKOUT = Path(__file__).resolve().parents[2]
BASES = 100  # documents that each test starts from; each gives some 100 others
COMPARED_MIN = 2000  # different documents a type
REFUSED_MIN = 1000
ACCEPTED_MIN = 50
# Types of which only so few documents are valid.
ACCEPTED_ALL = {"GuestRequest": 1, "UpdateFriendRequestRequest": 2, "UpdateMemberRequest": 3}

Json = Any


def load_schemas(name: str) -> dict[str, Any]:
    """Returns the component schemas of a bundled document with every reference replaced by what it names."""
    document = json.loads((CHECKOUT / "generated" / name).read_text(encoding="utf-8"))
    schemas = document["components"]["schemas"]

    def inlined(value: Json, within: tuple[str, ...]) -> Json:
        if isinstance(value, list):
            return [inlined(item, within) for item in value]
        if not isinstance(value, dict):
            return value
        if "$ref" in value:
            target = value["$ref"].rsplit("/", 1)[1]
            assert target not in within, f"{target} contains itself"
            return inlined(schemas[target], (*within, target))
        return {key: inlined(item, within) for key, item in value.items()}

    return {name: inlined(schema, (name,)) for name, schema in schemas.items()}


OPENAPI = load_schemas("openapi.json")
ASYNCAPI = load_schemas("asyncapi.json")
FRAMES = [operation.frame_type for operation in operations.WS_OPERATIONS if operation.action == "receive"]
SENT = [operation.frame_type for operation in operations.WS_OPERATIONS if operation.action == "send"]
BODIES = sorted({o.request_type for o in operations.HTTP_OPERATIONS if o.request_type is not None})
RECORDS = [record.__name__ for record in typing.get_args(records.Record)]
assert FRAMES
assert RECORDS
assert SENT
assert BODIES


# --- documents --------------------------------------------------------------------------------------------


def documents(schema: dict[str, Any]) -> st.SearchStrategy[Json]:
    """Returns a strategy for documents that are mostly valid (the validator decides, not this).

    (hypothesis-jsonschema 0.23.1 would do it, but fails with Hypothesis 6.170, whose internals it uses.)
    """
    if "enum" in schema or "const" in schema:
        return st.sampled_from(schema.get("enum", [schema.get("const")]))
    kind = schema["type"]
    if kind == "boolean":
        return st.booleans()
    if kind == "integer":
        return st.integers(schema.get("minimum"), schema.get("maximum"))
    if kind == "string":
        shortest, longest = schema.get("minLength", 0), schema.get("maxLength", 5000)
        texts = st.from_regex(schema["pattern"]) if "pattern" in schema else st.text()
        return texts.filter(lambda text: shortest <= len(text) <= longest)
    if kind == "array":
        most = min(schema.get("maxItems", 4), 4)
        return st.lists(documents(schema["items"]), min_size=schema.get("minItems", 0), max_size=most)
    properties = {name: documents(part) for name, part in schema.get("properties", {}).items()}
    required = schema.get("required", [])
    return st.fixed_dictionaries(
        {name: properties[name] for name in required},
        optional={name: strategy for name, strategy in properties.items() if name not in required},
    )


WRONG_VALUES: list[Json] = [
    None, True, False, 0, 1, 2, 3, 4, 5, -1, 1.5, 2**53, 2**63, 2**64, "", "1", "ping", "a\x00b", "a\n",
    [], [[]], [1], ["a"], {}, {"a": 1}, {"type": "ping"},
]  # fmt: skip


def broken_versions(document: Json, schema: dict[str, Any]) -> Iterator[Json]:
    """Yields the document with one thing changed, at every place in turn.

    A property dropped, added, or named in other letters; a value of another type, a boolean for an integer,
    an integer as a string; each bound, and one below and above it; a value not in the enum; U+0000 and a
    newline at the end of a string, lengths in characters outside the BMP; the same inside objects and arrays.
    """
    yield from WRONG_VALUES
    if isinstance(document, dict):
        yield from broken_objects(document, schema)
    elif isinstance(document, list):
        yield from broken_arrays(document, schema)
    elif isinstance(document, str):
        yield from (document + "\n", document + "\x00", "\x00" + document, document + " ", " " + document)
        yield from (document.upper(), document + "é", document + "😀", document[:-1])
        yield from (
            document + space for space in "\x1c\x85\xa0\u2028\ufeff"
        )  # \s in Python only, in both, in ECMA only
        for bound in (schema.get("minLength", 0), schema.get("maxLength", 0)):
            for length in (bound - 1, bound, bound + 1):
                yield "a" * length
                yield "😀" * length
                yield ("http://" + "a" * length)[: max(length, 0)]
    elif isinstance(document, int) and not isinstance(document, bool):
        yield from (document + 1, document - 1, -document, bool(document), str(document), [document])
        for bound in (schema.get("minimum", 0), schema.get("maximum", 0)):
            yield from (bound - 1, bound, bound + 1)


def broken_objects(document: dict[str, Json], schema: dict[str, Any]) -> Iterator[Json]:
    properties = schema.get("properties", {})
    for key, value in document.items():
        others = {name: item for name, item in document.items() if name != key}
        yield others
        for name in (key.upper(), key + " ", key.replace("_", ""), snake_case(key)):
            yield {**others, name: value}
        for changed in broken_versions(value, properties.get(key, {})):
            yield {**document, key: changed}
    for name in ("x", "", "Type", "__init__", "timestamp", "data", *properties):
        for value in (None, 1, "a", {}):
            yield {**document, name: value}


def broken_arrays(document: list[Json], schema: dict[str, Any]) -> Iterator[Json]:
    for item in document[:1] or ["a"]:
        for bound in (schema.get("minItems", 0), schema.get("maxItems", 0)):
            for length in (bound - 1, bound, bound + 1):
                yield [item] * length
    if document:
        for changed in broken_versions(document[-1], schema.get("items", {})):
            yield [*document[:-1], changed]


def snake_case(name: str) -> str:
    """Returns the name that the Python attribute has, which is not the one on the wire."""
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name)


def arbitrary_versions(document: Json, source: Random) -> Iterator[Json]:
    """Yields arbitrary values: instead of the document, in each of its properties, as unknown properties."""
    for _ in range(5):
        yield arbitrary_value(source)
    if isinstance(document, dict):
        for name in document:
            for _ in range(10):
                yield {**document, name: arbitrary_value(source)}
        for _ in range(30):
            yield {**document, arbitrary_text(source): arbitrary_value(source)}


def arbitrary_value(source: Random, depth: int = 0) -> Json:
    kind = source.randrange(7 if depth < 2 else 5)
    if kind < 2:
        return source.choice([None, True, False, source.randrange(-5, 9), source.getrandbits(70)])
    if kind < 5:
        return arbitrary_text(source) if kind < 4 else source.uniform(-9, 9)
    values = [arbitrary_value(source, depth + 1) for _ in range(source.randrange(3))]
    return values if kind == 5 else {arbitrary_text(source): value for value in values}


def arbitrary_text(source: Random) -> str:
    return "".join(source.choice("aZ0_.- /:\n\x00\x1cé\ufeff😀") for _ in range(source.randrange(12)))


def has_integral_float(value: Json) -> bool:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return any(has_integral_float(item) for item in value)
    return isinstance(value, float) and value.is_integer()


# --- the comparison ---------------------------------------------------------------------------------------


class Comparison:
    """Asks the generated type and the validator about documents, and counts their common verdicts."""

    def __init__(self, generated_type: Any, schema: dict[str, Any]) -> None:
        self._decoder = msgspec.json.Decoder(generated_type)
        # Draft 7 leaves it open whether `format` decides; in these specs the pattern beside it does.
        self._validator = jsonschema_rs.Draft7Validator(schema, validate_formats=False)
        self._seen: set[bytes] = set()
        self.verdicts: Counter[bool] = Counter()

    def add(self, document: Json) -> None:
        if has_integral_float(document):
            return
        text = json.dumps(document, ensure_ascii=False).encode()
        if text in self._seen:
            return
        self._seen.add(text)
        try:
            self._decoder.decode(text)
            accepted = True
        except msgspec.ValidationError:
            accepted = False
        valid = self._validator.is_valid(document)
        shown = text if len(text) < 500 else text[:250] + b" ... " + text[-250:]
        assert accepted == valid, (
            f"the generated type {'accepts' if accepted else 'refuses'} {shown!r}, the schema does not"
        )
        self.verdicts[accepted] += 1


def compare(name: str, comparison: Comparison, schema: dict[str, Any]) -> None:
    @settings(
        max_examples=BASES,
        deadline=None,
        database=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large],
    )
    @given(documents(schema), st.integers(0, 2**64))
    def agree(document: Json, seed: int) -> None:
        comparison.add(document)
        for other in broken_versions(document, schema):
            comparison.add(other)
        for other in arbitrary_versions(document, Random(seed)):
            comparison.add(other)

    agree()
    accepted, refused = comparison.verdicts[True], comparison.verdicts[False]
    print(f"{name}: {accepted} documents accepted and {refused} refused by both")
    assert accepted + refused >= COMPARED_MIN
    assert accepted >= ACCEPTED_ALL.get(name, ACCEPTED_MIN)
    assert refused >= REFUSED_MIN


@pytest.mark.parametrize("name", FRAMES)
def test_client_frame_type_accepts_what_its_schema_accepts(name: str) -> None:
    union = {"anyOf": [ASYNCAPI[frame] for frame in FRAMES]}
    compare(name, Comparison(client_frames.ClientFrame, union), ASYNCAPI[name])


@pytest.mark.parametrize("name", BODIES)
def test_request_type_accepts_what_its_schema_accepts(name: str) -> None:
    compare(name, Comparison(getattr(requests, name), OPENAPI[name]), OPENAPI[name])


@pytest.mark.parametrize("name", RECORDS)
def test_record_type_accepts_what_its_schema_accepts(name: str) -> None:
    union = {"anyOf": [ASYNCAPI[record] for record in RECORDS]}
    compare(name, Comparison(records.Record, union), ASYNCAPI[name])


# --- what the server sends --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", SENT)
def test_server_frame_comes_back_as_it_was_from_decoding_and_encoding(name: str) -> None:
    decoder = msgspec.json.Decoder(server_frames.ServerFrame)
    validator = jsonschema_rs.Draft7Validator(ASYNCAPI[name])

    @settings(max_examples=40, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(documents(ASYNCAPI[name]).filter(validator.is_valid))
    def survives(document: Json) -> None:
        encoded = msgspec.json.encode(decoder.decode(json.dumps(document).encode()))
        assert json.loads(encoded) == document
        assert encoded.startswith(b'{"type":')

    survives()


@pytest.mark.parametrize("module", [client_frames, server_frames, records, requests, responses])
def test_struct_is_closed_exactly_where_its_schema_is(module: Any) -> None:
    structs = [
        item
        for item in vars(module).values()
        if isinstance(item, type) and issubclass(item, msgspec.Struct) and item is not msgspec.Struct
    ]
    assert structs
    schemas = {**OPENAPI, **ASYNCAPI}
    for struct in structs:
        closed = schemas[struct.__name__].get("additionalProperties") is False
        assert struct.__struct_config__.forbid_unknown_fields == closed, struct.__name__
        assert struct.__struct_config__.frozen, struct.__name__
