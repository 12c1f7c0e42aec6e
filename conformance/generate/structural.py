"""Texts and bytes that are no valid frame, whatever the schema: no JSON, JSON of another type, and what is ambiguous.

Each says what is right: it must be refused, or it is open, because RFC 8259 or JSON Schema leaves it to the reader, and
the server only has to answer something that it declares, and stay. They are made around a valid frame of the caller's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from types import UnionType
from typing import Any

from conformance.generate.alphabets import ALPHABETS

DEPTHS = (100, 1000, 20_000, 100_000)
"""Levels of nesting. 100,000 make 200,000 bytes and more, which a server may call too large: ask `len` first."""

MEMBERS = (100, 4000, 10_000)
"""Unknown members, ten bytes each at most; the last make more than the 65,536 bytes that many servers take."""

NAME_LENGTHS = (1000, 30_000)


MARK = "\ue000mark"
"""Stands in a frame for what `json` would not write, until the text is made."""

Make = Callable[[Random, dict[str, Any]], str | bytes]


@dataclass(frozen=True, slots=True)
class Fault:
    """One kind of text that is no valid frame.

    Attributes:
        name: Stable, for reports: `trailing-comma`.
        note: What is wrong, one line, for people.
        open: A server may take it or refuse it; it has to answer something declared and to stay.
        closes: The frame is no valid UTF-8, so that the WebSocket protocol itself has the connection closed (1007).
        make: Makes the text, or bytes for what is no text, from a random source and a valid frame, an object.
    """

    name: str
    note: str
    make: Make
    open: bool = False
    closes: bool = False


def structural_faults() -> list[Fault]:
    """Return all kinds, in a fixed order."""
    return [*_not_json(), *_other_types(), *_deep(), *_unicode(), *_members(), *_numbers()]


def _text(frame: Any) -> str:
    return json.dumps(frame, ensure_ascii=False)


def _fixed(text: str | bytes) -> Make:
    return lambda _rng, _frame: text


def _around(change: Callable[[str], str]) -> Make:
    return lambda _rng, frame: change(_text(frame))


def _with_member(raw: str) -> Make:
    """Return a maker of the frame with one more member, written as `raw`."""
    return lambda _rng, frame: _add(frame, raw)


def _add(frame: dict[str, Any], raw: str) -> str:
    return _text(frame)[:-1] + (", " if frame else "") + raw + "}"


def _not_json() -> list[Fault]:
    def cut(rng: Random, frame: dict[str, Any]) -> str:
        text = _text(frame)
        return text[: rng.randint(1, len(text) - 1)]

    def single_quotes(_rng: Random, frame: dict[str, Any]) -> str:
        return "{" + ", ".join(f"'{name}': 'x'" for name in [*frame, "x"]) + "}"

    def raw_control(rng: Random, frame: dict[str, Any]) -> str:
        return _add(frame, f'"x": "a{chr(rng.randrange(1, 0x20))}b"')

    def bad_escape(rng: Random, frame: dict[str, Any]) -> str:
        escape = rng.choice(("\\x41", "\\a", "\\u12", "\\u{1F600}", "\\'", "\\U0001F600", "\\0"))
        return _add(frame, f'"x": "{escape}"')

    def lone_word(rng: Random, _frame: dict[str, Any]) -> str:
        return rng.choice(("ping", "undefined", "True", "None", "NULL", "hello world"))

    def in_bytes(encoding: str) -> Make:
        return lambda _rng, frame: _text(frame).encode(encoding, "replace")

    return [
        Fault("empty", "nothing at all", _fixed("")),
        Fault("white-space", "white space only", _fixed(" \t\r\n ")),
        Fault("other-white-space", "white space that JSON does not know", _around(lambda text: f"\u00a0{text}\u3000")),
        Fault("truncated", "a frame cut off anywhere", cut),
        Fault("lone-brace", "an object that never ends", _fixed("{")),
        Fault("extra-brace", "a bracket too many", _around(lambda text: text + "}")),
        Fault("trailing-comma", "a comma after the last member", _around(lambda text: text[:-1] + ",}")),
        Fault("missing-comma", "two members without a comma", _around(lambda text: text[:-1] + ' "x": 1 "y": 2}')),
        Fault("missing-colon", "a member without a colon", _fixed('{"type" "ping"}')),
        Fault("single-quotes", "single quotes instead of double ones", single_quotes),
        Fault("bare-names", "names without quotes", _fixed("{type: 1}")),
        Fault("line-comment", "a comment after the frame", _around(lambda text: text + " // comment")),
        Fault("block-comment", "a comment before the frame", _around(lambda text: "/* comment */ " + text)),
        Fault("nan", "NaN as a value", _with_member('"x": NaN')),
        Fault("infinity", "Infinity as a value", _with_member('"x": Infinity')),
        Fault("minus-infinity", "-Infinity as a value", _with_member('"x": -Infinity')),
        Fault("undefined", "undefined as a value", _with_member('"x": undefined')),
        Fault("python-true", "True instead of true", _with_member('"x": True')),
        Fault("leading-zero", "a number with a zero in front", _with_member('"x": 01')),
        Fault("plus-sign", "a number with a plus in front", _with_member('"x": +1')),
        Fault("hexadecimal", "a hexadecimal number", _with_member('"x": 0x10')),
        Fault("bare-point", "a number that ends with its point", _with_member('"x": 1.')),
        Fault("two-documents", "two frames in one", _around(lambda text: text + text)),
        Fault("two-lines", "two frames on two lines", _around(lambda text: f"{text}\n{text}")),
        Fault("byte-order-mark", "a byte order mark in front", _around(lambda text: "\ufeff" + text), open=True),
        Fault("lone-word", "a word that is no JSON", lone_word),
        Fault("raw-control", "a control character in a string, not escaped", raw_control),
        Fault("raw-newline", "a newline in a string, not escaped", _with_member('"x": "a\nb"')),
        Fault("raw-nul", "U+0000 in a string, not escaped", _with_member('"x": "a\x00b"')),
        Fault("trailing-nul", "U+0000 after the frame", _around(lambda text: text + "\x00")),
        Fault("bad-escape", "an escape that JSON does not know", bad_escape),
        Fault("unclosed-string", "a string that never ends", _around(lambda text: text[:-1] + ', "x": "a}')),
        Fault("xml", "XML", _fixed("<type>ping</type>")),
        Fault("form", "a form", _fixed("type=ping&data=")),
        Fault("yaml", "YAML", _fixed("type: ping\ndata: {}\n")),
        Fault("utf-16", "a frame in UTF-16", in_bytes("utf-16"), closes=True),
        Fault("latin-1", "a byte that starts no character", _fixed(b'{"x": "caf\xe9"}'), closes=True),
        Fault("raw-surrogate", "a surrogate in UTF-8", _fixed(b'{"x": "\xed\xa0\x80"}'), closes=True),
        Fault("overlong", "a slash in two bytes", _fixed(b'{"x": "\xc0\xaf"}'), closes=True),
    ]


def _other_types() -> list[Fault]:
    def listed(times: int) -> Make:
        return lambda _rng, frame: _text([frame] * times)

    values: tuple[tuple[str, Any], ...] = (
        *(("null", None), ("true", True), ("false", False), ("zero", 0), ("number", -1.5)),
        *(("text", "ping"), ("empty-text", ""), ("empty-array", []), ("texts", ["type", "ping"])),
    )
    return [
        *(
            Fault(f"top-{name}", f"{json.dumps(value)} instead of an object", _fixed(_text(value)))
            for name, value in values
        ),
        Fault("top-array", "the frame in an array", listed(1)),
        Fault("top-batch", "three frames in an array", listed(3)),
        Fault("top-string", "the frame as text, encoded twice", _around(json.dumps)),
    ]


def _deep() -> list[Fault]:
    faults = []
    for depth in DEPTHS:
        arrays = "[" * depth + "]" * depth
        faults.append(Fault(f"arrays-{depth}", f"{depth} arrays in each other", _fixed(arrays)))
        faults.append(Fault(f"open-arrays-{depth}", f"{depth} arrays that never end", _fixed("[" * depth)))
        faults.append(Fault(f"arrays-inside-{depth}", f"{depth} arrays inside a frame", _inside(arrays), open=True))
        objects = '{"":' * depth + "1" + "}" * depth
        faults.append(Fault(f"objects-{depth}", f"{depth} objects in each other", _fixed(objects), open=True))
        faults.append(Fault(f"objects-inside-{depth}", f"{depth} objects inside a frame", _inside(objects), open=True))
    return faults


def _inside(raw: str) -> Make:
    """Return a maker of the frame with `raw` as one more member: of its first object inside, or else of itself."""

    def make(_rng: Random, frame: dict[str, Any]) -> str:
        inner = next((name for name, value in frame.items() if isinstance(value, dict)), None)
        changed = {**frame, MARK: 0} if inner is None else {**frame, inner: {**frame[inner], MARK: 0}}
        return _text(changed).replace(f'"{MARK}": 0', f'"deep": {raw}')

    return make


def _unicode() -> list[Fault]:
    def in_a_string(escape: str) -> Make:
        return _instead(str, f'"{escape}"')

    return [
        Fault("lone-high-surrogate", "half a character, escaped", in_a_string("a\\ud800"), open=True),
        Fault("lone-low-surrogate", "the other half, escaped", in_a_string("\\udc00a"), open=True),
        Fault("swapped-surrogates", "both halves in the wrong order", in_a_string("\\ude00\\ud83d"), open=True),
        Fault("escaped-nul", "U+0000 in a string, escaped", in_a_string("a\\u0000b"), open=True),
        Fault("surrogate-in-a-name", "half a character in a name", _with_member('"\\ud800": 1'), open=True),
        Fault("nul-in-a-name", "U+0000 in a name", _with_member('"a\\u0000": 1'), open=True),
    ]


def _instead(kind: type | UnionType, raw: str) -> Make:
    """Return a maker of the frame with `raw` for one of its values of a type; as a new member where it has none."""

    def make(rng: Random, frame: dict[str, Any]) -> str:
        places = list(_places(frame, kind, ()))
        if not places:
            return _add(frame, f'"x": {raw}')
        return _text(_changed(frame, rng.choice(places), MARK)).replace(f'"{MARK}"', raw)

    return make


def _places(value: Any, kind: type | UnionType, path: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, kind) and not isinstance(value, bool):
        yield path
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in members:
        yield from _places(inner, kind, (*path, name))


def _changed(value: Any, path: tuple[str | int, ...], new: str) -> Any:
    if not path:
        return new
    name, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {key: _changed(inner, rest, new) if key == name else inner for key, inner in value.items()}
    return [_changed(inner, rest, new) if index == name else inner for index, inner in enumerate(value)]


def _members() -> list[Fault]:
    def twice(_rng: Random, frame: dict[str, Any]) -> str:
        name, value = next(iter(frame.items()), ("x", 1))
        return f"{{{json.dumps(name)}: {_text(value)}, {_text(frame)[1:]}" if frame else '{"x": 1, "x": 1}'

    def twice_other(_rng: Random, frame: dict[str, Any]) -> str:
        name = next(iter(frame), "x")
        return f"{{{json.dumps(name)}: null, {_text(frame)[1:]}" if frame else '{"x": 1, "x": 2}'

    def many(count: int) -> Make:
        members = ",".join(f'"u{number:x}":0' for number in range(count))
        return _with_member(members)

    def long_name(length: int) -> Make:
        return lambda rng, frame: _text({**frame, rng.choice("a-") * length: 0})

    def empty(_rng: Random, _frame: dict[str, Any]) -> str:
        return "{}"

    def odd_names(rng: Random, frame: dict[str, Any]) -> str:
        return _text({**frame, "".join(rng.choices(rng.choice(list(ALPHABETS.values())), k=8)): 0})

    return [
        Fault("member-twice", "one member twice, the same both times", twice, open=True),
        Fault("member-twice-other", "one member twice, null the first time", twice_other, open=True),
        Fault("empty-object", "an object without members", empty, open=True),
        Fault("odd-name", "an unknown member with an odd name", odd_names, open=True),
        *(Fault(f"members-{count}", f"{count} unknown members", many(count), open=True) for count in MEMBERS),
        *(
            Fault(f"name-{length}", f"a name of {length} characters", long_name(length), open=True)
            for length in NAME_LENGTHS
        ),
    ]


def _numbers() -> list[Fault]:
    numbers = (
        ("beyond-double", "1e400"),
        ("below-double", "1e-400"),
        ("digits", "1" + "0" * 5000),
        ("fraction-digits", "0." + "1" * 5000),
        ("minus-zero", "-0"),
        ("plus-exponent", "1E+2"),
        ("whole-fraction", "1.0"),
        ("beyond-64-bits", "18446744073709551616"),
    )
    return [
        Fault(
            f"number-{name}", f"the number {raw[:24]}, in the place of a number", _instead(int | float, raw), open=True
        )
        for name, raw in numbers
    ]
