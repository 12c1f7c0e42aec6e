"""Structural faults are what they say: no JSON, of another type, ambiguous or no text; the same for the same seed."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import msgspec
import pytest

from conformance.generate.structural import Fault, structural_faults

FAULTS = {fault.name: fault for fault in structural_faults()}
SEND = {
    "type": "send-message",
    "data": {"conversationId": "c", "content": 'a "b" \\', "messageType": 1, "client_msg_id": "m"},
    "timestamp": 5,
}
FRAMES: list[dict[str, Any]] = [SEND, {"type": "ping"}, {"x": [{"y": "z"}, 1.5, True]}, {}]
DEEP = tuple(name for name in FAULTS if name[-1] == "0" and ("arrays" in name or "objects" in name))
JSON_OF_ANOTHER_TYPE = tuple(name for name in FAULTS if name.startswith(("top-", "arrays-")) and "inside" not in name)


def texts(fault: Fault) -> list[str | bytes]:
    seeds = range(1 if fault.name in DEEP else 12)  # those are long, and chance has no say in them
    return [fault.make(Random(seed), frame) for frame in FRAMES for seed in seeds]


def strictly(text: str) -> Any:
    """Return what the text says by RFC 8259, no extension allowed."""

    def refuse(word: str) -> Any:
        raise ValueError(word)

    return json.loads(text, parse_constant=refuse)


def test_each_kind_that_was_asked_for_is_there() -> None:
    wanted = {
        *("truncated", "trailing-comma", "single-quotes", "nan", "infinity", "line-comment", "byte-order-mark"),
        *("two-documents", "empty", "white-space", "lone-word", "top-array", "top-text", "top-number", "top-null"),
        *("top-true", "arrays-100", "arrays-1000", "arrays-100000", "objects-100000", "arrays-inside-1000"),
        *("objects-inside-100", "member-twice", "number-beyond-double", "number-digits", "number-minus-zero"),
        *("number-plus-exponent", "lone-high-surrogate", "escaped-nul", "name-30000", "members-10000", "raw-control"),
        *("bad-escape", "block-comment"),
    }
    assert wanted <= set(FAULTS)
    assert len(FAULTS) == len(structural_faults())


@pytest.mark.parametrize(
    "name",
    [f.name for f in FAULTS.values() if not (f.open or f.closes or f.name in JSON_OF_ANOTHER_TYPE)],
)
def test_what_must_be_refused_is_no_json(name: str) -> None:
    for text in texts(FAULTS[name]):
        assert isinstance(text, str)
        try:
            value = strictly(text)
        except (ValueError, RecursionError):
            pass
        else:
            pytest.fail(f"{text[:80]!r} is {value!r}")
        with pytest.raises((msgspec.DecodeError, RecursionError)):
            msgspec.json.decode(text)


@pytest.mark.parametrize("name", JSON_OF_ANOTHER_TYPE)
def test_json_of_another_type_is_no_object(name: str) -> None:
    for text in texts(FAULTS[name]):
        assert isinstance(text, str)
        assert not text.lstrip().startswith("{")
        if name not in DEEP or name == "arrays-100":
            assert not isinstance(strictly(text), dict)
        else:
            assert text == "[" * (len(text) // 2) + "]" * (len(text) // 2)


@pytest.mark.parametrize("name", [f.name for f in FAULTS.values() if f.closes])
def test_what_closes_is_not_utf8(name: str) -> None:
    for text in texts(FAULTS[name]):
        assert isinstance(text, bytes)
        with pytest.raises(UnicodeDecodeError):
            text.decode("utf-8")


@pytest.mark.parametrize("name", [f.name for f in FAULTS.values() if not f.closes])
def test_everything_else_is_utf8_text(name: str) -> None:
    assert all(isinstance(text, str) and text.encode("utf-8") is not None for text in texts(FAULTS[name]))


@pytest.mark.parametrize(
    "name", [f.name for f in FAULTS.values() if f.open and f.name not in (*DEEP, "byte-order-mark")]
)
def test_what_is_open_is_json(name: str) -> None:
    for text in texts(FAULTS[name]):
        assert isinstance(text, str)
        # Python reads at most 4300 digits by default; how many a reader takes is just what is open here.
        assert isinstance(json.loads(text, parse_int=len), dict)


@pytest.mark.parametrize("name", FAULTS)
def test_the_seed_decides_and_the_frame_stays(name: str) -> None:
    before = json.dumps(FRAMES)
    assert texts(FAULTS[name]) == texts(next(f for f in structural_faults() if f.name == name))
    assert json.dumps(FRAMES) == before


@pytest.mark.parametrize("depth", [100, 1000, 20_000, 100_000])
def test_depths_are_as_named(depth: int) -> None:
    inside = FAULTS[f"arrays-inside-{depth}"].make(Random(1), SEND)
    assert isinstance(inside, str)
    assert "[" * depth + "]" * depth in inside
    assert inside.startswith('{"type": "send-message", "data": {"conversationId"')
    assert inside.index("[") < inside.index('"timestamp"')  # inside data, not beside it
    objects = FAULTS[f"objects-{depth}"].make(Random(1), SEND)
    assert isinstance(objects, str)
    assert (objects.count("{"), objects.count("}")) == (depth, depth)


def pairs(text: str | bytes) -> list[list[str]]:
    """Return the names of each object in the text, repeats included, the outermost last."""
    found: list[list[str]] = []
    json.loads(text, object_pairs_hook=lambda members: found.append([name for name, _ in members]) or dict(members))
    return found


def test_a_member_comes_twice() -> None:
    for name in ("member-twice", "member-twice-other"):
        for frame in FRAMES:
            names = pairs(FAULTS[name].make(Random(1), frame))[-1]
            assert len(names) == len(set(names)) + 1
    assert json.loads(FAULTS["member-twice"].make(Random(1), SEND)) == SEND
    assert json.loads(FAULTS["member-twice-other"].make(Random(1), SEND)) == SEND  # the last one counts, mostly


def test_numbers_stand_where_a_number_belongs() -> None:
    for seed in range(9):
        text = FAULTS["number-beyond-double"].make(Random(seed), SEND)
        value = json.loads(text)
        assert float("inf") in (value["timestamp"], value["data"]["messageType"])
        assert set(value) == set(SEND)


def test_halves_of_characters_stand_in_a_text_of_the_frame() -> None:
    for name in ("lone-high-surrogate", "lone-low-surrogate", "swapped-surrogates"):
        value = json.loads(FAULTS[name].make(Random(1), {"type": "ping"}))["type"]
        with pytest.raises(UnicodeEncodeError):
            value.encode("utf-8")
    assert json.loads(FAULTS["escaped-nul"].make(Random(1), {"type": "ping"})) == {"type": "a\x00b"}


@pytest.mark.parametrize("count", [100, 4000, 10_000])
def test_members_are_as_many_as_named(count: int) -> None:
    value = json.loads(FAULTS[f"members-{count}"].make(Random(1), SEND))
    assert len(value) == len(SEND) + count
    size = len(FAULTS["members-4000"].make(Random(1), SEND))
    assert size < 65_536


def test_a_cut_frame_is_cut_at_different_places() -> None:
    assert len({FAULTS["truncated"].make(Random(seed), SEND) for seed in range(50)}) > 20
