"""Compares `anyOf` and `oneOf`: which alternative of the one corresponds to which of the other.

Alternatives that cannot hold together (other types, other constants under a required name) make `oneOf` the same as
`anyOf`. Where they may overlap, widening one can shut out a value that two match, so any change is DIFFERENT.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import TYPE_CHECKING

from conformance.diff.node import Node
from conformance.diff.schema_rules import Effect
from conformance.diff.shape import NOTES, WORDS, Dialect, Schemas, Shape, Union, shape_of

if TYPE_CHECKING:
    from conformance.diff.schemas import Comparison, Place

_BESIDE = frozenset({*WORDS, *NOTES, "x-"})


def compare_as_alternatives(walk: Comparison, old: Schemas, new: Schemas, place: Place) -> bool:
    """Compare two schemas of which one is nothing but alternatives; a plain schema is the one alternative of itself.

    Returns whether that was the case; if not, nothing was compared.
    """
    before, after = _as_union(old, walk.old_dialect), _as_union(new, walk.new_dialect)
    if (before is None and after is None) or not old or not new:
        return False
    _compare_union(walk, before or Union(old[0], (old,), False), after or Union(new[0], (new,), False), place)
    return True


def compare_unions(walk: Comparison, old: Shape, new: Shape, place: Place) -> None:
    """Compare the alternatives that two schemas have beside other demands, list by list."""
    for before, after in itertools.zip_longest(old.unions, new.unions):
        if before is not None and after is not None:
            _compare_union(walk, before, after, place)
        else:
            rule = "condition-added" if before is None else "condition-removed"
            nodes = [union.node if union is not None else None for union in (before, after)]
            walk.report(rule, place, *nodes, keyword="one of several alternatives")


def _as_union(schemas: Schemas, dialect: Dialect) -> Union | None:
    if len(schemas) != 1:
        return None
    node = schemas[0]
    if node.reference is not None:
        if dialect is Dialect.OPENAPI_31 and len(node.value) > 1:
            return None
        node = node.followed()
    value = node.value
    if not isinstance(value, dict):
        return None
    demands = [keyword for keyword in value if keyword not in _BESIDE and not keyword.startswith("x-")]
    if demands not in (["anyOf"], ["oneOf"]) or len(value[demands[0]]) < 2:
        return None
    listed = node.at(demands[0])
    branches = tuple((listed.at(index),) for index in range(len(listed.value)))
    return Union(listed, branches, demands == ["oneOf"])


def _compare_union(walk: Comparison, old: Union, new: Union, place: Place) -> None:
    if _overlaps(old, walk.old_dialect) or _overlaps(new, walk.new_dialect):
        if old.exclusive != new.exclusive or not _same_alternatives(walk, old, new, place):
            keyword = "`oneOf`" if old.exclusive and new.exclusive else "`anyOf` and `oneOf`"
            walk.report("condition-changed", place, old.node, new.node, keyword=keyword)
        return
    pairs = _aligned(walk, old, new)
    for before, after in pairs:
        walk.compare(before, after, place)
    left = [branch for branch in old.branches if all(branch is not before for before, _ in pairs)]
    come = [branch for branch in new.branches if all(branch is not after for _, after in pairs)]
    for branch in left:
        if all(Effect.NARROWER in walk.effect(branch, other) for other in new.branches):
            values = _name(branch, walk.old_dialect)
            walk.report("alternative-removed", place, branch[0], new.node, values=values)
    for branch in come:
        if all(Effect.WIDER in walk.effect(other, branch) for other in old.branches):
            values = _name(branch, walk.new_dialect)
            walk.report("alternative-added", place, None, branch[0], values=values)


def _same_alternatives(walk: Comparison, old: Union, new: Union, place: Place) -> bool:
    free = list(new.branches)
    for branch in old.branches:
        same = next((other for other in free if walk.same(branch, other, place, "`oneOf`")), None)
        if same is None:
            return False
        free = [other for other in free if other is not same]
    return not free


def _aligned(walk: Comparison, old: Union, new: Union) -> list[tuple[Schemas, Schemas]]:
    """Return which alternatives are versions of each other: equal ones, of one name, of one type."""
    pairs: list[tuple[Schemas, Schemas]] = []
    before, after = list(old.branches), list(new.branches)
    tests = (
        lambda one, other: not walk.effect(one, other),
        lambda one, other: one[0].reference is not None and _last(one[0]) == _last(other[0]),
        lambda one, other: shape_of(one, walk.old_dialect).types == shape_of(other, walk.new_dialect).types,
    )
    for belongs in tests:
        for branch in list(before):
            partner = next((other for other in after if belongs(branch, other)), None)
            if partner is not None:
                pairs.append((branch, partner))
                before = [other for other in before if other is not branch]
                after = [other for other in after if other is not partner]
    return pairs


def _last(node: Node) -> str | None:
    return node.reference and node.reference.rpartition("/")[2]


def _name(schemas: Schemas, dialect: Dialect) -> str:
    reference = _last(schemas[0])
    if reference is not None:
        return f"`{reference}`"
    types = sorted("number" if atom == "fraction" else atom for atom in shape_of(schemas, dialect).types)
    return " or ".join(types) or "nothing"


def _overlaps(union: Union, dialect: Dialect) -> bool:
    """Whether a value could match two alternatives of which only one may hold."""
    if not union.exclusive:
        return False
    shapes = [shape_of(branch, dialect) for branch in union.branches]
    return not all(_disjoint(one, other, dialect) for one, other in itertools.combinations(shapes, 2))


def _disjoint(one: Shape, other: Shape, dialect: Dialect) -> bool:
    shared = one.types & other.types
    if not shared:
        return True
    if one.values is not None and other.values is not None and not one.values.keys() & other.values.keys():
        return True
    if shared != {"object"}:
        return False
    return any(
        _excluded(one.declared.get(name), other.declared.get(name), dialect) for name in one.required & other.required
    )


def _excluded(one: Sequence[Node] | None, other: Sequence[Node] | None, dialect: Dialect) -> bool:
    if one is None or other is None:
        return False
    values, others = (shape_of(tuple(schemas), dialect).values for schemas in (one, other))
    return values is not None and others is not None and not values.keys() & others.keys()
