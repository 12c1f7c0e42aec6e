"""RFC 6901 pointers, as far as correlation ids need them: names only."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any


def value_at(value: object, pointer: str) -> object:
    """Returns what a pointer names; None: nothing."""
    for name in pointer.split("/")[1:]:
        if not isinstance(value, Mapping) or name not in value:
            return None
        value = value[name]
    return value


def with_value_at(value: Mapping[str, Any], pointer: str, make: Callable[[], object]) -> dict[str, Any]:
    """Returns a copy of `value` that has something at `pointer`: what is there, else what `make` gives."""
    _, name, *rest = pointer.split("/")
    inner = value.get(name)
    if rest:
        return {**value, name: with_value_at(inner or {}, "/" + "/".join(rest), make)}
    return {**value, name: make() if inner is None else inner}
