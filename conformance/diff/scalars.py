"""Compares what two schemas say about a value itself: its type, its listed values, its bounds and its form.

A demand that cannot matter is left out: `minLength` where nothing is a string any more, or where the few listed
values all fulfil it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import jsonschema_rs

from conformance.diff.schema_rules import Effect
from conformance.diff.shape import ATOMS, COUNTS, NOTES, NUMBERS, WORDS, Shape
from conformance.diff.values import FRACTION, INTEGER

if TYPE_CHECKING:
    from conformance.diff.schemas import Comparison, Place

MAX_SHOWN = 60  # characters of a value that a sentence quotes
_WIDENING_FORMATS = {("int32", "int64"), ("float", "double")}  # the first is a part of the second
_TYPE_WORDS = ("null", "boolean", "integer", "number", "string", "array", "object")


def compare_types(walk: Comparison, old: Shape, new: Shape, place: Place) -> None:
    """Compare which types and which listed values are allowed."""
    if old.values is None or new.values is None:
        fewer, more = old.types - new.types, new.types - old.types
        rule = "type-changed" if fewer and more else "type-narrowed" if fewer else "type-widened" if more else None
        if rule is not None:
            facts = {"old": _type_words(old.types), "new": _type_words(new.types)}
            walk.report(rule, place, old.where.get("type"), new.where.get("type"), **facts)
    before, after = _values_place(old), _values_place(new)
    if old.values is not None and new.values is not None:
        removed = [value for key, value in old.values.items() if key not in new.values]
        added = [value for key, value in new.values.items() if key not in old.values]
        if removed:
            walk.report("enum-value-removed", place, before, after, values=quote_all(removed), listed=removed)
        if added:
            walk.report("enum-value-added", place, before, after, values=quote_all(added), listed=added)
    elif new.values is not None and old.types & new.types:
        walk.report("enum-added", place, None, after, values=quote_all(new.values.values()))
    elif old.values is not None and old.types & new.types:
        walk.report("enum-removed", place, before, None, values=quote_all(old.values.values()))


def _values_place(shape: Shape) -> Any:
    return shape.where.get("enum") or shape.where.get("const") or shape.where.get("type")


def compare_bounds(walk: Comparison, old: Shape, new: Shape, place: Place, shared: frozenset[str]) -> None:
    """Compare bounds, multiples, patterns and formats, as far as they concern the types that both allow."""
    if shared & NUMBERS:
        _compare_limit(walk, old, new, place, "minimum")
        _compare_limit(walk, old, new, place, "maximum")
        _compare_multiples(walk, old, new, place)
    for keyword, type_name in COUNTS.items():
        if type_name in shared:
            _compare_count(walk, old, new, place, keyword)
    if "array" in shared and old.unique != new.unique:
        rule = "bound-narrowed" if new.unique else "bound-widened"
        _report_bound(walk, rule, old, new, place, "uniqueItems", json.dumps(old.unique), json.dumps(new.unique))
    if "string" in shared and old.patterns != new.patterns:
        _compare_forms(walk, old, new, place, "pattern", old.patterns, new.patterns)
    if old.formats != new.formats and shared & (NUMBERS | {"string"}):
        _compare_forms(walk, old, new, place, "format", old.formats, new.formats)


def _compare_limit(walk: Comparison, old: Shape, new: Shape, place: Place, keyword: str) -> None:
    before, after = getattr(old, keyword), getattr(new, keyword)
    if before == after:
        return
    lower = keyword == "minimum"
    exclusive = "exclusiveMinimum" if lower else "exclusiveMaximum"
    narrower = _height(after, lower=lower) > _height(before, lower=lower)
    rule = "bound-narrowed" if narrower else "bound-widened"
    used = exclusive if keyword not in (new.where if after else old.where) else keyword
    _report_bound(walk, rule, old, new, place, used, _limit_text(before), _limit_text(after))


def _height(bound: tuple[Fraction, bool] | None, *, lower: bool) -> tuple[float | Fraction, bool]:
    """Return how strict a bound is: the higher, the stricter."""
    if bound is None:
        return -math.inf, False
    return (bound[0] if lower else -bound[0]), bound[1]


def _limit_text(bound: tuple[Fraction, bool] | None) -> str:
    if bound is None:
        return "none"
    number = str(bound[0]) if bound[0].denominator == 1 else repr(float(bound[0]))
    return f"{number} (excluded)" if bound[1] else number


def _compare_count(walk: Comparison, old: Shape, new: Shape, place: Place, keyword: str) -> None:
    lower = keyword.startswith("min")
    none = 0 if lower else math.inf
    before, after = old.counts.get(keyword, none), new.counts.get(keyword, none)
    if before == after:
        return
    rule = "bound-narrowed" if (after > before) == lower else "bound-widened"
    texts = (str(count) if keyword in shape.counts else "none" for count, shape in ((before, old), (after, new)))
    _report_bound(walk, rule, old, new, place, keyword, *texts)


def _compare_multiples(walk: Comparison, old: Shape, new: Shape, place: Place) -> None:
    narrower, wider = _adds(new.multiples, _multiples(old)), _adds(old.multiples, _multiples(new))
    if narrower and wider:
        walk.report(
            "condition-changed", place, old.where.get("multipleOf"), new.where.get("multipleOf"), keyword="`multipleOf`"
        )
    elif narrower or wider:
        texts = (" and ".join(map(str, sorted(shape.multiples))) or "none" for shape in (old, new))
        _report_bound(walk, "bound-narrowed" if narrower else "bound-widened", old, new, place, "multipleOf", *texts)


def _multiples(shape: Shape) -> frozenset[Fraction]:
    whole = FRACTION not in shape.types and INTEGER in shape.types
    return shape.multiples | {Fraction(1)} if whole else shape.multiples


def _adds(demands: frozenset[Fraction], known: frozenset[Fraction]) -> bool:
    """Whether some demand does not follow from what is known."""
    return any(not any((fact / demand).denominator == 1 for fact in known) for demand in demands if demand)


def _report_bound(
    walk: Comparison, rule: str, old: Shape, new: Shape, place: Place, keyword: str, before: str, after: str
) -> None:
    # Where the values are listed, a bound that all of them keep within changes nothing.
    if rule == "bound-narrowed" and _all_fulfil(old, new, keyword):
        return
    if rule == "bound-widened" and _all_fulfil(new, old, keyword):
        return
    walk.report(
        rule, place, old.where.get(keyword), new.where.get(keyword), keyword=f"`{keyword}`", old=before, new=after
    )


def _all_fulfil(shape: Shape, other: Shape, keyword: str) -> bool:
    """Whether `shape` lists its values and each of them fulfils the keyword as `other` states it."""
    stated = other.where.get(keyword)
    if shape.values is None or stated is None:
        return False
    if keyword in ("minimum", "maximum") and getattr(other, keyword) != (Fraction(str(stated.value)), False):
        return False
    return all(jsonschema_rs.is_valid({keyword: stated.value}, value) for value in shape.values.values())


def _compare_forms(
    walk: Comparison, old: Shape, new: Shape, place: Place, keyword: str, before: frozenset[str], after: frozenset[str]
) -> None:
    effect = Effect.NONE
    if after - before and not (keyword == "pattern" and _all_match(old, after - before)):
        effect |= Effect.NARROWER
    if before - after and not (keyword == "pattern" and _all_match(new, before - after)):
        effect |= Effect.WIDER
    if effect is Effect.DIFFERENT and keyword == "format" and len(before) == len(after) == 1:
        step = (next(iter(before)), next(iter(after)))
        if step in _WIDENING_FORMATS:
            effect = Effect.WIDER
        elif step[::-1] in _WIDENING_FORMATS:
            effect = Effect.NARROWER
    if effect is Effect.NONE:
        return
    verb = {Effect.NARROWER: "added", Effect.WIDER: "removed", Effect.DIFFERENT: "changed"}[effect]
    facts = {"old": _forms_text(before), "new": _forms_text(after)}
    walk.report(f"{keyword}-{verb}", place, old.where.get(keyword), new.where.get(keyword), **facts)


def _all_match(shape: Shape, patterns: Iterable[str]) -> bool:
    if shape.values is None:
        return False
    try:
        return all(
            jsonschema_rs.is_valid({"pattern": pattern}, value)
            for pattern in patterns
            for value in shape.values.values()
        )
    except jsonschema_rs.ValidationError:  # a regular expression of another dialect
        return False


def _forms_text(forms: frozenset[str]) -> str:
    return " and ".join(f"`{_shortened(form)}`" for form in sorted(forms)) or "any"


def compare_notes(walk: Comparison, old: Shape, new: Shape, place: Place) -> None:
    """Compare what is said about a value without limiting it: its default, who may write it, and the words."""
    for keyword in NOTES:
        absent = "none" if keyword == "default" else "false"
        before, after = (quote(shape.notes[keyword]) if keyword in shape.notes else absent for shape in (old, new))
        if before.strip("`") != after.strip("`"):
            rule = {"default": "default-changed", "deprecated": "schema-deprecated"}.get(keyword, "access-changed")
            facts = {"keyword": f"`{keyword}`", "old": before, "new": after}
            walk.report(rule, place, old.where.get(keyword), new.where.get(keyword), **facts)
    word = next((word for word in WORDS if old.words.get(word) != new.words.get(word)), None)
    if word is not None:
        walk.report("schema-docs", place, old.where.get(word), new.where.get(word))


def quote(value: Any) -> str:
    """Return a JSON value as a sentence quotes it."""
    return f"`{_shortened(json.dumps(value, ensure_ascii=False))}`"


def quote_all(values: Iterable[Any]) -> str:
    """Return JSON values as a sentence lists them."""
    return ", ".join(map(quote, values)) or "nothing"


def _shortened(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 1] + "…"


def _type_words(types: frozenset[str]) -> str:
    if types == ATOMS:
        return "anything"
    named = {"number" if types >= NUMBERS and atom in NUMBERS else atom for atom in types}
    named = {"number" if atom == FRACTION else atom for atom in named}
    return " or ".join(sorted(named, key=_TYPE_WORDS.index)) or "nothing"
