"""Compares two schemas: which values are allowed that were not, and the other way round.

Knows nothing of directions and documents. If `compare_schemas` finds no difference whose effect is NARROWER, then every
value that the old schema allows is allowed by the new one; likewise WIDER for the way back. What it cannot decide it
calls DIFFERENT. A circle of references is assumed to hold where it closes; what breaks it is found on the way round.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from conformance.diff import alternatives, scalars
from conformance.diff.node import Node
from conformance.diff.schema_rules import SCHEMA_RULES, Effect
from conformance.diff.shape import LITERALS, SUBSCHEMAS, WORDS, Dialect, Schemas, Shape, shape_of

Place = tuple[str, ...]  # steps into the value: property names, `*` for every element
Pair = tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]
MAX_DEPTH = 60  # schemas within schemas; real documents stay below 20


@dataclass(frozen=True)
class Difference:
    """One thing that two schemas do not share. `old` and `new` are where it is written, where it is."""

    rule: str
    place: Place
    old: Node | None
    new: Node | None
    facts: dict[str, Any] = field(default_factory=dict, compare=False)

    @property
    def effect(self) -> Effect:
        """Return what this does to the set of allowed values."""
        return SCHEMA_RULES[self.rule].effect


def compare_schemas(old: Schemas, new: Schemas, old_dialect: Dialect, new_dialect: Dialect) -> list[Difference]:
    """Return the differences, in the order of the schema, each once."""
    comparison = Comparison(old_dialect, new_dialect, frozenset())
    comparison.compare(old, new, ())
    if any(found.effect for found in comparison.found):
        # What was taken for the same inside `not` and the like was so only as long as nothing had changed around it.
        for place, before, after, keyword in comparison.provided:
            comparison.report("condition-changed", place, before, after, keyword=keyword)
    return comparison.found


class Comparison:
    """One walk over two schemas. `pairs` are assumed to hold: those around, whose differences are found elsewhere."""

    def __init__(self, old_dialect: Dialect, new_dialect: Dialect, pairs: frozenset[Pair]) -> None:
        self.old_dialect = old_dialect
        self.new_dialect = new_dialect
        self.found: list[Difference] = []
        self._around: list[Pair] = []
        self._around_nodes: list[tuple[Node | None, Node | None]] = []
        self._done: dict[Pair, list[Difference]] = {}
        self._assumed = pairs
        self._relied = False  # on an assumption
        self.provided: list[tuple[Place, Node | None, Node | None, str]] = []  # conditions that rely on assumptions

    def report(self, rule: str, place: Place, old: Node | None, new: Node | None, /, **facts: Any) -> None:
        """Note a difference; where neither side says where it is written, it is what is being compared."""
        if old is None and new is None and self._around_nodes:
            old, new = self._around_nodes[-1]
        self.found.append(Difference(rule, place, old, new, facts))

    def effect(self, old: Schemas, new: Schemas) -> Effect:
        """Return what the step from `old` to `new` does, and report nothing."""
        aside = Comparison(self.old_dialect, self.new_dialect, self._assumed | frozenset(self._around))
        aside.compare(old, new, ())
        self.provided += aside.provided
        self._relied = self._relied or aside._relied
        effect = Effect.NONE
        for difference in aside.found:
            effect |= difference.effect
        return effect

    def same(self, old: Schemas, new: Schemas, place: Place, keyword: str) -> bool:
        """Whether two schemas mean the same, asked where narrower may turn out wider: inside `not` and the like."""
        before, self._relied = self._relied, False
        same = not self.effect(old, new)
        if same and self._relied:
            self.provided.append((place, _first(old), _first(new), keyword))
        self._relied = self._relied or before
        return same

    def compare(self, old: Schemas, new: Schemas, place: Place) -> None:
        """Find the differences of what stands at `place`."""
        pair = (tuple(map(_identity, old)), tuple(map(_identity, new)))
        if pair in self._assumed or pair in self._around:
            self._relied = self._relied or pair in self._assumed
            return
        if pair in self._done:
            self.found += [replace(known, place=(*place, *known.place)) for known in self._done[pair]]
            return
        if len(self._assumed) + len(self._around) > MAX_DEPTH:
            self.report("condition-changed", place, _first(old), _first(new), keyword="a deep nesting")
            return
        self._around.append(pair)
        self._around_nodes.append((_first(old), _first(new)))
        found = len(self.found)
        if not alternatives.compare_as_alternatives(self, old, new, place):
            self._compare_shapes(shape_of(old, self.old_dialect), shape_of(new, self.new_dialect), place)
        self._around.pop()
        self._around_nodes.pop()
        self._done[pair] = [replace(known, place=known.place[len(place) :]) for known in self.found[found:]]

    def _compare_shapes(self, old: Shape, new: Shape, place: Place) -> None:
        scalars.compare_types(self, old, new, place)
        shared = old.types & new.types
        scalars.compare_bounds(self, old, new, place, shared)
        if "object" in shared:
            self._compare_objects(old, new, place)
        if "array" in shared:
            self._compare_arrays(old, new, place)
        alternatives.compare_unions(self, old, new, place)
        self._compare_conditions(old, new, place)
        scalars.compare_notes(self, old, new, place)

    def _compare_objects(self, old: Shape, new: Shape, place: Place) -> None:
        required, freed = new.required - old.required, old.required - new.required
        for name in [*new.declared, *(name for name in old.declared if name not in new.declared)]:
            here = (*place, name)
            before, after = old.declared.get(name), new.declared.get(name)
            if before is not None and after is not None:
                self.compare(before, after, here)
            elif after is not None:
                self._property_added(after, _undeclared(old, name), here, required=name in required)
                required -= {name}
            elif before is not None:
                self._property_removed(before, _undeclared(new, name), here)
                freed -= {name}
        for name in sorted(required):
            self.report("property-now-required", (*place, name), None, new.where["required"])
        for name in sorted(freed):
            self.report("property-no-longer-required", (*place, name), old.where["required"], new.where.get("required"))
        self._compare_rest_of_object(old, new, place)

    def _property_added(self, schemas: Schemas, before: Schemas, place: Place, *, required: bool) -> None:
        effect = self.effect(before, schemas)
        wider = Effect.WIDER in effect
        if required:
            rule = "required-property-added-to-closed" if wider else "required-property-added"
        elif Effect.NARROWER in effect:
            rule = "property-added-otherwise" if wider else "property-added-to-open"
        else:
            rule = "property-added" if wider else "property-added-to-open"
        self.report(rule, place, None, _first(schemas))

    def _property_removed(self, schemas: Schemas, after: Schemas, place: Place) -> None:
        narrower = Effect.NARROWER in self.effect(schemas, after)
        self.report("property-removed-from-closed" if narrower else "property-removed", place, _first(schemas), None)

    def _compare_rest_of_object(self, old: Shape, new: Shape, place: Place) -> None:
        was_closed, is_closed = _is_closed(old.additional), _is_closed(new.additional)
        if was_closed != is_closed:
            rule = "object-closed" if is_closed else "object-opened"
            self.report(rule, place, _first(old.additional), _first(new.additional))
        elif not is_closed:
            self.compare(old.additional, new.additional, (*place, "*"))
        if old.by_pattern.keys() == new.by_pattern.keys():
            for pattern, schemas in old.by_pattern.items():
                self.compare(schemas, new.by_pattern[pattern], (*place, "*"))
        else:
            key = "patternProperties"
            self.report("pattern-properties-changed", place, old.where.get(key), new.where.get(key))
        if not self._same_parts(old.apart, new.apart, place):
            here = _first(next(iter(new.apart), ()))
            self.report("pattern-properties-changed", place, _first(next(iter(old.apart), ())), here)
        self._compare_dependencies(old, new, place)

    def _compare_dependencies(self, old: Shape, new: Shape, place: Place) -> None:
        before = {(name, other) for name, others in old.dependent_names.items() for other in others}
        after = {(name, other) for name, others in new.dependent_names.items() for other in others}
        for rule, links in (("dependency-added", after - before), ("dependency-removed", before - after)):
            if links:
                values = ", ".join(f"`{name}` needs `{other}`" for name, other in sorted(links))
                self.report(rule, place, _dependency(old), _dependency(new), values=values)
        for name in sorted(old.dependent_schemas.keys() | new.dependent_schemas.keys()):
            self.compare(old.dependent_schemas.get(name, ()), new.dependent_schemas.get(name, ()), place)

    def _compare_arrays(self, old: Shape, new: Shape, place: Place) -> None:
        for index in range(max(len(old.prefix), len(new.prefix))):
            self.compare(old.item(index), new.item(index), (*place, str(index)))
        self.compare(old.items, new.items, (*place, "*"))

    def _compare_conditions(self, old: Shape, new: Shape, place: Place) -> None:
        for keyword in SUBSCHEMAS:
            before, after = old.conditions.get(keyword, []), new.conditions.get(keyword, [])
            if keyword.startswith("unevaluated"):
                # It hangs on all that stands beside it, even on what allows everything: `additionalProperties: true`.
                same = list(map(_written_out, before)) == list(map(_written_out, after))
            else:
                same = self._same_parts([(node,) for node in before], [(node,) for node in after], place, keyword)
            if not same:
                rule = _kind_of_change(before, after)
                self.report(rule, place, old.where.get(keyword), new.where.get(keyword), keyword=f"`{keyword}`")
        for keyword in LITERALS:
            earlier, later = old.literals.get(keyword, []), new.literals.get(keyword, [])
            if earlier != later:
                rule = _kind_of_change(earlier, later)
                self.report(rule, place, old.where.get(keyword), new.where.get(keyword), keyword=f"`{keyword}`")

    def _same_parts(self, old: list[Schemas], new: list[Schemas], place: Place, keyword: str = "") -> bool:
        """Whether each part of one list means the same as its partner in the other."""
        if len(old) != len(new):
            return False
        for before, after in zip(old, new, strict=True):
            if not keyword:
                if not self.same(before, after, place, "a rule for properties"):
                    return False
                continue
            for part in _PARTS.get(keyword, (keyword,)):
                if part in ("minContains", "maxContains"):
                    if before[0].value.get(part) != after[0].value.get(part):
                        return False
                elif not self.same(_under(before[0], part), _under(after[0], part), place, f"`{keyword}`"):
                    return False
        return True


_PARTS = {"if": ("if", "then", "else"), "contains": ("contains", "minContains", "maxContains")}


def _written_out(node: Node, around: tuple[tuple[str, str], ...] = ()) -> Any:
    """Return what is written there, with what its references name in their place, and without words."""
    if node.place in around:
        return {"$ref": len(around) - around.index(node.place)}
    around = (*around, node.place)
    if node.reference is not None:
        return [_written_out(node.referred(), around), sorted(node.value)]
    if isinstance(node.value, list):
        return [_written_out(node.at(index), around) for index in range(len(node.value))]
    if not isinstance(node.value, dict):
        return node.value
    aside = {key for key in WORDS if isinstance(node.value.get(key), str | list)} | {"$defs", "definitions"}
    return {key: _written_out(node.at(key), around) for key in node.value if key not in aside}


def _kind_of_change(old: list[Any], new: list[Any]) -> str:
    if old and new:
        return "condition-changed"
    return "condition-added" if new else "condition-removed"


def _under(node: Node, keyword: str) -> Schemas:
    return (node.at(keyword),) if keyword in node.value else ()


def _undeclared(shape: Shape, name: str) -> Schemas:
    """Return what a property has to fulfil that is not declared by name, beside the patterns that it matches."""
    return () if any(_matches(pattern, name) for pattern in shape.by_pattern) else shape.additional


def _matches(pattern: str, name: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except re.error:  # another dialect of regular expressions
        return False


def _is_closed(schemas: Schemas) -> bool:
    return any(node.value is False for node in schemas)


def _dependency(shape: Shape) -> Node | None:
    return shape.where.get("dependentRequired") or shape.where.get("dependencies")


def _identity(node: Node) -> tuple[str, str]:
    alone = node.reference is not None and len(node.value) == 1
    return (node.followed() if alone else node).place


def _first(schemas: Iterable[Node]) -> Node | None:
    return next(iter(schemas), None)
