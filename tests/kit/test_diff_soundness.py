"""What the comparison calls safe is safe: random pairs of schemas, and a validator that knows nothing of it.

If nothing in what clients send is worse than safe, then each value that the old schema allows is allowed by the new
one; for what the server sends, the other way round.
"""

from __future__ import annotations

import json
from random import Random
from typing import Any

import jsonschema_rs
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from conformance.diff.change import Direction, Severity
from conformance.diff.node import Files, Node
from conformance.diff.schema_rules import SCHEMA_RULES
from conformance.diff.schemas import compare_schemas
from conformance.diff.shape import Dialect
from tests.kit.diff_schemas import UNIVERSE, random_pair

EXAMPLES = 1500
MIN_SHARE = 0.6  # of the real inclusions that must be recognised; nested not, oneOf and if are what is missed


def root(schema: Any) -> Node:
    """Return a schema as a document."""
    found = Files("test", lambda _: json.dumps(schema)).root("schema.json")
    assert found is not None
    return found


def safe_directions(old: Any, new: Any) -> set[Direction]:
    """Return the directions in which nothing is worse than safe."""
    found = compare_schemas((root(old),), (root(new),), Dialect.OPENAPI_31, Dialect.OPENAPI_31)
    harmless = {Severity.SAFE, Severity.DOCS}
    return {
        direction
        for direction in (Direction.TO_SERVER, Direction.TO_CLIENT)
        if all(SCHEMA_RULES[each.rule].severity(direction) in harmless for each in found)
    }


def allowed(schema: Any) -> list[bool] | None:
    """Return which values of the universe are valid; None: the validator does not take the schema."""
    try:
        validator = jsonschema_rs.Draft202012Validator(schema)
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError):
        return None
    return [validator.is_valid(value) for value in UNIVERSE]


@given(seed=st.integers(0, 2**32 - 1))
@settings(max_examples=EXAMPLES, deadline=None)
def test_what_is_called_safe_is_safe(seed: int) -> None:
    old, new = random_pair(Random(seed))
    before, after = allowed(old), allowed(new)
    assume(before is not None and after is not None)
    assert before is not None
    assert after is not None
    safe = safe_directions(old, new)
    if Direction.TO_SERVER in safe:
        lost = [value for value, was, is_ in zip(UNIVERSE, before, after, strict=True) if was and not is_]
        assert not lost, (old, new)
    if Direction.TO_CLIENT in safe:
        new_ones = [value for value, was, is_ in zip(UNIVERSE, before, after, strict=True) if is_ and not was]
        assert not new_ones, (old, new)


def test_the_comparison_is_no_mere_alarm() -> None:
    """Where one schema does include the other on every value tried, that is mostly recognised."""
    recognised = included = changed = 0
    for seed in range(1200):
        old, new = random_pair(Random(seed))
        before, after = allowed(old), allowed(new)
        if before is None or after is None or before == after:
            continue
        changed += 1
        for direction, one, other in ((Direction.TO_SERVER, before, after), (Direction.TO_CLIENT, after, before)):
            if all(is_ or not was for was, is_ in zip(one, other, strict=True)):
                included += 1
                recognised += direction in safe_directions(old, new)
    assert changed > 300
    assert recognised / included > MIN_SHARE, (recognised, included)
