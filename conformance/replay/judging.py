"""Compares what came with what a check expects. Pure functions; nothing here waits.

Numbers are compared as JSON has them: 1 and 1.0 are equal, 1 and true are not.
"""

from __future__ import annotations

import json
from typing import Any

from conformance.contract.judge import ABSENT

CONDITIONS = ("equals", "present", "absent", "not", "type")
"""What a check may say of one value; it has exactly one of these."""

SHOWN_CHARS = 120


def covers(value: Any, pattern: Any) -> bool:
    """Say whether `value` has every member of `pattern`, deeply; lists are compared item by item."""
    if isinstance(pattern, dict):
        if not pattern:
            return True
        return isinstance(value, dict) and all(name in value and covers(value[name], pattern[name]) for name in pattern)
    if isinstance(pattern, list):
        return (
            isinstance(value, list)
            and len(value) == len(pattern)
            and all(covers(item, wanted) for item, wanted in zip(value, pattern, strict=True))
        )
    return same(value, pattern)


def same(one: Any, other: Any) -> bool:
    """Say whether two JSON values are equal."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return bool(one == other)


def json_type(value: Any) -> str:
    """Return the JSON Schema type of a value, the narrowest; `nothing` for ABSENT."""
    if value is ABSENT:
        return "nothing"
    for kind, name in ((bool, "boolean"), (int, "integer"), (str, "string"), (dict, "object"), (list, "array")):
        if isinstance(value, kind):
            return name
    if isinstance(value, float):
        return "integer" if value.is_integer() else "number"
    return "null"


def holds(check: dict[str, Any], value: Any) -> bool:
    """Say whether a value (ABSENT: there is none) is as the check's condition expects; `not` holds for no value."""
    if "equals" in check:
        return same(value, check["equals"])
    if "not" in check:
        return not same(value, check["not"])
    if "type" in check:
        types = check["type"] if isinstance(check["type"], list) else [check["type"]]
        return json_type(value) in types or ("number" in types and json_type(value) == "integer")
    return (value is ABSENT) == bool(check.get("absent", not check.get("present", True)))


def shown(value: Any) -> str:
    """Return a value for people, on one line, not too long."""
    text = "nothing" if value is ABSENT else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN_CHARS else f"{text[:SHOWN_CHARS]}…"
