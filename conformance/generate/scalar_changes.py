"""How to break each keyword that speaks of a value as a whole: its type, which values, texts and numbers.

A table from keyword to changes. Numbers beyond 2^53 are proposed only where a bound of the schema says that they are
wrong; `1.0`, of which it is open whether it is an integer, is thrown out by `broken`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from random import Random
from typing import Any

from conformance.generate.alphabets import ALPHABETS, TEXTS
from conformance.generate.change import Change, Spot
from conformance.generate.form import TYPES
from conformance.generate.formats import FORMATS, texts_not_of

FAR_CHARACTERS = 10_000
"""So many more than allowed is far too many; a frame with them is still below 65,536 bytes."""

_BREAKERS = "\x00\n\r\t !\"#%&'*+,/;=?@\\^`{|}~éß你ı\u200d\u2028\ufeff😀Az09_-."


def type_changes(spot: Spot) -> list[Change]:
    """A value of each other type."""
    allowed = {spot.value} if isinstance(spot.value, str) else set(spot.value)
    wrong: dict[str, Callable[[Any, Random], list[Any]]] = {
        "null": lambda _value, _rng: [None],
        "boolean": lambda _value, rng: rng.sample([True, False], 2),
        "number": lambda _value, rng: rng.sample([1.5, -0.5, 1e-9], 3),
        "integer": lambda _value, rng: rng.sample([0, 1, -1, 42], 4),
        "string": lambda value, rng: rng.sample(["", "x", "true", "null", "0", str(value)[:100]], 6),
        "array": lambda value, rng: rng.sample([[], [value], [None]], 3),
        "object": lambda value, rng: rng.sample([{}, {"x": value}, {"0": "x"}], 3),
    }
    if "number" in allowed:
        allowed.add("integer")
    kinds = [kind for kind in TYPES if kind not in allowed]
    return [Change(f"{kind} instead of {' or '.join(sorted(allowed))}", wrong[kind]) for kind in kinds]


def enum_changes(spot: Spot) -> list[Change]:
    """A value that is not listed: anything near, and the listed ones slightly changed."""
    listed = spot.value if spot.keyword == "enum" else [spot.value]

    def near(_value: Any, rng: Random) -> list[Any]:
        found = [other for each in rng.sample(listed, len(listed)) for other in _near(each)]
        return [*rng.sample(found, len(found)), "x", -1, 0.5, True, None, [], {}]

    changes = [Change("a value that is not listed", near)]
    texts = [each for each in listed if isinstance(each, str)]
    if texts:
        changes.append(Change("a listed text in other letters", lambda _v, rng: _shuffled(rng, texts, str.swapcase)))
        changes.append(Change("a listed text with a space", lambda _v, rng: _shuffled(rng, texts, lambda t: t + " ")))
        changes.append(Change("a listed text cut short", lambda _v, rng: _shuffled(rng, texts, lambda t: t[:-1])))
    return changes


def _shuffled(rng: Random, texts: list[str], change: Callable[[str], str]) -> list[str]:
    return [change(text) for text in rng.sample(texts, len(texts))]


def _near(value: Any) -> list[Any]:
    if isinstance(value, str):
        return [value + "x", value.replace("-", "_"), value.title(), " " + value, "", value + "\n", value[::-1]]
    if isinstance(value, bool) or value is None:
        return []
    if isinstance(value, int | float):
        return [value + 1, value - 1, value * 100 + 7, -value]
    return [[*value, value]] if isinstance(value, list) else [{**value, "x": 1}]


def min_length_changes(spot: Spot) -> list[Change]:
    """A text one shorter than allowed, and the empty one."""
    texts, least = spot.sampler.texts(spot.form), int(spot.value)

    def shorter(value: Any, rng: Random) -> list[str]:
        return [value[: least - 1], *(texts.of_length(rng, least - 1) for _ in range(8))]

    if least < 1:
        return []
    changes = [Change(f"{least - 1} characters instead of {least}", shorter, "string")]
    # So short in code points, long enough in bytes and in UTF-16 units.
    if least > 1:
        changes.append(Change("an empty text", lambda _value, _rng: [""], "string"))
        wide = [ALPHABETS["astral"], ALPHABETS["emoji"]]
        changes.append(
            Change(
                f"{least - 1} characters of two UTF-16 units each",
                lambda _value, rng: ["".join(rng.choices(each, k=least - 1)) for each in wide],
                "string",
            )
        )
    return changes


def max_length_changes(spot: Spot) -> list[Change]:
    """A text one longer than allowed, and one far longer."""
    texts, most = spot.sampler.texts(spot.form), int(spot.value)

    def longer(length: int) -> Callable[[Any, Random], Iterator[str]]:
        def propose(value: Any, rng: Random) -> Iterator[str]:
            for _ in range(4):
                yield texts.of_length(rng, length)
            yield value + (value[-1:] or "a") * (length - len(value))
            yield value[:-1] + "a" * (length - len(value)) + value[-1:]
            yield "a" * length

        return propose

    far = most + min(FAR_CHARACTERS, most + 10)
    wide = ALPHABETS["astral"]
    return [
        Change(f"{most + 1} characters, one too many", longer(most + 1), "string"),
        Change(f"{far} characters, far too many", longer(far), "string"),
        Change(
            f"{most + 1} characters of four bytes, one too many",
            lambda _value, rng: ["".join(rng.choices(wide, k=most + 1))],
            "string",
        ),
    ]


def pattern_changes(spot: Spot) -> list[Change]:
    """The text with one character changed for one that does not belong, and others."""
    texts = spot.sampler.texts(spot.form)

    def replaced(value: Any, rng: Random) -> Iterator[str]:
        for breaker in rng.sample(_BREAKERS, len(_BREAKERS)):
            place = rng.randrange(len(value) + 1)
            yield value[:place] + breaker + value[place + 1 :]

    def other(_value: Any, rng: Random) -> Iterator[str]:
        yield from rng.sample(TEXTS, len(TEXTS))
        for name in spot.form.all("format"):
            if name in FORMATS:
                yield from (FORMATS[name](rng) for _ in range(20))
        least, most = texts.shortest, texts.longest if texts.longest is not None else texts.shortest + 20
        for alphabet in ALPHABETS.values():
            yield "".join(rng.choices(alphabet, k=rng.randint(least, min(most, least + 20))))
        yield from ("", "\x00" * max(1, least))

    return [
        Change("a character that does not belong", replaced, "string"),
        Change("a newline at the end", lambda value, _rng: [value + "\n", value[:-1] + "\n"], "string"),
        Change("another text", other, "string"),
    ]


def format_changes(spot: Spot) -> list[Change]:
    """A text that is nearly of the format."""

    def near(value: Any, rng: Random) -> list[str]:
        texts = texts_not_of(spot.value, value)
        return rng.sample(texts, len(texts))

    return [Change(f"a text that is no {spot.value}", near, "string", open=True)]


def number_changes(spot: Spot) -> list[Change]:
    """A number at the wrong side of a bound: just, and far."""
    bound, down = spot.value, spot.keyword in ("minimum", "exclusiveMinimum")
    sign = -1 if down else 1
    side = "below" if down else "above"
    fractions = "number" in spot.form.types

    def just(_value: Any, _rng: Random) -> list[Any]:
        near = [bound + sign * 0.5] if fractions else []
        return [bound + sign, *near, *(bound + sign * step for step in range(2, 200))]

    def far(_value: Any, rng: Random) -> list[Any]:
        found = [sign * 2**31, sign * (2**31 + 1), sign * 2**32]
        # Beyond 2^53 readers differ about numbers; that they are out of bounds here is beyond doubt.
        found += [sign * 2**53, sign * 2**63, sign * 2**64, sign * 10**30]
        return [each for each in rng.sample(found, len(found)) if (each - bound) * sign > 1]

    changes = [
        Change(f"the bound's next number {side}", just, "number"),
        Change(f"far {side} the bound", far, "number"),
    ]
    if spot.keyword.startswith("exclusive"):
        changes.insert(0, Change("the bound itself", lambda _value, _rng: [bound], "number"))
    return changes


def multiple_changes(spot: Spot) -> list[Change]:
    """A number between two multiples."""
    step = spot.value

    def between(value: Any, _rng: Random) -> list[Any]:
        found = [value + step / 2, value + 0.5, value - step / 2, step / 3]
        if "number" in spot.form.types:
            return [*found, *(value + each for each in (1, -1, 2, -2))]
        return [value + each for each in (1, -1, 2, -2, 3, -3)]

    return [Change(f"no multiple of {step}", between, "number")]


SCALAR_CHANGES: dict[str, Callable[[Spot], list[Change]]] = {
    "type": type_changes,
    "enum": enum_changes,
    "const": enum_changes,
    "minLength": min_length_changes,
    "maxLength": max_length_changes,
    "pattern": pattern_changes,
    "format": format_changes,
    "minimum": number_changes,
    "maximum": number_changes,
    "exclusiveMinimum": number_changes,
    "exclusiveMaximum": number_changes,
    "multipleOf": multiple_changes,
}
