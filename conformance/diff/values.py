"""JSON values as the comparison sees them: their types, and when two of them are equal."""

from __future__ import annotations

import json
from typing import Any

INTEGER, FRACTION = "integer", "fraction"  # `number` is both; so integer is a part of number


def canonical(value: Any) -> str:
    """Return a text that is equal for equal JSON values; 1 and 1.0 are equal, 1 and true are not."""
    return json.dumps(_whole(value), sort_keys=True, ensure_ascii=False, default=str)


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_whole(item) for item in value]
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    return value


def atom_of(value: Any) -> str:
    """Return the type of a JSON value; a number with a fraction is `fraction`."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int | float):
        return INTEGER if float(value).is_integer() else FRACTION
    return "string" if isinstance(value, str) else "array" if isinstance(value, list) else "object"
