"""Turns an optional of the generated types into a plain value for services."""

from __future__ import annotations

from typing import TypeVar

from msgspec import UnsetType

T = TypeVar("T")


def given(value: T | UnsetType) -> T | None:
    """Return None for a property that was left out."""
    return None if isinstance(value, UnsetType) else value
