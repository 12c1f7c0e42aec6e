"""How to break each keyword that speaks of objects and arrays, and the combinators.

A table from keyword to changes, as in `scalar_changes`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import combinations
from random import Random
from typing import Any

from conformance.generate.alphabets import ALPHABETS, NAMES, TEXTS
from conformance.generate.change import Change, Spot
from conformance.generate.names import extra_names

UNKNOWN_NAMES = ("unknownProperty", "", "__proto__")
GROWN_MAX = 2000
"""An array or object with more members than this is not made, to break the keyword that allows so many."""

_ANY: tuple[Any, ...] = (None, True, 1.5, 7, "x", "", [], [None], {}, {"x": 1})


def required_changes(spot: Spot) -> list[Change]:
    """Each required property left out."""

    def without(name: str) -> Callable[[Any, Random], list[Any]]:
        return lambda value, _rng: [{key: item for key, item in value.items() if key != name}]

    return [Change(f"without {name!r}", without(name), "object", name) for name in spot.value]


def additional_changes(spot: Spot) -> list[Change]:
    """A property that is not declared, and for each declared one a name that is nearly it."""
    if spot.value is not False:
        return []
    declared = spot.part.schema.get("properties", {})
    known = set(spot.form.known)

    def added(name: str, like: str | None = None) -> Callable[[Any, Random], Iterator[Any]]:
        def propose(value: Any, rng: Random) -> Iterator[Any]:
            if like is not None:
                values = [value[like]] if like in value else spot.samples(spot.form.property(like), rng, 1)
                yield from ({**value, name: each} for each in values)
            yield {**value, name: rng.choice(_ANY)}

        return propose

    changes = [
        Change(f"with the unknown {name!r}", added(name), "object", name) for name in UNKNOWN_NAMES if name not in known
    ]
    for like in declared:
        snake = re.sub(r"(?<=[a-z0-9])([A-Z])", lambda found: "_" + found[1].lower(), like)
        camel = re.sub(r"_([a-z])", lambda found: found[1].upper(), like)
        other = like.upper() if like != like.upper() else like.lower()
        near = (other, like + " ", snake if snake != like else camel)
        for name in dict.fromkeys(near):
            if name not in known:
                changes.append(Change(f"with {name!r} beside {like!r}", added(name, like), "object", name))
    return changes


def min_properties_changes(spot: Spot) -> list[Change]:
    """An object with one property less than allowed."""
    least = int(spot.value)

    def fewer(value: Any, rng: Random) -> Iterator[Any]:
        free = [name for name in value if name not in spot.form.required]
        for _ in range(8):
            surplus = max(0, len(value) - least + 1)
            dropped = set(rng.sample(free, min(len(free), surplus)))
            yield {name: item for name, item in value.items() if name not in dropped}

    return [Change(f"{least - 1} properties instead of {least}", fewer, "object")] if least else []


def max_properties_changes(spot: Spot) -> list[Change]:
    """An object with one property more than allowed."""
    most = int(spot.value)

    def more(value: Any, rng: Random) -> Iterator[Any]:
        grown = dict(value)
        known = [(name, spot.form.property(name)) for name in spot.form.known]
        for name, shape in [*known, *extra_names(spot.form, most + 20, spot.sampler.sample)]:
            if len(grown) <= most and name not in grown:
                grown.update(zip([name], spot.samples(shape, rng, 1), strict=False))
        yield grown

    return [Change(f"{most + 1} properties, one too many", more, "object")] if most < GROWN_MAX else []


def property_names_changes(spot: Spot) -> list[Change]:
    """A property whose name is not allowed."""
    shape = spot.shape("propertyNames")
    tried = [*UNKNOWN_NAMES, *NAMES, *TEXTS, "a", "A", "a" * 100, *ALPHABETS.values()]
    names = [name for name in tried if not shape.judge.accepts(name)][:3]

    def named(name: str) -> Callable[[Any, Random], list[Any]]:
        def propose(value: Any, rng: Random) -> list[Any]:
            return [{**value, name: each} for each in (*spot.samples(spot.form.property(name), rng, 1), *_ANY)]

        return propose

    return [Change(f"with the name {name[:40]!r}", named(name), "object", name) for name in names]


def dependencies_changes(spot: Spot) -> list[Change]:
    """A property without the other that it needs."""
    changes = []
    for name, needed in spot.value.items():
        for other in needed if isinstance(needed, list) else ():

            def without(value: Any, rng: Random, name: str = name, other: str = other) -> list[Any]:
                rest = {key: item for key, item in value.items() if key != other}
                if name in rest:
                    return [rest]
                return [{**rest, name: item} for item in spot.samples(spot.form.property(name), rng, 1)]

            changes.append(Change(f"{name!r} without {other!r}", without, "object"))
    return changes


def min_items_changes(spot: Spot) -> list[Change]:
    """An array with one item less than allowed."""
    least = int(spot.value)
    changes = [Change(f"{least - 1} items instead of {least}", lambda value, _rng: [value[: least - 1]], "array")]
    if least > 1:
        changes.append(Change("an empty array", lambda _value, _rng: [[]], "array"))
    return changes if least else []


def max_items_changes(spot: Spot) -> list[Change]:
    """An array with one item more than allowed."""
    most = int(spot.value)

    def grown(value: Any, rng: Random) -> Iterator[Any]:
        items = list(value)
        distinct = any(spot.form.all("uniqueItems"))
        for _ in range(4 * most + 40):
            if len(items) > most:
                yield items
                return
            new = spot.samples(spot.form.item(len(items)), rng, 1)
            if not distinct or new[:1] not in [[item] for item in items]:
                items += new

    return [Change(f"{most + 1} items, one too many", grown, "array")] if most < GROWN_MAX else []


def unique_changes(spot: Spot) -> list[Change]:
    """An array with one item twice."""

    def twice(value: Any, rng: Random) -> Iterator[Any]:
        items = value or spot.samples(spot.form.item(0), rng, 1)
        for item in items[:4]:
            yield [*items, item]
            yield [*items[:-1], item] if len(items) > 1 else [item, item]
            yield [item, item, *items[1:]]

    return [Change("one item twice", twice, "array")] if spot.value else []


def additional_items_changes(spot: Spot) -> list[Change]:
    """An array that is longer than its items are declared."""
    if spot.value is not False or not isinstance(spot.part.schema.get("items"), list):
        return []

    def longer(value: Any, rng: Random) -> Iterator[Any]:
        items = list(value)
        while len(items) < len(spot.part.schema["items"]):
            new = spot.samples(spot.form.item(len(items)), rng, 1)
            if not new:
                return
            items += new
        yield from ([*items, each] for each in rng.sample(_ANY, len(_ANY)))

    return [Change("more items than are declared", longer, "array")]


def contains_changes(spot: Spot) -> list[Change]:
    """An array without the item that it has to contain."""
    wanted = spot.shape("contains").judge.accepts

    def without(value: Any, rng: Random) -> Iterator[Any]:
        rest = [item for item in value if not wanted(item)]
        yield rest
        others = [item for item in [*spot.samples(spot.form.item(len(rest)), rng, 20), *_ANY] if not wanted(item)]
        for _ in range(4):
            yield [*rest, *rng.sample(others, min(len(others), max(1, len(value) - len(rest))))]

    return [Change("without what it has to contain", without, "array")]


def not_changes(spot: Spot) -> list[Change]:
    """A value that is right apart from being what it must not be."""
    excluded = spot.shape("not")

    def propose(value: Any, rng: Random) -> Iterator[Any]:
        yield from _with(value, spot.unchecked(excluded, rng, 12))

    return [Change("what it must not be", propose)]


def branches_changes(spot: Spot) -> list[Change]:
    """A value that no branch allows and, for oneOf, one that two allow."""

    def none(_value: Any, rng: Random) -> list[Any]:
        return rng.sample(_ANY, len(_ANY))

    changes = [Change("what no branch allows", none)]
    if spot.keyword == "oneOf":
        pairs = list(combinations(range(len(spot.value)), 2))
        inside = [part for part in spot.form.parts if part.branch is not None and part.branch[0] == spot.part.pointer]
        others = [part.pointer for part in spot.form.parts if part not in (spot.part, *inside)]

        def two(value: Any, rng: Random) -> Iterator[Any]:
            for pair in rng.sample(pairs, min(len(pairs), 6)):
                branches = [f"{spot.part.pointer}/oneOf/{index}" for index in pair]
                yield from _with(value, spot.unchecked(spot.form.document.shape(*branches, *others), rng, 6))

        changes.append(Change("what two branches allow", two))
    return changes


def _with(value: Any, samples: list[Any]) -> Iterator[Any]:
    """Yield samples, those that are objects also put into `value`: so it stays right in what they don't speak of."""
    for sample in samples:
        yield sample
        if isinstance(sample, dict) and isinstance(value, dict):
            yield {**value, **sample}


CONTAINER_CHANGES: dict[str, Callable[[Spot], list[Change]]] = {
    "required": required_changes,
    "additionalProperties": additional_changes,
    "minProperties": min_properties_changes,
    "maxProperties": max_properties_changes,
    "propertyNames": property_names_changes,
    "dependencies": dependencies_changes,
    "minItems": min_items_changes,
    "maxItems": max_items_changes,
    "uniqueItems": unique_changes,
    "additionalItems": additional_items_changes,
    "contains": contains_changes,
    "not": not_changes,
    "anyOf": branches_changes,
    "oneOf": branches_changes,
}
